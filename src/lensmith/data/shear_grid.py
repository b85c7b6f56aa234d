"""Galaxy shapes of a sky on a grid of cells: all that a filter of tangential shear needs, however many galaxies."""

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.types import FloatArray

CELLS = 256
"""Cells along each side of the square that holds the sky; its side is the sky's longer one."""

BANDS = 4
"""Sums over the galaxies of a cell: weight x e1, weight x e2, weight, weight x |e|^2."""

HALO_CELLS = 128
"""Cells along each side of a map of haloes."""


def shear_grid(
    x: FloatArray, y: FloatArray, e1: FloatArray, e2: FloatArray, weight: FloatArray | None = None
) -> np.ndarray:
    """Sums ``[band, y, x]`` (float32, `BANDS` and `CELLS`) of galaxies ``[galaxy]`` at `x`, `y` in 0 ... 1.

    Weights are scaled to a mean of 1. Galaxies outside are left out.
    """
    x, y, e1, e2 = (np.asarray(values, float) for values in (x, y, e1, e2))
    weight = np.ones(len(x)) if weight is None else np.asarray(weight, float) / np.mean(weight)
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    column, row = (np.minimum(values[inside] * CELLS, CELLS - 1).astype(int) for values in (x, y))
    place = row * CELLS + column
    sums = [np.bincount(place, (weight * v)[inside], CELLS**2) for v in (e1, e2, np.ones(len(x)), e1**2 + e2**2)]
    return np.stack(sums).reshape(BANDS, CELLS, CELLS).astype(np.float32)


def grid_of_field(field: GalaxyField) -> np.ndarray:
    """`shear_grid` of a sky; where it is no square, what is beside it stays empty."""
    left, _, bottom, _ = field.extent
    x, y = (field.x - left) / field.side, (field.y - bottom) / field.side
    return shear_grid(x, y, field.e1, field.e2, field.weight)


def halo_grid(points: FloatArray) -> np.ndarray:
    """Haloes ``[halo, 2]`` at x, y in 0 ... 1 as shares of the four nearest cells, ``[1, HALO_CELLS, HALO_CELLS]``.

    The shares of a sky add up to 1, whatever the number of its haloes, and to 0 where it has none.
    """
    grid = np.zeros((HALO_CELLS, HALO_CELLS), np.float32)
    for x, y in points:
        place = np.clip(np.array([x, y], float) * HALO_CELLS - 0.5, 0, HALO_CELLS - 1 - 1e-6)
        column, row = place.astype(int)
        u, v = place - (column, row)
        for dy, dx, share in ((0, 0, (1 - u) * (1 - v)), (0, 1, u * (1 - v)), (1, 0, (1 - u) * v), (1, 1, u * v)):
            grid[row + dy, column + dx] += share / len(points)
    return grid[None]
