"""Point spread functions: kernels with odd sides and sum 1, float64 (NumPy)."""

import math

import numpy as np
from scipy.special import erf

from lensmith.errors import SettingsError
from lensmith.physics.imaging.grid import bin_pixels, pixel_grid
from lensmith.types import FloatArray
from lensmith.units import FWHM_PER_SIGMA

_MOST_SUBPIXELS = 31


def gaussian_psf(fwhm: float, pixel_scale: float, size: int | None = None) -> FloatArray:
    """Gaussian of full width at half maximum `fwhm` [arcsec], integrated over the pixels, ``[size, size]``.

    `size` is odd, by default out to 4 sigma.

    Raises
    ------
    SettingsError
        if `fwhm` or `pixel_scale` is not positive or `size` not odd.
    """
    sigma = fwhm / FWHM_PER_SIGMA
    size = _checked_size(fwhm, pixel_scale, size, 4 * sigma)
    edges = (np.arange(size + 1) - size / 2) * pixel_scale
    shares = np.diff(erf(edges / (math.sqrt(2) * sigma)))
    kernel = np.outer(shares, shares)
    return kernel / kernel.sum()


def moffat_psf(fwhm: float, pixel_scale: float, beta: float = 3.0, size: int | None = None) -> FloatArray:
    """Moffat profile ``(1 + (r / r_d)^2)^-beta`` (Moffat 1969, A&A 3, 455), averaged over the pixels.

    `fwhm` [arcsec]; `size` is odd, by default out to 4 `fwhm`. Raises as `gaussian_psf`, and if `beta` is not above 1.
    """
    if not beta > 1:
        raise SettingsError(f"beta of a Moffat PSF must exceed 1 for a finite flux, not {beta}")
    size = _checked_size(fwhm, pixel_scale, size, 4 * fwhm)
    square_radius = (fwhm / 2) ** 2 / (2 ** (1 / beta) - 1)
    # Some twenty points across the FWHM: the mean over a pixel is then exact to about 1e-3.
    supersampling = min(2 * math.ceil(10 * pixel_scale / fwhm) + 1, _MOST_SUBPIXELS)
    x, y = pixel_grid((size, size), pixel_scale, supersampling)
    kernel = bin_pixels((1 + (x**2 + y**2) / square_radius) ** -beta, supersampling)
    return kernel / kernel.sum()


def resize_kernel(kernel: FloatArray, side: int) -> FloatArray:
    """`kernel` ``[y, x]`` in the middle of ``[side, side]``, cut or padded with zeros, its sum 1."""
    out = np.zeros((side, side))
    top, left = (max(0, (size - side) // 2) for size in kernel.shape)
    cut = kernel[top : top + side, left : left + side]
    row, column = ((side - size) // 2 for size in cut.shape)
    out[row : row + cut.shape[0], column : column + cut.shape[1]] = cut
    return out / out.sum()


def _checked_size(fwhm: float, pixel_scale: float, size: int | None, reach: float) -> int:
    """The side of the kernel: `size`, or one that holds `reach` arcsec."""
    for name, value in (("FWHM", fwhm), ("pixel scale", pixel_scale)):
        if not (math.isfinite(value) and value > 0):
            raise SettingsError(f"the {name} of a PSF must be a positive number of arcsec, not {value}")
    if size is None:
        size = 2 * math.ceil(reach / pixel_scale) + 1
    if size < 1 or size % 2 == 0:
        raise SettingsError(f"the side of a PSF kernel must be odd and positive, not {size}")
    return size
