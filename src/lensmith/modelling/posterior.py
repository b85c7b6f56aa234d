"""The posterior of a fit as people use it: named parameters with intervals, what follows from them, and doubts."""

from dataclasses import dataclass

import numpy as np

from lensmith.data import Estimate
from lensmith.modelling.derived import Context, derived_quantities
from lensmith.modelling.intervals import estimates
from lensmith.modelling.named import deflection_of, effective_ratios, named, prior_decides
from lensmith.modelling.nested import log_bayes_factors
from lensmith.modelling.refine import Refined
from lensmith.modelling.sampling import Samples, mix, sample
from lensmith.modelling.source_size import half_light_radius
from lensmith.physics.critical_curves import CriticalCurves, critical_curves


@dataclass(frozen=True, eq=False)
class Posterior:
    """Estimates and statistical draws by catalogue name, derived estimates, lines of the best model.

    `samples` holds the sampler's own record, `weighted` its raw draws by catalogue name with ``log_weight``;
    `prior_decides` names the parameters that the data hardly narrow, `doubts` says why not to believe the draws;
    `log_bayes` compares with simpler mass models (`lensmith.modelling.nested`).
    """

    parameters: dict[str, Estimate]
    draws: dict[str, np.ndarray]
    derived: dict[str, Estimate]
    curves: CriticalCurves
    samples: Samples
    weighted: dict[str, np.ndarray]
    prior_decides: tuple[str, ...]
    log_bayes: dict[str, float]

    @property
    def diagnostics(self) -> dict[str, float]:
        """Numbers of the sampler and of the choice between models."""
        return self.samples.diagnostics | self.log_bayes

    @property
    def doubts(self) -> tuple[str, ...]:
        """Reasons in words, for the verdict."""
        return self.samples.doubts


def _draw(fit: Refined, others, settings, rng) -> Samples:
    """The posterior around `fit`, or the mixture with those around `others` ``((fit, log weight), ...)``."""
    if not others:
        return sample(fit, settings, rng)
    parts = [sample(fit, settings, rng), *(sample(other, settings, rng) for other, _ in others)]
    return mix(parts, [0.0, *(weight for _, weight in others)], settings.n_draws, rng)


def posterior(fit: Refined, offset, settings, rng, redshifts=(None, None), others=()) -> Posterior:
    """Posterior of a final fit.

    Parameters
    ----------
    offset : (x, y) [arcsec] of the fit's origin from the middle of the first image.
    redshifts : of lens and source, None where unknown.
    others : further solutions that survive, ``((Refined, log weight relative to `fit`), ...)``.
    """
    samples = _draw(fit, others, settings, rng)
    radius = float(np.exp(fit.theta[0]))
    curves = critical_curves(deflection_of(fit.theta), 2.5 * radius, tuple(fit.theta[4:6]))
    size_ratio = half_light_radius(fit) / float(np.exp(fit.theta[12]))
    n, raw = len(samples.vectors), samples.weighted.get("vector", np.empty((0, len(fit.theta))))
    vectors = np.concatenate([samples.vectors, raw, fit.theta[None]])
    values = named(vectors, offset, effective_ratios(fit.theta, vectors), size_ratio)
    draws = {name: value[:n] for name, value in values.items()}
    best = {name: float(value[-1]) for name, value in values.items()}
    chosen = samples.stats["mode"] == 0 if "mode" in samples.stats else None
    parameters = estimates(best, draws, settings.systematic_floor, chosen)
    context = Context(np.asarray(offset, float), *redshifts, settings.systematic_floor)
    weighted = {name: value[n:-1] for name, value in values.items()} if len(raw) else {}
    if weighted:
        weighted["log_weight"] = samples.weighted["log_weight"]
    return Posterior(
        parameters,
        draws,
        derived_quantities(fit, samples, parameters, draws, context),
        curves,
        samples,
        weighted,
        prior_decides(samples.vectors, fit.prior, fit.bounds),
        log_bayes_factors(samples.vectors, fit.prior),
    )
