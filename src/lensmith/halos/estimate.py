"""The point estimate that minimises the expected distance, and regions about it.

Haloes of a sky have no order, so a draw counts by its distance after the best pairing, as the truth will: the estimate
is a geometric median (Weiszfeld 1937) of draws that are paired anew with it at each step, from many starts.
"""

from itertools import permutations

import numpy as np


def pair_draws(draws: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Order ``[draw, halo]`` that brings haloes of `draws` ``[draw, halo, 2]`` closest to `points` ``[halo, 2]``."""
    count = points.shape[0]
    distance = np.linalg.norm(draws[:, None, :, :] - points[None, :, None, :], axis=-1)  # [draw, point, halo]
    orders = np.array(list(permutations(range(count))))
    totals = distance[:, np.arange(count)[None, :], orders].sum(axis=-1)
    return orders[totals.argmin(axis=1)]


def least_distance(draws: np.ndarray, seed: int = 0, starts: int = 12, steps: int = 60) -> tuple[np.ndarray, float]:
    """Points ``[halo, 2]`` of least expected distance to `draws` ``[draw, halo, 2]``, and that distance a halo."""
    rng = np.random.default_rng(seed)
    few = draws[rng.permutation(len(draws))[:400]]
    candidates = [few[i] for i in range(min(starts, len(few)))] + [np.median(draws, axis=0)]
    rough = sorted((_descend(few, start, steps) for start in candidates), key=lambda found: found[1])
    return min((_descend(draws, points, steps) for points, _ in rough[:2]), key=lambda found: found[1])


def _descend(draws: np.ndarray, points: np.ndarray, steps: int) -> tuple[np.ndarray, float]:
    rows = np.arange(len(draws))[:, None]
    floor = 1e-4 * np.ptp(draws[..., 0]) + 1e-12
    for _ in range(steps):
        paired = draws[rows, pair_draws(draws, points)]
        inverse = 1 / np.maximum(np.linalg.norm(paired - points, axis=-1), floor)
        moved = (paired * inverse[..., None]).sum(axis=0) / inverse.sum(axis=0)[:, None]
        done = np.abs(moved - points).max() < floor
        points = moved
        if done:
            break
    paired = draws[rows, pair_draws(draws, points)]
    return points, float(np.linalg.norm(paired - points, axis=-1).mean())


def radii(draws: np.ndarray, points: np.ndarray, levels: tuple[float, ...] = (0.68, 0.95)) -> np.ndarray:
    """Radius about each point that holds the share `levels` of its halo's draws: ``[halo, level]``."""
    paired = draws[np.arange(len(draws))[:, None], pair_draws(draws, points)]
    return np.quantile(np.linalg.norm(paired - points, axis=-1), levels, axis=0).T
