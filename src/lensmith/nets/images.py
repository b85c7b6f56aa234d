"""From stored images to the images that a network reads."""

import numpy as np

from lensmith.errors import InputError
from lensmith.nets.settings import InputSettings


def prepare_images(images, settings: InputSettings) -> np.ndarray:
    """Binned, cropped and scaled images, float32 ``[sample, band, y, x]``, of ``[sample, (band,) y, x]``.

    Each image is treated by itself, so that it comes out the same whatever stands beside it.

    Raises
    ------
    InputError
        if the images are smaller than the side that is to be kept.
    """
    images = np.asarray(images, np.float32)
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4:
        raise InputError(f"images must be [sample, y, x] or [sample, band, y, x], not of shape {images.shape}")
    images = _binned(_blurred(images, settings.blur), settings.bin)
    return np.ascontiguousarray(_SCALES[settings.scale](crop(images, settings.side), settings))


def prepared_shape(shape: tuple[int, int, int], settings: InputSettings) -> tuple[int, int, int]:
    """The (band, y, x) that `prepare_images` makes of images of `shape`."""
    return prepare_images(np.zeros((1, *shape), np.float32), settings).shape[1:]


def _blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    if not sigma:
        return images
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, 0, sigma, sigma), mode="nearest")


def _binned(images: np.ndarray, factor: int) -> np.ndarray:
    """Means over blocks of `factor` x `factor` pixels; pixels over at the right and lower edge are cut off."""
    if factor == 1:
        return images
    rows, columns = (side // factor * factor for side in images.shape[-2:])
    cut = images[..., :rows, :columns]
    return cut.reshape(*cut.shape[:2], rows // factor, factor, columns // factor, factor).mean((-3, -1))


def crop(images: np.ndarray, side: int | None) -> np.ndarray:
    """The central `side` x `side` pixels of ``[..., y, x]``; all of them for None."""
    if side is None:
        return images
    rows, columns = images.shape[-2:]
    if min(rows, columns) < side:
        raise InputError(
            f"the images are {columns}x{rows} pixels, and {side}x{side} of them are to be used; lower side"
        )
    top, left = (rows - side) // 2, (columns - side) // 2
    return images[..., top : top + side, left : left + side]


def _minmax(images: np.ndarray, _: InputSettings) -> np.ndarray:
    low, high = (edge(images, axis=(-3, -2, -1), keepdims=True) for edge in (np.min, np.max))
    return (images - low) / np.where(high > low, high - low, 1)


def _standard(images: np.ndarray, _: InputSettings) -> np.ndarray:
    mean, sigma = (moment(images, axis=(-3, -2, -1), keepdims=True) for moment in (np.mean, np.std))
    return (images - mean) / np.where(sigma > 0, sigma, 1)


_SCALES = {
    "none": lambda images, _: images,
    "minmax": _minmax,
    "asinh": lambda images, settings: np.arcsinh(images / np.float32(settings.softening)) / 2 - np.float32(0.4),
    "standard": _standard,
}
