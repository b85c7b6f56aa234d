"""Pareto-smoothed importance sampling: steadier weights, and k-hat, which says whether to believe them.

Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25(72); the fit of the generalised Pareto distribution is the
empirical-Bayes estimate of Zhang & Stephens 2009, Technometrics 51, 316, with the weak prior of the former (sect. 6).
"""

import numpy as np
from scipy.special import logsumexp

_LEAST_TAIL = 5
"""A tail of fewer draws than this is not fitted."""
_PRIOR_DRAWS, _PRIOR_K = 10, 0.5
"""The prior pulls k-hat towards this value with the weight of so many draws."""


def khat_threshold(n_draws: int) -> float:
    """Largest k-hat at which `n_draws` draws give reliable estimates: min(1 - 1 / log10 S, 0.7)."""
    return float(min(1 - 1 / np.log10(max(n_draws, 11)), 0.7))


def fit_generalised_pareto(exceedances) -> tuple[float, float]:
    """(k, sigma) of the generalised Pareto distribution of sorted positive exceedances; k > 0 has a heavy tail."""
    x = np.asarray(exceedances, float)
    n = len(x)
    points = 30 + int(np.sqrt(n))
    quartile = x[max(int(n / 4 + 0.5) - 1, 0)]
    theta = 1 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))
    theta = theta / (3 * quartile) + 1 / x[-1]
    k = np.mean(np.log1p(-theta[:, None] * x), axis=1)
    profile = n * (np.log(-theta / k) - k - 1)
    weight = np.exp(profile - logsumexp(profile))
    best = float(np.sum(theta * weight))
    shape = float(np.mean(np.log1p(-best * x)))
    sigma = -shape / best
    shape = (shape * n + _PRIOR_K * _PRIOR_DRAWS) / (n + _PRIOR_DRAWS)
    return shape, sigma


def _quantiles(share, k: float, sigma: float):
    """Inverse distribution function."""
    if abs(k) < 1e-12:
        return -sigma * np.log1p(-share)
    return sigma * np.expm1(-k * np.log1p(-share)) / k


def pareto_smooth(log_ratios) -> tuple[np.ndarray, float]:
    """Smoothed, normalised log weights ``[draw]`` of importance ratios, and k-hat.

    The largest min(S / 5, 3 sqrt S) ratios are replaced by the expected order statistics of the generalised Pareto
    distribution fitted to them, at most the largest raw one. k-hat is infinite where there are too few draws to fit a
    tail, or none is finite.
    """
    out = np.array(log_ratios, float)
    out[np.isnan(out)] = -np.inf
    if not np.isfinite(out).any():
        return np.full(len(out), -np.log(max(len(out), 1))), np.inf
    out -= out.max()
    n_tail = int(np.ceil(min(0.2 * len(out), 3 * np.sqrt(len(out)))))
    k = np.inf
    if n_tail >= _LEAST_TAIL and len(out) > n_tail:
        order = np.argsort(out, kind="stable")
        tail = order[-n_tail:]
        cutoff = max(out[order[-n_tail - 1]], np.log(np.finfo(float).tiny))
        excess = np.exp(out[tail]) - np.exp(cutoff)
        above = excess > 0
        if above.sum() >= _LEAST_TAIL and np.ptp(excess[above]) > 0:
            k, sigma = fit_generalised_pareto(excess[above])
            share = (np.arange(above.sum()) + 0.5) / above.sum()
            out[tail[above]] = np.minimum(np.log(_quantiles(share, k, sigma) + np.exp(cutoff)), 0.0)
        elif not above.any():
            k = -np.inf  # all ratios alike: the proposal is the target
    return out - logsumexp(out), float(k)
