"""A second look at doubtful fits: the rivals are finished as well, and all are compared on the same pixels.

The solutions were compared with smooth sources, and their evidence after a few steps with the source on its grid. That
chooses rightly for most lenses; where the finished fit leaves doubts it may be that another solution, finished, would
leave none.
"""

from dataclasses import dataclass, replace

import numpy as np

from lensmith.modelling.modes import (
    MISFIT,
    Solution,
    contenders,
    images_outside,
    parity_test,
    robust_loss,
    same_solution,
    score_solution,
)
from lensmith.modelling.refine import Refined, band_images, log_evidence
from lensmith.modelling.solve import BEHIND, SURVIVES, Clock, Run, Solved, finish, objective_of, other_radii_of
from lensmith.modelling.source_size import half_light_radius

_RIVALS = 2
"""How many rivals are finished at most."""
_MODEL_ERROR = 0.1
"""By how much of the arcs' light finished models are taken to be off (docs/decisions/0028)."""
_LEAST_MISFIT = 10.0
"""However shallow the image, chi-square is not believed altogether."""


@dataclass(frozen=True, eq=False)
class _Finalist:
    """A solution as it was chosen or not, finished, and the two fits that finished it."""

    before: Solution
    after: Solution
    smooth: Refined
    final: Refined


def compare_finished(solved: Solved) -> Solved:
    """The solution that scores best once it and its rivals are finished; `solved` where there is no rival."""
    rivals = _rivals(solved.solutions)
    if not rivals:
        return solved
    clock = Clock()
    clock.seconds |= solved.seconds
    return clock("rivals", lambda: _compared(solved, rivals, clock))


def _rivals(solutions: list[Solution]) -> list[Solution]:
    """The best-scored solutions that differ from the chosen one and from each other."""
    out: list[Solution] = []
    for solution in solutions[1:]:
        near = solution.score > solutions[0].score - BEHIND
        if near and not any(same_solution(solution, other) for other in (solutions[0], *out)):
            out.append(solution)
    return out[:_RIVALS]


def _compared(solved: Solved, rivals: list[Solution], clock: Clock) -> Solved:
    run, objective = solved.run, objective_of(solved.run)
    fields = objective.bands
    fits = [(solved.solutions[0], solved.smooth, solved.final)]
    fits += [(rival, *finish(run, rival, objective)) for rival in rivals]
    run.n_like += objective.n_evaluations
    misfit = misfit_of([old.parity.total for old, *_ in fits], len(fields))
    finalists = [
        _Finalist(old, scored_finished(run, fields, old, smooth, final, misfit), smooth, final)
        for old, smooth, final in fits
    ]
    run.finished |= {finalist.after: (finalist.smooth, finalist.final) for finalist in finalists}
    finalists.sort(key=lambda finalist: -finalist.after.score)
    best, *rest = finalists
    run.contenders = contenders([finalist.after for finalist in finalists])
    same = best.final is solved.final
    radii = solved.other_radii if same else other_radii_of(run, best.smooth, best.final)
    return replace(
        solved,
        solutions=_all(solved.solutions, finalists),
        smooth=best.smooth,
        final=best.final,
        others=_surviving(run.contenders, rest),
        other_radii=radii,
        seconds=clock.seconds,
    )


def _all(solutions: list[Solution], finalists) -> list[Solution]:
    """Finished solutions, best first, and the others: these are counted as having gained as little as any."""
    gain = min(finalist.after.score - finalist.before.score for finalist in finalists)
    known = {id(finalist.before) for finalist in finalists}
    left = [replace(other, score=other.score + gain) for other in solutions if id(other) not in known]
    return [finalist.after for finalist in finalists] + left


def _surviving(shares, rest) -> tuple[tuple[Refined, float], ...]:
    """Finished rivals that the scores leave standing, with their log weights to the best; `shares` are best first."""
    best = shares[0]
    return tuple(
        (finalist.final, float(np.log(share.weight / best.weight)))
        for finalist, share in zip(rest, shares[1:])
        if share.weight > SURVIVES and not same_solution(finalist.after, best.solution)
    )


def misfit_of(arcs, n_bands: int) -> float:
    """What chi-square differences of finished models are divided by, like `modes.MISFIT` of smooth ones.

    `arcs` is the chi-square that the images of each model remove: the squared S/N of the arcs. Models that are off by
    a fraction f of their light leave f^2 of it. In shallow images that is little, and chi-square can be believed.
    """
    return float(np.clip(_MODEL_ERROR**2 * max(arcs) / n_bands, _LEAST_MISFIT, MISFIT))


def scored_finished(
    run: Run, fields, before: Solution, smooth: Refined, final: Refined, scale: float = MISFIT
) -> Solution:
    """A finished solution with its score on the pixels of `fields`, which mask nothing: a neighbour counts against all.

    The chi-square of the smooth source gives way to the evidence of the final fit, its robust loss counted on these
    pixels with these errors, and divided by `scale` and the number of bands.
    """
    images = band_images(final.objective, final.theta, final.state)
    misfit = sum(_misfit(field, light + arcs) for field, (light, arcs) in zip(fields, images))
    # Everything of the evidence but the loss: penalties and determinants of the amplitudes, prior, curvature.
    own_misfit = final.objective.robust_cost(final.state)
    own_misfit -= sum(state.penalty + state.log_determinant for state in final.state.bands)
    occam = log_evidence(final) + 0.5 * own_misfit
    inside, worse = images_outside(fields, [arcs for _, arcs in images])
    cost = misfit - 2 * occam
    parity = parity_test(smooth.objective, smooth.theta, smooth.state)
    size = half_light_radius(final)
    score = score_solution(
        cost + worse, final.theta, parity, inside, size, run.field_radius, len(fields), run.radius_prior, scale
    )
    return Solution(final.theta, float(cost), smooth.state, parity, inside, score, before.smooth_score)


def _misfit(field, model) -> float:
    band = field.prepared
    sigma = np.sqrt(field.variance[field.use] * band.information_loss)
    return robust_loss((band.image - model)[field.use] / sigma, field.projected.cauchy)
