"""Maps of what a halo at each place would explain: the sums that the likelihood of one halo is made of.

For galaxies of ellipticity e_i at r_i and a halo at c that gives them the tangential ellipticity g(|r_i - c|),
``chi2(c) = sum w |e|^2 - 2 T(c) + N(c)`` with ``T = sum w e_t g``, the matched filter (Maturi et al. 2005, A&A 442,
851), and ``N = sum w g^2``. Both are correlations of the galaxies with a kernel, done in Fourier space on the grid of
`data.shear_grid`. T and N are scalars: flipping or turning a sky with its shapes flips or turns the maps.
"""

from functools import lru_cache

import numpy as np
from scipy import fft

from lensmith.data.shear_grid import CELLS, HALO_CELLS
from lensmith.physics.weak_lensing import SHEAR_LAWS, reduced_shear

Template = tuple[float, float]
"""Amplitude and scale (fraction of the field's longer side) of an NFW halo."""

_PADDED = 2 * CELLS


def shear_maps(grids: np.ndarray, templates: tuple[Template, ...]) -> tuple[np.ndarray, np.ndarray]:
    """T and N of each template, float32 ``[sky, template, y, x]``, at `HALO_CELLS` places a side.

    `grids` are float ``[sky, band, y, x]`` of `data.shear_grid.shear_grid`.
    """
    first, second, square = _kernels(templates)
    shape = (len(grids), len(templates), HALO_CELLS, HALO_CELLS)
    matched, power = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for sky, grid in enumerate(np.asarray(grids, np.float32)):
        e1, e2, weight = fft.rfft2(grid[:3], (_PADDED, _PADDED))
        matched[sky] = _pooled(fft.irfft2(-(e1 * first + e2 * second), (_PADDED, _PADDED)))
        power[sky] = _pooled(fft.irfft2(weight * square, (_PADDED, _PADDED)))
    return matched, np.maximum(power, 0)


@lru_cache(maxsize=4)
def _kernels(templates: tuple[Template, ...]) -> np.ndarray:
    """Fourier transforms, complex64 ``[3, template, ky, kx]``, of g cos 2phi, g sin 2phi and g^2; all are even."""
    along = fft.fftfreq(_PADDED, 1 / _PADDED) / CELLS
    dy, dx = np.meshgrid(along, along, indexing="ij")
    square = dx**2 + dy**2
    square[0, 0] = 1.0  # a galaxy in the halo's own cell has no direction
    parts = []
    for amplitude, scale in templates:
        kappa, gamma = SHEAR_LAWS["nfw"](np.sqrt(square) / scale)
        g = reduced_shear(amplitude * kappa, amplitude * gamma)
        g[0, 0] = 0.0
        parts.append((g * (dx**2 - dy**2) / square, g * 2 * dx * dy / square, g**2))
    return fft.rfft2(np.array(parts).swapaxes(0, 1).astype(np.float32))


def _pooled(maps: np.ndarray) -> np.ndarray:
    """Maps ``[template, y, x]`` of the padded grid, averaged onto the cells of haloes."""
    block = CELLS // HALO_CELLS
    return maps[:, :CELLS, :CELLS].reshape(len(maps), HALO_CELLS, block, HALO_CELLS, block).mean((2, 4))
