"""Does the same solution win when the pixels reach less far out? A choice that neighbours decide does not."""

import numpy as np

from lensmith.modelling.joint import JointObjective, field_band
from lensmith.modelling.modes import Solution, different, refine_modes
from lensmith.modelling.solve import CONTENDERS_GAP, MAX_CONTENDERS, Run

_NARROWER = 0.8
"""The second radius in units of the first."""
_EDGE = 0.85
"""Solutions with theta_E above this fraction of the second radius are not compared there."""


def radius_in_narrower_field(run: Run, solutions: list[Solution]) -> float | None:
    """theta_E [arcsec] of the solution that wins on fewer pixels; None where the chosen one has no serious rival.

    Solutions close in score are refitted with the smooth source; what the narrower field changes in their scores of
    that source is added to the scores that they were chosen by.
    """
    radius = _NARROWER * run.field_radius
    near = [solution for solution in solutions if solution.score > solutions[0].score - CONTENDERS_GAP]
    near = [solution for solution in different(near, MAX_CONTENDERS) if np.exp(solution.theta[0]) < _EDGE * radius]
    if len(near) < 2 or near[0] is not solutions[0]:
        return None
    s, a = run.settings, run.aligned
    fields = [field_band(b, light, s, radius, s.cauchy_search) for b, light in zip(a.bands, a.lights)]
    objective = JointObjective(fields)
    scores = []
    for solution in near:
        again = refine_modes(
            objective, [solution.theta], run.prior(s.slope_sigma), run.bounds(), radius, run.radius_prior
        )
        scores.append(solution.score + again[0].smooth_score - solution.smooth_score)
    run.n_like += objective.n_evaluations
    return float(np.exp(near[int(np.argmax(scores))].theta[0]))
