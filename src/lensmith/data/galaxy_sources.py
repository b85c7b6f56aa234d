"""Sources of a crowded image as elliptical Gaussians: found as peaks, each measured with the others taken off.

In the example's pictures half of the galaxies touch a neighbour, so that islands above a threshold are no galaxies.
Peaks of the smoothed image are; models of all of them are taken off the image, and each is given back its own light
before it is measured anew (as in multi-object fitting: Drlica-Wagner et al. 2018, ApJS 235, 33), until nothing about
it changes. A source too close to a brighter one to be a peak shows up in what is left. Light beyond the border of the
image is that of the model, so that a galaxy that the border cuts is not taken for an elongated one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

DETECTION = 5.0
"""Least height of a peak in the smoothed image, in units of its noise."""

_SMOOTHING = 1.0
_LEFT_OVER, _SHARE, _APART = 10.0, 0.25, 2.5
"""A peak of what is left is a source: height in noise, as a share of the image there, pixels to the next source."""

_FIRST_SIGMA = 2.3
_REACH, _LEAST_REACH, _MOST_REACH = 4.0, 7, 24
"""Half a stamp's side, in sigma of the longer axis, and its limits in pixels."""

MARGIN = _MOST_REACH
"""Pixels about the image in which light of its sources may lie."""

ROUNDS = 16
_LOOKED_AGAIN = (1, 4)
"""Rounds of measurements at most, and those before which what is left is searched for further sources."""

_STILL = 0.01
_NEIGHBOUR = 16.0
"""A source is done when it and all sources within so many pixels change by less than this share of their size."""

Moments = tuple[float, float, float]
"""Second moments xx, xy, yy of an elliptical Gaussian."""

Measured = tuple[float, float, float, Moments]
"""x, y, flux and moments."""


