"""Where a learning curve levels off, from three sizes in one ratio: error = floor + factor x size^(-slope).

With sizes n, r n and r^2 n the errors fall by d1 and then by d2, d2 / d1 is r^(-slope), and the floor is
e3 - d2^2 / (d1 - d2) (Aitken's extrapolation). Where errors do not fall the less from size to size there is no floor.
"""

import numpy as np

_SAME_RATIO = 0.02


def floor_of(errors: np.ndarray) -> np.ndarray:
    """The error that is left with no end of samples, ``[..., 3]`` to ``[...]``; not below 0.

    NaN where the errors do not fall, or do not fall the less from size to size: no floor is in sight.
    """
    first, second = errors[..., 0] - errors[..., 1], errors[..., 1] - errors[..., 2]
    levels_off = (second > 0) & (first > second)
    left = errors[..., 2] - second**2 / np.where(levels_off, first - second, 1)
    return np.where(levels_off, np.maximum(left, 0), np.nan)


def in_one_ratio(sizes: list[int]) -> bool:
    """Whether there are three sizes, each as many times the one before."""
    return len(sizes) == 3 and abs(sizes[1] ** 2 / (sizes[0] * sizes[2]) - 1) < _SAME_RATIO


def floor_interval(wrong: np.ndarray, resamples: int = 1000, level: float = 0.95) -> tuple[float, float, float, float]:
    """Floor, low, high, and the share of resamples without one, of ``[size, sample]``: whether each was wrong.

    Bootstrap over the samples, drawn together for the three sizes. How much another training differs is not in it.
    """
    n = wrong.shape[1]
    random = np.random.default_rng(0)
    drawn = np.array([wrong[:, random.integers(n, size=n)].mean(1) for _ in range(resamples)])
    floors = floor_of(drawn)
    kept = floors[np.isfinite(floors)]
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2]) if kept.size else (np.nan, np.nan)
    return float(floor_of(wrong.mean(1))), float(low), float(high), float(np.mean(~np.isfinite(floors)))
