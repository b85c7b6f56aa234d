"""Filters that add up tangential shear about every point of a sky: matched filter and aperture mass.

Written as one complex matrix ``[point, galaxy]``: for a filter Q(r), ``W = Q exp(-2i phi)``, the tangential sum is
``-Re(W e)`` with e = e1 + i e2, and the cross (B-mode) sum ``-Im(W e)``; so many shuffled skies cost one product.
"""

from dataclasses import dataclass

import numpy as np

from lensmith.data.galaxy_field import GalaxyField

APERTURES = (0.12, 0.25, 0.5)
"""Radii of the aperture mass, in fractions of the field's longer side."""

CORES = (0.02, 0.06)
"""Cores of the matched filter, likewise."""


def schirmer_filter(r: np.ndarray, radius: float) -> np.ndarray:
    """Q of Schirmer et al. 2007, A&A 462, 875, eq. 3, x_c = 0.15: close to an NFW halo's shear, cut at both ends."""
    x = r / radius
    cut = 1 / (1 + np.exp(6 - 150 * x) + np.exp(np.minimum(50 * x - 47, 600)))
    y = np.maximum(x / 0.15, 1e-9)
    return cut * np.tanh(y) / y


def isothermal_filter(r: np.ndarray, core: float) -> np.ndarray:
    """Q = 1/max(r, core), the shear of an isothermal halo: the matched filter (Maturi et al. 2005, A&A 442, 851)."""
    return 1 / np.maximum(r, core)


FILTERS = {
    "aperture_mass": (schirmer_filter, APERTURES),
    "matched_filter": (isothermal_filter, CORES),
}
"""Every filter by name, with the sizes that it is tried at."""


_EMPTY = 1e-4
"""A filter whose noise is below this share of the largest has no galaxy in it, only rounding errors."""


@dataclass(frozen=True, eq=False)
class FilterBank:
    """One filter at all its sizes on a grid: `weights` complex ``[size, point, galaxy]``, `shape` (rows, columns)."""

    weights: np.ndarray
    shape: tuple[int, int]

    def signal_to_noise(self, e: np.ndarray, b_mode: bool = False) -> np.ndarray:
        """S/N ``[..., row, column]`` of complex ellipticities ``[galaxy, ...]``: the best of the filter's sizes.

        Noise is that of randomly turned shapes: variance = sum |W e|^2 / 2 (Schirmer et al. 2007, eq. 5). Where no
        galaxy is near, nothing is known: S/N 0.
        """
        e = np.asarray(e)
        columns = e.reshape(len(e), -1)
        part = np.imag if b_mode else np.real
        best = None
        for weights in self.weights:
            total = -part(weights @ columns)
            noise = np.sqrt((np.abs(weights) ** 2) @ (np.abs(columns) ** 2) / 2)
            seen = noise > _EMPTY * noise.max(axis=0, initial=0)
            ratio = np.divide(total, noise, out=np.zeros_like(total), where=seen)
            best = ratio if best is None else np.maximum(best, ratio)
        return np.moveaxis(best, 0, -1).reshape(*e.shape[1:], *self.shape)


def filter_bank(field: GalaxyField, name: str, side: int = 64, margin: float = 0.0) -> FilterBank:
    """The filter `name` on a grid of `side` points along the longer side; weights of galaxies included."""
    law, sizes = FILTERS[name]
    x, y = grid_axes(field, side)
    dx = field.x[None, :] - np.tile(x, len(y))[:, None]
    dy = field.y[None, :] - np.repeat(y, len(x))[:, None]
    square = np.maximum(dx**2 + dy**2, 1e-12 * field.side**2)
    turn = (dx - 1j * dy) ** 2 / square * (field.weight / field.weight.mean())
    r = np.sqrt(square) / field.side
    return FilterBank(np.stack([(law(r, size) * turn).astype(np.complex64) for size in sizes]), (len(y), len(x)))


def grid_axes(field: GalaxyField, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres of square cells, `side` of them along the longer side of the field: x ``[column]`` and y ``[row]``."""
    left, right, bottom, top = field.extent
    columns, rows = (max(round(float(side * length / field.side)), 2) for length in (right - left, top - bottom))
    return (
        left + (np.arange(columns) + 0.5) * (right - left) / columns,
        bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows,
    )
