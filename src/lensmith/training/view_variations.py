"""How training views are varied: frame, cosmic rays, drizzling, shallower exposures, missing pixels.

Every variation looks at the images alone, so that it says nothing of whether they hold a lens.
"""

import numpy as np
from scipy.ndimage import shift

from lensmith.types import BoolArray, FloatArray

SMALLEST_SHARE = 0.6
"""Of a cutout's side that is kept at least."""
RING_IN_FRAME = 0.95
"""Of half the side that is kept, what an Einstein radius may take at most."""
FARTHEST = 3
"""Pixels by which the frame is moved at most along each axis."""
BLEMISHED = 0.06
"""Share of the samples with a border or a block of pixels without data."""
SHALLOWER, MOST_ADDED, FAINTEST = 0.3, 3.0, 20.0
"""Share of the samples with added noise, how much at most (in units of what there is), and the least S/N of arcs."""
DRIZZLED = 0.5
"""Share of the samples moved by a part of a pixel: neighbours then share noise, as after drizzling."""
RAYS_IN_SPACE, RAYS_ON_EARTH, SPACE_FWHM = 0.45, 0.05, 0.3
"""Share of the images with cosmic rays, with a PSF narrower and wider than so many arcsec: single exposures."""
RAYS, RAYS_SIDE = (2.0, 45.0), 128
"""Cosmic rays expected in an image of so many pixels a side, uniform."""


def framing(side: int, theta_E: float, random: np.random.Generator) -> tuple[slice, slice]:
    """Rows and columns that are kept of `side` pixels, so that a ring of radius `theta_E` [pixels] is in the frame.

    For what is no lens, `theta_E` is to be that of some lens: else the size of the frame would give away the class.
    """
    needed = min(max(SMALLEST_SHARE, 2 * theta_E / RING_IN_FRAME / side), 1.0)
    margin = side - int(side * random.uniform(needed, 1)) >> 1
    moved = np.clip(np.rint(random.normal(0, 1, 2)), -min(margin, FARTHEST), min(margin, FARTHEST)).astype(int)
    return tuple(slice(margin + int(by), side - margin + int(by)) for by in moved)


def varied(images: FloatArray, noise: FloatArray, fwhm: float, snr: float, random: np.random.Generator):
    """Images ``[band, y, x]`` with cosmic rays, drizzled and shallower, each or not; the S/N of arcs of `snr`; and the
    part of a pixel (x, y) by which drizzling moved what they show.

    `noise` ``[band]`` is the sky's 1 sigma, `fwhm` that of the PSF [arcsec].
    """
    images, part = np.array(images, float), np.zeros(2)
    if random.random() < (RAYS_IN_SPACE if fwhm < SPACE_FWHM else RAYS_ON_EARTH):
        for image, sigma in zip(images, noise):
            add_rays(image, sigma, random)
    if random.random() < DRIZZLED:
        part = random.uniform(-0.5, 0.5, 2)
        images = np.stack([shift(image, part[::-1], order=1, mode="nearest") for image in images])
    if random.random() < SHALLOWER:
        most = min(MOST_ADDED, np.sqrt(max((snr / FAINTEST) ** 2 - 1, 0)))
        added = random.uniform(0, most)
        images += added * noise[:, None, None] * random.normal(size=images.shape)
        snr /= np.sqrt(1 + added**2)
    return images.astype(np.float32), snr, part


def add_rays(image: FloatArray, noise: float, random: np.random.Generator) -> None:
    """Draw cosmic rays into an image ``[y, x]`` in place: straight tracks, sharper than any PSF.

    Lengths and brightnesses are wide distributions about those of tracks in single exposures of HST.
    """
    rows, columns = image.shape
    for _ in range(random.poisson(random.uniform(*RAYS) * rows * columns / RAYS_SIDE**2)):
        length, angle = 1 + random.exponential(2.5), random.uniform(0, 2 * np.pi)
        along = np.arange(0, length, 0.5)
        y = np.rint(random.uniform(0, rows) + along * np.sin(angle)).astype(int)
        x = np.rint(random.uniform(0, columns) + along * np.cos(angle)).astype(int)
        inside = (y >= 0) & (y < rows) & (x >= 0) & (x < columns)
        bright = noise * np.exp(random.normal(3.0, 1.0)) * random.uniform(0.5, 1.5, inside.sum())
        np.add.at(image, (y[inside], x[inside]), bright / 2)


def blemish(shape: tuple[int, int], random: np.random.Generator) -> BoolArray:
    """True where there are data, ``[y, x]``: now and then a border or a block has none."""
    known = np.ones(shape, bool)
    if random.random() >= BLEMISHED:
        return known
    if random.random() < 0.5:
        turns = int(random.integers(4))
        known = np.rot90(known, turns).copy()
        known[: int(len(known) * random.uniform(0.05, 0.3))] = False
        return np.rot90(known, -turns).copy()
    size = int(min(shape) * random.uniform(0.05, 0.2)) + 1
    row, column = (int(random.integers(side - size)) for side in shape)
    known[row : row + size, column : column + size] = False
    return known
