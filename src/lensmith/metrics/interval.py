"""A score with its interval, and the bootstrap that makes one (Efron & Tibshirani 1993, chapter 13)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lensmith.errors import SettingsError


class Interval(NamedTuple):
    """A score, and the lower and upper end of its interval (95 % unless said otherwise)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap_counts(n: int, resamples: int, seed: int):
    """How often each of `n` samples is drawn, int64 ``[n]``, one array for each of `resamples` resamples."""
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(random.integers(n, size=n), minlength=n)


def bootstrap_interval(
    score: Callable[[np.ndarray], float], n: int, resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> Interval:
    """Percentile interval of a score of `n` samples.

    `score` takes how often each sample counts, int64 ``[n]``, and gives a number; NaN (say, of a resample without a
    class) is left out.

    Raises
    ------
    SettingsError
        if `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise SettingsError(f"the level of an interval must be between 0 and 1, not {level}")
    value = float(score(np.ones(n, dtype=np.int64)))
    drawn = np.array([score(count) for count in bootstrap_counts(n, resamples, seed)])
    return Interval(value, *percentiles(drawn, level))


def paired_bootstrap(
    first: Callable[[np.ndarray], float],
    second: Callable[[np.ndarray], float],
    n: int,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """`first` minus `second`, both scores of the same `n` samples, drawn together in every resample."""
    return bootstrap_interval(lambda count: first(count) - second(count), n, resamples, seed, level)


def percentiles(drawn: np.ndarray, level: float) -> tuple[float, float]:
    """The central interval of drawn scores, NaN left out; (NaN, NaN) where none is finite."""
    finite = drawn[np.isfinite(drawn)]
    if not finite.size:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
