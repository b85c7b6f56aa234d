"""Whether posteriors cover the truth as often as they say: coverage of intervals and simulation-based calibration."""

import numpy as np

from lensmith.errors import InputError
from lensmith.metrics.accuracy import wilson_interval
from lensmith.metrics.interval import Interval


def interval_coverage(truth, low, high) -> Interval:
    """Share of truths inside their interval, with its Wilson interval; float ``[sample]`` each."""
    truth, low, high = (np.asarray(values, float) for values in (truth, low, high))
    return wilson_interval(int(np.sum((low <= truth) & (truth <= high))), truth.size)


def posterior_coverage(truth, draws, levels) -> list[Interval]:
    """Coverage of the central intervals of posterior draws at each of `levels` (0.68, 0.95, ...).

    `truth` float ``[sample]``, `draws` float ``[sample, draw]``.
    """
    truth, draws = _pair(truth, draws)
    edges = [np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=1) for level in levels]
    return [interval_coverage(truth, low, high) for low, high in edges]


def sbc_ranks(truth, draws) -> np.ndarray:
    """How many draws lie below the truth, int64 ``[sample]``, 0 to the number of draws.

    Uniform if the posterior is right (Talts et al. 2018, arXiv:1804.06788, theorem 1). `draws` float
    ``[sample, draw]`` should be independent: thin correlated chains first.
    """
    truth, draws = _pair(truth, draws)
    return (draws < truth[:, None]).sum(1)


def rank_uniformity(ranks, n_draws: int, bins: int = 20) -> float:
    """p value of a chi-square test that SBC ranks are uniform on 0 to `n_draws`.

    Ranks are counted in `bins` of nearly equal width, each expected in proportion to the ranks that it holds.
    """
    from scipy.stats import chisquare

    ranks = np.asarray(ranks, np.int64)
    if ranks.size and not (ranks.min() >= 0 and ranks.max() <= n_draws):
        raise InputError(f"ranks must be between 0 and the number of draws, {n_draws}")
    home = np.arange(n_draws + 1) * min(bins, n_draws + 1) // (n_draws + 1)
    held = np.bincount(home)
    return float(chisquare(np.bincount(home[ranks], minlength=held.size), held / held.sum() * ranks.size).pvalue)


def _pair(truth, draws) -> tuple[np.ndarray, np.ndarray]:
    truth, draws = np.asarray(truth, float), np.asarray(draws, float)
    if draws.ndim != 2 or truth.shape != draws.shape[:1]:
        raise InputError(f"truth {truth.shape} and draws {draws.shape} do not pair up: draws are [sample, draw]")
    return truth, draws
