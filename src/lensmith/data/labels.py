"""What a segmenter is taught: classes of pixels by two rules, from noise-free images of the parts of a scene.

``truth``: the class of the component that dominates a pixel, of those that stand out of the noise of a PSF's area.
``percentile``: as the public lens segmentation with MSRF-Net and IS-Net made its masks, from noise-free images.
"""

import numpy as np

from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray
from lensmith.units import FWHM_PER_SIGMA

CLASSES = ("background", "lens", "arc", "other", "point")
"""Classes of the rule ``truth``: 0 background, 1 lens galaxy, 2 arc, 3 other object, 4 lensed point image."""

COMPONENT_CLASS = {"lens": 1, "source": 2, "other": 3, "points": 4}
"""The class that a component of a simulated scene (its array in a data set) belongs to."""

PERCENTILE_CLASSES = ("lens", "arc")
"""Masks of the rule ``percentile``; a pixel may be in both."""

DES_CLASSES = ("source", "lens", "noise", "background")
"""The four classes of the public DES pipeline, in its order; ``noise`` are the neighbours."""

SNR = 5.0
"""S/N in the PSF's area that a component needs, as a rule: docs/decisions/0013."""
LENS_FACTOR = 2.0
"""How much more S/N the lens needs: its halo fades over the whole cutout."""
LENS_CONTRAST = 0.3
"""Share of the lens' light that stands out of it: it is smooth, arcs show on it long before they outshine it."""

LENS_PERCENTILE, ARC_PERCENTILE = 99.0, 95.0
_TO_DES = np.array([3, 1, 0, 2, 0], np.uint8)
_FROM_DES = np.array([2, 1, 3, 0], np.uint8)


def truth_classes(components: dict[str, FloatArray], sigma: FloatArray, snr: float = SNR, area=1.0) -> np.ndarray:
    """Classes 0 to 4, uint8 ``[sample, y, x]``, of noise-free components ``[sample, band, y, x]``.

    A pixel is of the component with the largest S/N over all bands, ``sqrt(sum area (flux / sigma)^2)``, of those whose
    S/N is above `snr` (`LENS_FACTOR` times that for the lens); where there is none it is background. The lens yields to
    what has `LENS_CONTRAST` of its S/N.

    Parameters
    ----------
    components : noise-free light by name, names of `COMPONENT_CLASS`.
    sigma : 1 sigma of the noise of a pixel, of a shape that broadcasts to the images'.
    snr : what a component needs in order to count.
    area : pixels whose noise is averaged, ``[sample, band]`` or a number: that of the PSF (`noise_equivalent_area`)
        makes the rule one of surface brightness against what a survey can see; 1 is the rule of single pixels.

    Raises
    ------
    InputError
        if a component is unknown, none is given, or the noise is not positive.
    """
    unknown = set(components) - set(COMPONENT_CLASS)
    if unknown or not components:
        said = f"{sorted(unknown)[0]} is no component of a scene" if unknown else "there are no components"
        raise InputError(f"{said}; known are {', '.join(COMPONENT_CLASS)}")
    sigma = np.asarray(sigma, np.float32)
    if not (np.isfinite(sigma).all() and (sigma > 0).all()):
        raise InputError("the noise is not positive everywhere: labels by S/N need 1 sigma of every pixel")
    weight = np.asarray(area, np.float32)[..., None, None] / sigma**2
    with np.errstate(over="ignore"):
        heights = [np.sqrt((weight * np.maximum(light, 0) ** 2).sum(-3)) for light in components.values()]
    for number, name in enumerate(components):
        needed, share = (LENS_FACTOR, LENS_CONTRAST) if name == "lens" else (1.0, 1.0)
        heights[number] = np.where(heights[number] > needed * snr, share * heights[number], 0)
    heights = np.stack(heights)
    classes = np.array([COMPONENT_CLASS[name] for name in components], np.uint8)[heights.argmax(0)]
    return np.where(heights.max(0) > 0, classes, 0).astype(np.uint8)


def noise_equivalent_area(fwhm: FloatArray) -> FloatArray:
    """Pixels whose noise enters the flux of a point source, ``4 pi s^2`` for a Gaussian PSF of `fwhm` [pixels].

    King 1983, PASP 95, 163.
    """
    return 4 * np.pi * (np.asarray(fwhm, float) / FWHM_PER_SIGMA) ** 2


