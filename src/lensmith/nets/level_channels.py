"""What segmenters read of noise-free images that are given over a level of their own.

Masks by percentiles are a matter of the whole image: how many pixels are brighter than this one decides, and for the
arcs it is their own light that counts, some per cent of the galaxy's. Both are given to the network as they are.
"""

import numpy as np

from lensmith.data.labels import ARC_PERCENTILE, LENS_PERCENTILE, pixels_above
from lensmith.nets.blurred_galaxy import take_galaxy_off
from lensmith.types import BoolArray, FloatArray

CHANNELS = 4
"""What `galaxy_channels` makes of a band."""
_FAINT = 1e-3
"""What takes the place of noise in a noise-free image, as a share of its 99th percentile."""
_LINEAR = 0.003
"""Share of the galaxy's light within which what is left of the image is shown linearly."""


def level_images(images: FloatArray) -> FloatArray:
    """Noise-free images over a level of their own, float32: ``asinh(d / 3)`` of thousandths d of that level, less that
    of the level itself.

    They span five decades, of which the masks of arcs need all. Where the mask of the lens ends they are 0: low
    precision, too, tells a pixel from its neighbour there.
    """
    units = np.maximum(np.asarray(images, np.float32), 0) / (3 * _FAINT)
    return (np.arcsinh(units) - np.arcsinh(1 / (3 * _FAINT))).astype(np.float32)


def galaxy_channels(images: FloatArray) -> FloatArray:
    """Float32 ``[sample, 4 band, y, x]`` of noise-free images ``[sample, band, y, x]``.

    All `level_images`, then of each band: what the galaxy leaves over the galaxy (asinh), the log rank of what it
    leaves and of the galaxy's own light (`log_ranks`), 0 where masks of the 95th and of the 99th percentile end.
    """
    images = np.asarray(images, np.float32)
    flat = images.reshape(-1, *images.shape[-2:])
    known, galaxy = flat > 0, take_galaxy_off(flat)
    share = np.where(known, galaxy.left / np.maximum(galaxy.light, 1e-12), 0)
    found = [
        np.arcsinh(share / _LINEAR),
        log_ranks(galaxy.left, known, ARC_PERCENTILE),
        log_ranks(galaxy.light, known, LENS_PERCENTILE),
    ]
    channels = np.stack([one.reshape(images.shape) for one in found], 2).reshape(len(images), -1, *images.shape[-2:])
    return np.concatenate([level_images(images), channels], 1).astype(np.float32)


def rank_channels(channels):
    """The channels of one band, ``[sample, 4, y, x]``, that rank pixels for lens and arc: ``[sample, 2, y, x]``."""
    return channels[:, [3, 2]]


def masks_of_ranks(channels: FloatArray) -> BoolArray:
    """Lens and arc, bool ``[sample, 2, y, x]``, that the ranks in `galaxy_channels` of one band give by themselves."""
    return rank_channels(channels) > 0


def log_ranks(images: FloatArray, known, percentile: float) -> FloatArray:
    """Log of the rank that a mask above `percentile` ends at over that of each `known` pixel, 0 elsewhere.

    Base 10, ``[sample, y, x]``; the brightest pixel has rank 1. The mask is where this is above 0.
    """
    out = np.zeros(images.shape, np.float32)
    for one, image, seen in zip(out, images, known):
        values = image[seen]
        places = np.empty(values.size)
        places[np.argsort(-values, kind="stable")] = np.arange(1, values.size + 1)
        one[seen] = np.log10((pixels_above(percentile, values.size) + 0.5) / places)
    return out
