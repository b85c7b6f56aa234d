"""The input of the segmenter that serves every instrument: one detection image in noise units, PSFs alike in pixels."""

import numpy as np

from lensmith.errors import InputError
from lensmith.nets.view_channels import left_over
from lensmith.types import FloatArray

FWHM_RANGE = (1.1, 4.0)
"""Pixels that the FWHM of the PSF may span after resampling."""
SIDE = 64
"""Pixels a side that a cutout is made smaller to, as far as `FWHM_RANGE` lets it: the segmenter then sees all of it."""
NOISE_QUANTILE = 0.1
"""The noise of the sky is this quantile of a noise map: photons of objects raise the rest."""
_MAD = 1.4826


def detection_images(images: FloatArray, sigma: FloatArray | None = None) -> FloatArray:
    """Stretched detection images, float32 ``[sample, 1, y, x]``, of images ``[sample, band, y, x]`` (or one band).

    In noise units d it is ``asinh(d / 3)``: linear in the noise, logarithmic in what is bright. `sigma` is 1 sigma
    of the noise (it broadcasts to the images); None measures it in every band.
    """
    images = np.asarray(images, np.float32)
    images = images[:, None] if images.ndim == 3 else images
    return stretched(in_noise_units(images, sigma))[:, None]


def stretched(units: FloatArray) -> FloatArray:
    """``asinh(d / 3)``, float32, of images in noise units."""
    return np.arcsinh(np.asarray(units) / 3).astype(np.float32)


def with_left_over(images: FloatArray) -> FloatArray:
    """Stretched images ``[sample, band, y, x]``, behind them what a smooth galaxy in the middle leaves, stretched.

    The galaxy is centred once, as the weights that ship have learnt it.
    """
    everywhere = np.ones(images.shape[-2:], bool)
    units = 3 * np.sinh(np.asarray(images, np.float64))
    left = [stretched(left_over(image, everywhere, centrings=1)) for image in units.reshape(-1, *everywhere.shape)]
    return np.concatenate([images, np.stack(left).reshape(images.shape)], 1)


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


def resampling_factor(psf_fwhm: float, side: int = SIDE, wanted: tuple[float, float] = FWHM_RANGE) -> float:
    """By how much an image of `side` pixels is to be enlarged before it is segmented.

    An image larger than `SIDE` is made smaller, but the PSF's FWHM [pixels] is to lie in `wanted` afterwards.

    Raises
    ------
    InputError
        if the FWHM is not positive.
    """
    if not psf_fwhm > 0:
        raise InputError(f"the PSF has a FWHM of {psf_fwhm} pixels; give a positive one")
    return float(np.clip(min(1.0, SIDE / side) * psf_fwhm, *wanted) / psf_fwhm)


def sky_sigma(noise: FloatArray, mask=None) -> FloatArray:
    """1 sigma of the sky of noise maps ``[..., y, x]``, ``[..., 1, 1]``; of one map ``[y, x]`` where `mask` says so."""
    if mask is None:
        return np.quantile(noise, NOISE_QUANTILE, axis=(-2, -1), keepdims=True)
    return np.quantile(noise[mask], NOISE_QUANTILE).reshape(1, 1)


def resampled(images: FloatArray, factor: float, side: int | None = None) -> np.ndarray:
    """Images ``[..., y, x]`` enlarged by `factor` about their centre, on `side` pixels (None: all that they cover).

    Bilinear, where they are made smaller after a Gaussian as wide as the new pixels (in variance). What lies outside
    is 0: the sky of an image in noise units.
    """
    images = np.asarray(images)
    rows, columns = images.shape[-2:]
    shape = (side, side) if side else tuple(max(1, round(n * factor)) for n in (rows, columns))
    if factor == 1 and shape == (rows, columns):
        return images
    flat = images.reshape(-1, rows, columns)
    out = [on_grid(image, np.eye(2) / factor, np.zeros(2), shape) for image in flat]
    return np.stack(out).reshape(*images.shape[:-2], *shape)


def resampled_classes(classes: np.ndarray, factor: float, side: int | None = None) -> np.ndarray:
    """Classes ``[y, x]`` as `resampled` enlarges images: the one with the largest share of a new pixel.

    The nearest pixel's class would make small things smaller by up to half a pixel all round.
    """
    shares = [resampled((classes == k).astype(np.float32), factor, side) for k in range(int(classes.max()) + 1)]
    shares[0] = shares[0] + np.float32(1) - sum(shares)
    return np.argmax(shares, 0).astype(classes.dtype)


def on_grid(image: FloatArray, matrix: FloatArray, shift: FloatArray, shape) -> np.ndarray:
    """An image ``[y, x]`` on another grid of `shape`, 0 outside; smoothed first where the new pixels are larger.

    A new pixel `p` (x, y from the middle of the grid) takes the value at ``matrix @ p + shift`` (x, y from the middle
    of the image), bilinear.
    """
    from scipy.ndimage import affine_transform, gaussian_filter

    swapped = np.asarray(matrix, float)[::-1, ::-1]
    middle, new_middle = ((np.array(size) - 1) / 2 for size in (image.shape, shape))
    size = np.sqrt(abs(np.linalg.det(swapped)))
    if size > 1:
        image = gaussian_filter(image, np.sqrt((size**2 - 1) / 12))
    offset = middle + np.asarray(shift, float)[::-1] - swapped @ new_middle
    # Along the axes alone SciPy is several times faster, where it is told so.
    turned = swapped if swapped[0, 1] or swapped[1, 0] else np.diag(swapped)
    return affine_transform(image, turned, offset, shape, order=1, mode="grid-constant")