def percentile_masks(lens: FloatArray, arc: FloatArray) -> BoolArray:
    """Masks bool ``[sample, 2, y, x]`` of lens and arc, from noise-free images ``[sample, y, x]`` of either.

    At or above the 99th percentile of the image of the lens, at or above the 95th of that of the arcs. An image
    without light has an empty mask: every pixel of it would lie at its percentile.
    """
    parts = ((lens, LENS_PERCENTILE), (arc, ARC_PERCENTILE))
    return np.stack([_above(np.asarray(image), percentile) for image, percentile in parts], 1)


def pixels_above(percentile: float, pixels: FloatArray) -> FloatArray:
    """How many of so many pixels, no two of them alike, lie at or above a percentile of theirs (NumPy's, linear)."""
    pixels = np.asarray(pixels)
    return np.where(pixels > 0, pixels - np.ceil(percentile / 100 * (pixels - 1)), 0).astype(int)


def normalised(images: FloatArray, percentile: float = LENS_PERCENTILE) -> FloatArray:
    """Each image float32 ``[..., y, x]`` over its own 99th percentile, not clipped; one whose percentile is 0 stays."""
    images = np.asarray(images, np.float32)
    level = np.percentile(images, percentile, axis=(-2, -1), keepdims=True).astype(np.float32)
    return images / np.where(level > 0, level, 1)


def enhance_arcs(composites: FloatArray) -> FloatArray:
    """A copy of images from 0 to 255 ``[sample, y, x]`` in which what is faint beside the lens is brighter.

    Pixels above the image's 95th percentile times 10, then those above the new 99th percentile divided by 10, then
    clipped at 255. It sees the composite alone: to treat the image of the arcs so would leak the label.
    """
    out = np.array(composites, np.float32)
    axes = {"axis": (-2, -1), "keepdims": True}
    out = np.where(out > np.percentile(out, 95, **axes), out * 10, out)
    out = np.where(out > np.percentile(out, 99, **axes), out / 10, out)
    return np.minimum(out, 255).astype(np.float32)


def to_byte_range(images: FloatArray) -> FloatArray:
    """Each image ``[..., y, x]`` scaled so that its brightest pixel is 255; what is negative becomes 0."""
    images = np.maximum(np.asarray(images, np.float32), 0)
    top = images.max((-2, -1), keepdims=True)
    return images * (255 / np.where(top > 0, top, 1)).astype(np.float32)


def padded(images: np.ndarray, side: int = 128) -> np.ndarray:
    """Images ``[..., y, x]`` in the middle of `side` x `side` zeros; an odd rest goes to the right and the top.

    Raises
    ------
    InputError
        if they are larger than that.
    """
    rows, columns = images.shape[-2:]
    if max(rows, columns) > side:
        raise InputError(f"images of {columns}x{rows} pixels do not fit into {side}x{side}")
    below, left = (side - rows) // 2, (side - columns) // 2
    edges = ((below, side - rows - below), (left, side - columns - left))
    return np.pad(images, ((0, 0),) * (images.ndim - 2) + edges)


def one_hot(classes: np.ndarray, n: int) -> BoolArray:
    """Masks bool ``[sample, n, y, x]`` of classes ``[sample, y, x]``."""
    return np.asarray(classes)[:, None] == np.arange(n).reshape(1, -1, 1, 1)


def des_masks(classes: np.ndarray) -> BoolArray:
    """The DES pipeline's masks bool ``[sample, 4, y, x]`` (`DES_CLASSES`) of classes 0 to 4; points are source."""
    return one_hot(_TO_DES[np.asarray(classes)], len(DES_CLASSES))


def classes_of_des_masks(masks: FloatArray) -> np.ndarray:
    """Classes 0 to 3, uint8 ``[sample, y, x]``, of the DES pipeline's masks ``[sample, 4, y, x]``: the largest."""
    return _FROM_DES[np.asarray(masks).argmax(1)]


def _above(images: FloatArray, percentile: float) -> BoolArray:
    level = np.percentile(images, percentile, axis=(-2, -1), keepdims=True)
    # Where less than that share of the pixels has light at all, the lit ones are the mask.
    return (images >= level) & (images > 0)
