"""Mass map of a sky by direct inversion of its shear, E mode and B mode.

Source: Kaiser & Squires 1993, ApJ 404, 441, eq. 2.1.13, in Fourier space; shapes are averaged in Gaussian windows first
(Seitz & Schneider 1995, A&A 297, 287), and the sky is padded with zeros so that its edges do not meet.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.aperture import grid_axes


def kaiser_squires(field: GalaxyField, side: int = 64, smoothing: float = 0.04) -> tuple[np.ndarray, np.ndarray]:
    """Convergence ``[row, column]`` of the E mode and of the B mode, each up to a constant (mean 0).

    `smoothing` is the Gaussian sigma in fractions of the longer side.
    """
    gamma = smoothed_shear(field, side, smoothing)
    rows, columns = gamma.shape
    padded = np.zeros((2 * rows, 2 * columns), complex)
    padded[:rows, :columns] = gamma
    ky, kx = np.meshgrid(np.fft.fftfreq(2 * rows), np.fft.fftfreq(2 * columns), indexing="ij")
    square = kx**2 + ky**2
    square[0, 0] = 1.0
    kernel = (kx - 1j * ky) ** 2 / square
    kernel[0, 0] = 0.0
    kappa = np.fft.ifft2(kernel * np.fft.fft2(padded))[:rows, :columns]
    kappa -= kappa.mean()
    return kappa.real, kappa.imag


def smoothed_shear(field: GalaxyField, side: int, smoothing: float) -> np.ndarray:
    """Weighted mean ellipticity e1 + i e2 about each grid point, in Gaussian windows: complex ``[row, column]``."""
    x, y = grid_axes(field, side)
    left, right, bottom, top = field.extent
    column = np.clip(((field.x - left) / (right - left) * len(x)).astype(int), 0, len(x) - 1)
    row = np.clip(((field.y - bottom) / (top - bottom) * len(y)).astype(int), 0, len(y) - 1)

    def binned(values: np.ndarray) -> np.ndarray:
        image = np.zeros((len(y), len(x)))
        np.add.at(image, (row, column), values * field.weight)
        return gaussian_filter(image, smoothing * side, mode="constant")

    number = binned(np.ones(len(field)))
    return (binned(field.e1) + 1j * binned(field.e2)) / (number + 1e-3 * number.max())
