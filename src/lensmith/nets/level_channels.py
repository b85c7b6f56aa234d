"""What segmenters read of noise-free images that are given over a level of their own.

Masks by percentiles are a matter of the whole image: how many pixels are brighter than this one decides, and for the
arcs it is their own light that counts, some per cent of the galaxy's. Both are given to the network as they are.
"""

import numpy as np

from lensmith.nets.noise_free_galaxy import take_galaxy_off
from lensmith.types import BoolArray, FloatArray

CHANNELS = 4
"""What `galaxy_channels` makes of a band."""
_FAINT = 1e-3
"""What takes the place of noise in a noise-free image, as a share of its 99th percentile."""
_PER_CENT = 0.03
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
    leaves and of the galaxy's own light, both 0 where masks of the 95th and of the 99th percentile end.
    """
    images = np.asarray(images, np.float32)
    flat = images.reshape(-1, *images.shape[-2:])
    known, galaxy = flat > 0, take_galaxy_off(flat)
    share = np.where(known, galaxy.left / np.maximum(galaxy.light, 1e-12), 0)
    found = [
        np.arcsinh(share / _PER_CENT),
        np.where(known, log_ranks(galaxy.left, known) + np.log10(0.05), 0),
        np.where(known, log_ranks(galaxy.light, known) + np.log10(0.01), 0),
    ]
    channels = np.stack([one.reshape(images.shape) for one in found], 2).reshape(len(images), -1, *images.shape[-2:])
    return np.concatenate([level_images(images), channels], 1).astype(np.float32)


def masks_of_ranks(channels: FloatArray) -> BoolArray:
    """Lens and arc, bool ``[sample, 2, y, x]``, that the ranks in `galaxy_channels` of one band give by themselves."""
    return channels[:, [3, 2]] > 0


def log_ranks(images: FloatArray, known) -> FloatArray:
    """-log10 of the share of the `known` pixels that are at least as bright, 0 elsewhere; ``[sample, y, x]``.

    The mask above the 99th percentile is where this is above 2.
    """
    out = np.zeros(images.shape, np.float32)
    for one, image, seen in zip(out, images, known):
        values = image[seen]
        places = np.empty(values.size)
        places[np.argsort(-values, kind="stable")] = np.arange(1, values.size + 1)
        one[seen] = -np.log10(places / max(values.size, 1))
    return out