@dataclass
class Source:
    """One source: where it was seen, its Gaussian, and whether the last measurement of it went well."""

    seen: tuple[float, float]
    x: float
    y: float
    flux: float
    moments: Moments
    measured: bool = False

    def box(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the stamp about it."""
        xx, xy, yy = self.moments
        longest = (xx + yy) / 2 + math.hypot((xx - yy) / 2, xy)
        half = min(max(int(_REACH * math.sqrt(longest)), _LEAST_REACH), _MOST_REACH)
        middle = round(self.y), round(self.x)
        return tuple(slice(max(m - half, 0), max(min(m + half + 1, n), 1)) for m, n in zip(middle, shape))

    def differs(self, found: Measured) -> bool:
        """Whether a new measurement is another one, by more than `_STILL`."""
        x, y, flux, moments = found
        size = self.moments[0] + self.moments[2]
        steps = (x - self.x) ** 2 / size, (y - self.y) ** 2 / size, (flux / self.flux - 1) ** 2
        return max(*steps, *(((a - b) / size) ** 2 for a, b in zip(moments, self.moments))) > _STILL**2

    def light(self, box: tuple[slice, slice]) -> np.ndarray:
        """Its Gaussian in a stamp ``[y, x]``."""
        dy, dx = (np.arange(part.start, part.stop) - middle for part, middle in zip(box, (self.y, self.x)))
        xx, xy, yy = self.moments
        det = xx * yy - xy * xy
        exponent = (yy * dx**2 - 2 * xy * dy[:, None] * dx + xx * dy[:, None] ** 2) / (-2 * det)
        return self.flux / (2 * math.pi * math.sqrt(det)) * np.exp(exponent)


def separate_sources(
    image: np.ndarray,
    measure: Callable[[np.ndarray, tuple[slice, slice], Source], Measured | None],
) -> list[Source]:
    """The sources of an image ``[y, x]``, each measured with the light of the others off until it changes no more.

    `measure` takes a stamp, its place and the source as known so far, in pixels of the image with `MARGIN` pixels about
    it; None where it fails. Sources come back in pixels of the image.
    """
    level, noise = background(image)
    left = image - level
    quiet = noise / (2 * np.sqrt(np.pi) * _SMOOTHING)
    smooth = ndimage.gaussian_filter(left, _SMOOTHING)
    sky = _Sky(left)
    sources = sky.add([_seen(*peak) for peak in _peaks(smooth, DETECTION * quiet)])
    moved = [True] * len(sources)
    for number in range(ROUNDS):
        if number in _LOOKED_AGAIN:
            sources += sky.add(_overlooked(sky.left[sky.inner], smooth, quiet, sources))
            moved += [True] * (len(sources) - len(moved))
        todo = _unsettled(sources, moved)
        moved = [False] * len(sources)
        for k in todo:
            moved[k] = sky.measure(sources[k], measure)
        if not any(moved) and number >= max(_LOOKED_AGAIN):
            break
    for source in sources:
        source.x, source.y = source.x - MARGIN, source.y - MARGIN
        source.seen = source.seen[0] - MARGIN, source.seen[1] - MARGIN
    return sources


class _Sky:
    """What is left of an image once all sources are taken off, with a margin in which nothing was seen."""

    def __init__(self, image: np.ndarray):
        self.inner = tuple(slice(MARGIN, MARGIN + n) for n in image.shape)
        self.left = np.pad(image, MARGIN)
        self.beyond = np.ones(self.left.shape, bool)
        self.beyond[self.inner] = False

    def add(self, sources: list[Source]) -> list[Source]:
        """Take new sources off."""
        for source in sources:
            self._take_off(source)
        return sources

    def measure(self, source: Source, measure: Callable) -> bool:
        """Measure a source with its own light back on, and whether it changed."""
        box = source.box(self.left.shape)
        self.left[box] += source.light(box)
        found = measure(self.left[box], box, source)
        source.measured = found is not None
        changed = found is not None and source.differs(found)
        if found is not None:
            self.left[box][self.beyond[box]] = 0.0
            source.x, source.y, source.flux, source.moments = found
        self._take_off(source)
        return changed

    def _take_off(self, source: Source) -> None:
        box = source.box(self.left.shape)
        self.left[box] -= source.light(box)
        self.left[box][self.beyond[box]] = 0.0


def _unsettled(sources: list[Source], moved: list[bool]) -> list[int]:
    """Sources that changed in the last round, or have a neighbour that did."""
    if not any(moved):
        return []
    tree = cKDTree([(one.x, one.y) for one in sources])
    moving = [(one.x, one.y) for one, moves in zip(sources, moved) if moves]
    return sorted({int(k) for near in tree.query_ball_point(moving, _NEIGHBOUR) for k in near})


def background(image: np.ndarray) -> tuple[float, float]:
    """Level of an image and its noise, both from its fainter half."""
    level = float(np.median(image))
    return level, 1.4826 * float(np.median(np.abs(image - level)[image <= level])) or 1.0


def _peaks(smooth: np.ndarray, least: float) -> list[tuple[int, int, float]]:
    """x, y and height of local maxima above `least`, highest first."""
    rows, columns = np.nonzero((ndimage.maximum_filter(smooth, size=3) == smooth) & (smooth > least))
    order = np.argsort(-smooth[rows, columns], kind="stable")
    return [(int(columns[k]), int(rows[k]), float(smooth[rows[k], columns[k]])) for k in order]


def _seen(x: int, y: int, height: float) -> Source:
    """A first Gaussian, round, of the height of a peak."""
    flux = 0.8 * height * 2 * np.pi * (_FIRST_SIGMA**2 + _SMOOTHING**2)
    x, y = float(x + MARGIN), float(y + MARGIN)
    return Source((x, y), x, y, flux, (_FIRST_SIGMA**2, 0.0, _FIRST_SIGMA**2))


def _overlooked(left: np.ndarray, smooth: np.ndarray, quiet: float, sources: list[Source]) -> list[Source]:
    """Sources among the peaks of what is left."""
    if not sources:
        return []
    known = cKDTree([(one.x, one.y) for one in sources])
    found = []
    for x, y, height in _peaks(ndimage.gaussian_filter(left, _SMOOTHING), _LEFT_OVER * quiet):
        if height > _SHARE * smooth[y, x] and known.query((x + MARGIN, y + MARGIN))[0] > _APART:
            found.append(_seen(x, y, height))
    return found
