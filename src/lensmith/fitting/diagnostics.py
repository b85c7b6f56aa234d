"""Whether Markov chains agree, and how many independent draws they are worth.

Rank-normalised split R-hat and bulk effective sample size: Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021,
Bayesian Analysis 16, 667 (sects. 3 and 4); autocorrelation time by Geyer's (1992) initial monotone sequence.
"""

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata


def _split(chains):
    """Each chain ``[chain, draw]`` as two halves; an odd last draw is dropped."""
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, -half:]])


def _rank_normalised(chains):
    ranks = rankdata(chains, method="average").reshape(chains.shape)
    return ndtri((ranks - 0.375) / (chains.size + 0.25))


def _plain_r_hat(chains) -> float:
    n = chains.shape[1]
    within = chains.var(axis=1, ddof=1).mean()
    between = n * chains.mean(axis=1).var(ddof=1)
    if within == 0:
        return 1.0 if between == 0 else np.inf
    return float(np.sqrt((between / within + n - 1) / n))


def r_hat(chains) -> float:
    """R-hat of one parameter's draws ``[chain, draw]``, the larger of location and (folded) scale."""
    halves = _split(np.asarray(chains, float))
    folded = np.abs(halves - np.median(halves))
    return max(_plain_r_hat(_rank_normalised(halves)), _plain_r_hat(_rank_normalised(folded)))


def _autocovariance(chains):
    """``[chain, lag]``, biased estimate by FFT."""
    n = chains.shape[1]
    away = chains - chains.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(away, 2 * n, axis=1)
    return np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :n] / n


def _plain_ess(chains) -> float:
    m, n = chains.shape
    covariance = _autocovariance(chains)
    within = (covariance[:, 0] * n / (n - 1)).mean()
    if within == 0:
        return float(m * n)
    total = within * (n - 1) / n + (chains.mean(axis=1).var(ddof=1) if m > 1 else 0.0)
    rho = 1 - (within - covariance.mean(axis=0) * n / (n - 1)) / total
    rho[0] = 1.0
    pairs = rho[: n - n % 2].reshape(-1, 2).sum(1)
    negative = np.flatnonzero(pairs < 0)
    pairs = pairs[: negative[0]] if len(negative) else pairs
    time = max(-1 + 2 * np.minimum.accumulate(pairs).sum(), 1 / np.log10(m * n))
    return float(m * n / time)


def bulk_ess(chains) -> float:
    """Effective sample size for the bulk of one parameter's draws ``[chain, draw]``."""
    return _plain_ess(_rank_normalised(_split(np.asarray(chains, float))))
