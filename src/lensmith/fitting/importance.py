"""Importance sampling from Student-t proposals that learn their mean and covariance from earlier draws.

Every round draws from a proposal moment-matched to what is known so far (Paananen et al. 2021, Stat. Comput. 31, 16,
match moments in the same way); all draws of all rounds count, weighted against the mixture of the proposals that were
used (Cornuet et al. 2012, Scand. J. Stat. 39, 798). Weights are Pareto-smoothed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from lensmith.fitting.pareto import khat_threshold, pareto_smooth
from lensmith.fitting.student_t import StudentT, mixture_log_density

_DEGREES = 10.0
"""Of the proposals: tails heavier than a Gaussian's, and few draws wasted in them."""
_FIRST_GUESS = 2.0
"""Effective draws, in units of the number of parameters, that the first mean and covariance count for when moments are
matched: those of a hundred draws are noisy in many dimensions."""
_MATCHED_ON = 8.0
"""Effective draws, in units of the number of parameters, that moments are at least matched on: weights that leave fewer
are flattened for it (Koblents & Miguez 2015, Stat. Comput. 25, 407)."""


@dataclass(frozen=True, eq=False)
class WeightedDraws:
    """Draws ``[draw, p]`` with normalised log weights ``[draw]`` and log target densities, and how good they are.

    `k_hat` of the Pareto fit (see `khat_threshold`), `ess` effective number of draws, `log_evidence` of the target.
    """

    points: np.ndarray
    log_weights: np.ndarray
    log_target: np.ndarray
    k_hat: float
    ess: float
    log_evidence: float

    @property
    def reliable(self) -> bool:
        """Whether k-hat is below its threshold."""
        return self.k_hat < khat_threshold(len(self.points))

    def resample(self, n: int, rng) -> np.ndarray:
        """Indices ``[n]`` of equally weighted draws, by systematic resampling in random order."""
        places = (np.arange(n) + rng.random()) / n
        index = np.searchsorted(np.cumsum(np.exp(self.log_weights)), places)
        return rng.permutation(np.minimum(index, len(self.log_weights) - 1))


def effective_size(log_weights) -> float:
    """1 / sum of the squared normalised weights (Kong 1992)."""
    return float(np.exp(2 * logsumexp(log_weights) - logsumexp(2 * np.asarray(log_weights))))


def _weigh(parts, counts, points, log_target) -> WeightedDraws:
    """Weights of the draws of all rounds against the mixture of their proposals."""
    shares = np.array(counts, float) / sum(counts)
    log_ratios = log_target - mixture_log_density(parts, shares, points)
    weights, k_hat = pareto_smooth(log_ratios)
    evidence = logsumexp(log_ratios) - np.log(len(log_ratios))
    return WeightedDraws(points, weights, log_target, k_hat, effective_size(weights), float(evidence))


def moments(draws: WeightedDraws, first_mean, first_covariance) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance to draw from next: the weighted ones, drawn a little towards the first.

    The weights are flattened where too few draws carry them.
    """
    wanted = min(_MATCHED_ON * draws.points.shape[1], 0.8 * len(draws.points))
    log_weights = _flattened(draws.log_weights, wanted)
    weights, effective = np.exp(log_weights), effective_size(log_weights)
    mean = weights @ draws.points
    away = draws.points - mean
    covariance = (away * weights[:, None]).T @ away
    trust = effective / (effective + _FIRST_GUESS * len(mean))
    mixed = lambda found, first: trust * found + (1 - trust) * np.asarray(first)
    return mixed(mean, first_mean), mixed(covariance, first_covariance)


def _flattened(log_weights, wanted: float):
    """Normalised log weights raised to the largest power, 1 at most, that leaves `wanted` effective draws."""
    finite = np.where(np.isfinite(log_weights), log_weights, log_weights.max() - 1e3)
    low, power = 0.0, 1.0
    if effective_size(finite) < wanted:
        high = 1.0
        for _ in range(30):
            power = (low + high) / 2
            low, high = (power, high) if effective_size(power * finite) >= wanted else (low, power)
        power = low
    return power * finite - logsumexp(power * finite)


def importance_sample(
    log_density: Callable[[np.ndarray], np.ndarray],
    mean,
    covariance,
    rng,
    round_size: int = 256,
    min_ess: float = 400.0,
    max_rounds: int = 5,
) -> WeightedDraws:
    """Draw from `log_density` until `min_ess` effective draws are there and k-hat is good, or `max_rounds` are over.

    Parameters
    ----------
    log_density : ``points [draw, p] -> [draw]``, unnormalised; not finite counts as zero probability.
    mean, covariance : of the first proposal, ``[p]`` and ``[p, p]``: the Laplace approximation.
    round_size : draws of every round; before each but the first, mean and covariance are matched.
    """
    parts, points, values, first = [], np.empty((0, len(mean))), np.empty(0), (mean, covariance)
    while True:
        parts.append(StudentT(mean, covariance * (_DEGREES - 2) / _DEGREES, _DEGREES))
        new = parts[-1].draw(round_size, rng)
        value = np.asarray(log_density(new), float)
        points, values = np.vstack([points, new]), np.concatenate([values, np.where(np.isnan(value), -np.inf, value)])
        draws = _weigh(parts, [round_size] * len(parts), points, values)
        if len(parts) >= max_rounds or (draws.ess >= min_ess and draws.reliable):
            return draws
        mean, covariance = moments(draws, *first)
