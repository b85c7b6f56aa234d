"""The input of the segmenter that serves every instrument: one detection image in noise units, PSFs alike in pixels."""

import numpy as np

from lensmith.errors import InputError
from lensmith.types import FloatArray

FWHM_RANGE = (1.5, 4.0)
"""Pixels that the FWHM of the PSF may span after resampling; images with a PSF inside it are not resampled."""
_MAD = 1.4826


def detection_images(images: FloatArray, sigma: FloatArray | None = None) -> FloatArray:
    """Stretched detection images, float32 ``[sample, 1, y, x]``, of images ``[sample, band, y, x]`` (or one band).

    In noise units d it is ``asinh(d / 3)``: linear in the noise, logarithmic in what is bright. `sigma` is 1 sigma
    of the noise (it broadcasts to the images); None measures it in every band.
    """
    images = np.asarray(images, np.float32)
    images = images[:, None] if images.ndim == 3 else images
    return np.arcsinh(in_noise_units(images, sigma) / 3)[:, None].astype(np.float32)


def in_noise_units(images: FloatArray, sigma: FloatArray | None = None) -> FloatArray:
    """One image a sample whose noise is 1, ``[sample, y, x]``: the bands' S/N added, over the root of their number.

    Background is taken off: the median of each band.
    """
    sky = np.median(images, (-2, -1), keepdims=True)
    sigma = measured_sigma(images) if sigma is None else sigma
    return ((images - sky) / np.maximum(sigma, 1e-30)).sum(1) / np.sqrt(images.shape[1])


def measured_sigma(images: FloatArray) -> FloatArray:
    """Noise of each band, ``[sample, band, 1, 1]``: from the differences of neighbouring pixels.

    Objects hardly touch it; in images with correlated noise it comes out low. A band without noise has the
    scatter of its pixels, so that nothing is divided by 0.
    """
    across = np.diff(images, axis=-1) / np.sqrt(2)
    sigma = _MAD * np.median(np.abs(across), (-2, -1), keepdims=True)
    spread = images.std((-2, -1), keepdims=True)
    return np.where(sigma > 1e-3 * spread, sigma, np.where(spread > 0, spread, 1))


def resampling_factor(psf_fwhm: float, wanted: tuple[float, float] = FWHM_RANGE) -> float:
    """By how much an image is to be enlarged so that its PSF's FWHM [pixels] comes to lie in `wanted`.

    Raises
    ------
    InputError
        if the FWHM is not positive.
    """
    if not psf_fwhm > 0:
        raise InputError(f"the PSF has a FWHM of {psf_fwhm} pixels; give a positive one")
    return float(np.clip(psf_fwhm, *wanted) / psf_fwhm)


def resampled(images: FloatArray, factor: float, side: int | None = None, nearest: bool = False) -> np.ndarray:
    """Images ``[..., y, x]`` enlarged by `factor` about their centre, on `side` pixels (None: all that they cover).

    Bilinear, where they are made smaller after a Gaussian as wide as the new pixels (in variance); `nearest` for
    classes. What lies outside is 0: the sky of an image in noise units, the background of classes.
    """
    from scipy.ndimage import affine_transform, gaussian_filter

    images = np.asarray(images)
    rows, columns = images.shape[-2:]
    shape = (side, side) if side else tuple(max(1, round(n * factor)) for n in (rows, columns))
    if factor == 1 and shape == (rows, columns):
        return images
    offset = [(n - 1) / 2 - (m - 1) / 2 / factor for n, m in zip((rows, columns), shape)]
    flat = images.reshape(-1, rows, columns)
    if not nearest and factor < 1:
        width = np.sqrt((factor**-2 - 1) / 12)
        flat = np.stack([gaussian_filter(image, width) for image in flat])
    out = [
        affine_transform(image, [1 / factor] * 2, offset, shape, order=0 if nearest else 1, mode="grid-constant")
        for image in flat
    ]
    return np.stack(out).reshape(*images.shape[:-2], *shape)
