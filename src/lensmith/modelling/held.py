"""A strange mass held to that of lens galaxies, where the data lose little by it.

Models of real galaxies miss far more than the noise, so that a fit bends its mass (a slope at its limit, ellipticity
and shear against each other) to mend a residual that source, light or PSF have left; theta_E goes with it. The choice
between solutions divides chi-square by what models miss (`lensmith.modelling.modes`); the fit of one does not. Here the
prior of the mass gets that weight, and the score of that choice says which of the two fits is to be believed.
"""

from dataclasses import replace

import numpy as np

from lensmith.fitting import GaussianPrior
from lensmith.modelling.finalists import scored_finished
from lensmith.modelling.modes import MISFIT
from lensmith.modelling.parameters import CORE
from lensmith.modelling.refine import Refined, fit_smooth, fit_structured
from lensmith.modelling.solve import Clock, Solved, objective_of, other_radii_of

_MASS = [CORE.index(name) for name in ("gamma", "e1", "e2", "gamma1", "gamma2")]


def hold_to_population(solved: Solved) -> Solved:
    """The chosen solution with its mass held to the prior, if that scores better; else `solved`.

    Its score against other solutions stays what it was, since these have not been held.
    """
    clock = Clock()
    clock.seconds |= solved.seconds
    return clock("held", lambda: _held(solved, clock))


def _held(solved: Solved, clock: Clock) -> Solved:
    run, free, chosen = solved.run, solved.final, solved.solutions[0]
    s, a = run.settings, run.aligned
    radius, prior = run.final_radius(free.theta), _weightier(free.prior, MISFIT * len(a.bands))
    smooth = fit_smooth(a, free.theta, free.arcs, free.masks, radius, s, prior, free.bounds)
    final = fit_structured(a, smooth, radius, s)
    run.n_like += smooth.objective.n_evaluations + final.objective.n_evaluations
    fields = objective_of(run).bands
    before = scored_finished(run, fields, chosen, solved.smooth, free)
    after = scored_finished(run, fields, chosen, smooth, final)
    if after.score <= before.score:
        return replace(solved, seconds=clock.seconds)
    return replace(
        solved,
        solutions=[replace(after, score=chosen.score), *solved.solutions[1:]],
        smooth=smooth,
        final=final,
        other_radii=other_radii_of(run, smooth, final),
        free=free,
        seconds=clock.seconds,
    )


def _weightier(prior: GaussianPrior, factor: float) -> GaussianPrior:
    """The prior, its say on the mass multiplied by `factor`."""
    sigma = prior.sigma.copy()
    sigma[_MASS] /= np.sqrt(factor)
    return GaussianPrior(prior.mean, sigma)


def mass_in_words(fit: Refined) -> str:
    """Radius, axis ratio, shear and slope of a fit."""
    radius, gamma = np.exp(fit.theta[0]), fit.theta[1]
    e, shear = np.hypot(*fit.theta[2:4]), np.hypot(*fit.theta[6:8])
    return f"theta_E {radius:.2f} arcsec, q {(1 - e) / (1 + e):.2f}, shear {shear:.2f}, gamma {gamma:.2f}"
