"""Real galaxies as sources and lens light: pictures from a catalogue, cleaned of sky and noise at their edges."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from lensmith.data.galaxy_catalogue import GalaxyCatalogue, RealGalaxy, open_galaxy_catalogue
from lensmith.types import FloatArray

SIDE = 128
"""Pixels a side of a picture: larger ones are binned, smaller ones surrounded by zeros."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A galaxy of total flux 1: `image` ``[y, x]``, arcsec a pixel, half-light radius [pixel], number in its scene."""

    image: FloatArray
    pixel_scale: float
    half_light_radius: float
    index: int = 0

    def numbered(self, index: int) -> "Picture":
        """The same picture as number `index` of a scene."""
        return replace(self, index=index)


class Pictures:
    """The pictures of a catalogue, read when they are drawn."""

    def __init__(self, catalogue: GalaxyCatalogue):
        self.catalogue = catalogue
        self._of = lru_cache(maxsize=1000)(lambda number: picture_of(catalogue.galaxy(number)))

    def choose(self, rng: np.random.Generator) -> Picture:
        """Any of the galaxies."""
        return self._of(int(rng.integers(len(self.catalogue))))


def open_pictures(path: Path | None) -> Pictures | None:
    """The pictures of the catalogue at `path`; None for None."""
    return None if path is None else Pictures(open_galaxy_catalogue(path))


def picture_of(galaxy: RealGalaxy) -> Picture:
    """A galaxy's image without its sky, faded towards the edges, as flux 1 on `SIDE` pixels."""
    image = np.asarray(galaxy.image, float)
    edge = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    image = image - np.median(edge)
    factor = max(1, -(-max(image.shape) // SIDE))
    image = _binned(image, factor)
    # Inside, all is kept, negative noise too; beyond three quarters of the way out it is faded to nothing.
    rows, columns = (np.abs(np.linspace(-1, 1, n)) for n in image.shape)
    radius = np.hypot(*np.meshgrid(columns, rows))
    fade = np.clip((1.0 - radius) / 0.25, 0, 1)
    image = image * fade * fade * (3 - 2 * fade)
    image = _centred(image)
    image = image / image.sum()
    return Picture(image.astype(np.float32), galaxy.pixel_scale * factor, _half_light_radius(image))


def _binned(image: FloatArray, factor: int) -> FloatArray:
    rows, columns = (n // factor * factor for n in image.shape)
    return image[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor).sum((1, 3))


def _centred(image: FloatArray) -> FloatArray:
    out = np.zeros((SIDE, SIDE))
    top, left = ((SIDE - n) // 2 for n in image.shape)
    out[top : top + image.shape[0], left : left + image.shape[1]] = image
    return out


def _half_light_radius(image: FloatArray) -> float:
    """Radius [pixel] of the circle about the middle that holds half of the flux."""
    at = np.arange(SIDE) - (SIDE - 1) / 2
    radius = np.hypot(*np.meshgrid(at, at)).ravel()
    order = np.argsort(radius)
    inside = np.cumsum(image.ravel()[order])
    return float(max(radius[order][np.argmax(inside >= 0.5)], 1.0))
