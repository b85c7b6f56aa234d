"""Point-spread functions made fit for use: odd sides, sum 1, centred, no larger than needed."""

import numpy as np
from scipy import ndimage

from lensmith.errors import InputError
from lensmith.types import FloatArray
from lensmith.units import FWHM_PER_SIGMA

KEPT_FLUX = 0.999
"""Share of the PSF's light that is kept when it is cropped."""


def prepare_psf(psf: FloatArray, largest: int, where: str) -> tuple[FloatArray, tuple[str, ...]]:
    """A usable kernel from a PSF as delivered, and notes on what was done to it.

    Even sides are made odd with the centre of light in the middle pixel, whole pixels where that is enough and a
    sub-pixel shift elsewhere; it is cropped to `largest` pixels a side at most, and to the square that holds
    `KEPT_FLUX`; the sum is made 1.

    Raises
    ------
    InputError
        if it is not a 2-D image of finite numbers with a positive sum and a peak inside.
    """
    psf = np.asarray(psf, dtype=np.float64)
    if psf.ndim != 2 or min(psf.shape) < 3:
        raise InputError(f"{where}: the PSF must be an image of at least 3x3 pixels, its shape is {psf.shape}")
    if not np.isfinite(psf).all():
        raise InputError(f"{where}: the PSF has {int((~np.isfinite(psf)).sum())} pixels that are not finite")
    if not psf.any():
        raise InputError(f"{where}: the PSF is zero everywhere")
    if psf.sum() <= 0 or psf.max() <= 0:
        raise InputError(f"{where}: the PSF has no positive flux, its sum is {psf.sum():.3g}")
    if psf[1:-1, 1:-1].max() < psf.max():
        raise InputError(f"{where}: the PSF peaks at the edge of its image")
    psf, notes = _centred(psf / psf.sum())
    psf = _cropped(psf, largest)
    return psf / psf.sum(), notes


def gaussian_psf(fwhm: float, pixel_scale: float, largest: int) -> FloatArray:
    """A circular Gaussian kernel of `fwhm` [arcsec] on pixels of `pixel_scale` [arcsec], at most `largest` a side, odd.

    The width is that measured on the image, so the pixel's own blur (variance 1/12) is part of it: a narrower
    Gaussian is averaged over the pixels.
    """
    sigma = fwhm / FWHM_PER_SIGMA / pixel_scale
    half = int(np.clip(np.ceil(4.0 * sigma), 2, max((largest - 1) // 2, 2)))
    sigma = np.sqrt(max(sigma**2 - 1.0 / 12.0, 0.1**2))
    fine = 9
    offsets = (np.arange(fine * (2 * half + 1)) - (fine * (2 * half + 1) - 1) / 2) / fine
    profile = np.exp(-0.5 * (offsets / sigma) ** 2).reshape(-1, fine).mean(axis=1)
    psf = np.outer(profile, profile)
    return psf / psf.sum()


def psf_fwhm(psf: FloatArray) -> float:
    """Full width at half maximum in pixels: the diameter of the circle with the area above half the peak.

    The kernel is interpolated on points 0.2 pixels apart, so that narrow ones are measured too.
    """
    psf = np.asarray(psf, dtype=np.float64)
    fine = [np.arange(5 * (side - 1) + 1) / 5 for side in psf.shape]
    values = ndimage.map_coordinates(psf, np.meshgrid(*fine, indexing="ij"), order=3)
    return float(2.0 * np.sqrt(np.count_nonzero(values > 0.5 * values.max()) / np.pi) / 5.0)


def _centre_of_light(psf: FloatArray) -> tuple[float, float]:
    """(row, column) of the core's centroid, in a window of a few pixels around the peak."""
    row, column = np.unravel_index(int(np.argmax(ndimage.uniform_filter(psf, 2))), psf.shape)
    for _ in range(5):
        rows, columns = np.indices(psf.shape)
        weight = np.clip(psf, 0, None) * np.exp(-0.5 * ((rows - row) ** 2 + (columns - column) ** 2) / 2.0**2)
        total = weight.sum()
        row, column = float((weight * rows).sum() / total), float((weight * columns).sum() / total)
    return row, column


def _centred(psf: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Odd sides with the centre of light in the middle pixel; odd kernels within half a pixel of it are left alone."""
    centre = np.array(_centre_of_light(psf))
    middle = (np.array(psf.shape) - 1) / 2
    odd = all(side % 2 == 1 for side in psf.shape)
    if odd and np.all(np.abs(centre - middle) <= 0.5):
        return psf, ()
    nearest = np.rint(centre).astype(int)
    fraction = nearest - centre
    if np.any(np.abs(fraction) > 0.25):
        psf = ndimage.shift(psf, fraction, order=5, mode="constant")
        how = "shifted by a fraction of a pixel"
    else:
        how = "moved by whole pixels"
    half = max(1, int(min(*nearest, *(np.array(psf.shape) - 1 - nearest))))
    part = psf[nearest[0] - half : nearest[0] + half + 1, nearest[1] - half : nearest[1] + half + 1]
    return part, (f"PSF re-centred: {how}",)


def _cropped(psf: FloatArray, largest: int) -> FloatArray:
    """The smallest centred square with `KEPT_FLUX` of the absolute flux, no wider than `largest` (made odd)."""
    half = (min(psf.shape) - 1) // 2
    half = min(half, max((largest - 1) // 2, 1))
    rows, columns = (np.array(psf.shape) - 1) // 2
    total = np.abs(psf).sum()
    for size in range(1, half + 1):
        part = psf[rows - size : rows + size + 1, columns - size : columns + size + 1]
        if np.abs(part).sum() >= KEPT_FLUX * total:
            return part
    return psf[rows - half : rows + half + 1, columns - half : columns + half + 1]


def bin_psf(psf: FloatArray, factor: int) -> FloatArray:
    """A PSF on pixels `factor` times finer summed to whole pixels, its centre of light in the middle of one."""
    row, column = _centre_of_light(np.clip(psf, 0, None) / psf.max())
    half = int(min(row, column, psf.shape[0] - 1 - row, psf.shape[1] - 1 - column) / factor - 0.5)
    size = 2 * half + 1
    # the middle of the binned kernel's middle pixel must fall on the centre of light
    start = np.array([row, column]) - (size * factor - 1) / 2
    grid = np.arange(size * factor)
    fine = ndimage.map_coordinates(psf, np.meshgrid(start[0] + grid, start[1] + grid, indexing="ij"), order=3)
    return fine.reshape(size, factor, size, factor).sum(axis=(1, 3))
