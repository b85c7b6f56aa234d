"""What the encoders read of a view: the image, what a smooth elliptical galaxy leaves of it, what is known, colour.

Arcs of the brightest lenses are some per cent of the galaxy that they lie on: only what is left over shows them.
"""

import numpy as np

from lensmith.types import FloatArray

_QUANTILE = 0.4
"""Of each elliptical ring: below the median, since an arc may fill half of it."""
_LIGHT_ERROR = 0.03
"""Share of the galaxy's light that no smooth model explains."""
_CORE, _REACH = 4.0, 10.0
"""Radii [pixels] in which centre and ellipse of the galaxy are measured."""
_STEPS, _FLATTEST = 6, 0.8
"""Times that centre and ellipse are measured anew, and the largest (a^2 - b^2) / (a^2 + b^2) that it may have."""


def view_channels(views: FloatArray) -> FloatArray:
    """Float32 ``[sample, plane + 1, y, x]`` of views ``[sample, plane, y, x]`` of two planes, or of three with colour.

    In noise units d, the first is asinh(d / 3), the second asinh(r / 3) with r = d less the profile of the galaxy, the
    third what is known, the fourth asinh(c / 3) of the plane of colour.
    """
    out = np.zeros((len(views), views.shape[1] + 1, *views.shape[-2:]), np.float32)
    for one, (view, known, *colour) in zip(out, np.asarray(views, np.float32)):
        one[0] = np.arcsinh(view / 3)
        one[1] = np.arcsinh(np.where(known > 0, left_over(view, known > 0), 0) / 3)
        one[2] = known
        one[3:] = np.arcsinh(np.array(colour).reshape(len(colour), *view.shape) / 3)
    return out


def arc_score(view: FloatArray) -> float:
    """What a search without a network would go by: S/N of what a smooth galaxy leaves of a view ``[plane, y, x]``.

    Summed over pixels above 1 sigma, 2 to 20 pixels from the middle, over the root of their number.
    """
    d, known = np.asarray(view[:2], float)
    left = left_over(d, known > 0)
    rows, columns = np.indices(d.shape) - (np.array(d.shape)[:, None, None] - 1) / 2
    radius = np.hypot(rows, columns)
    chosen = left[(known > 0) & (radius > 2) & (radius < 20) & (left > 1)]
    return float(chosen.sum() / np.sqrt(max(chosen.size, 1)))


def left_over(d: FloatArray, known, centrings: int = _STEPS) -> FloatArray:
    """What a smooth elliptical galaxy leaves of an image in noise units d ``[y, x]``, where it is `known` (bool).

    d less the `_QUANTILE` of its elliptical ring, over the error of a smooth model. The galaxy's centre is measured
    `centrings` times, from the last one on.
    """
    radius = _elliptical_radius(d, centrings)
    ring = np.minimum(radius.astype(int), max(d.shape) // 2)
    profile = _ring_quantiles(d, ring, known)
    # Between the middles of rings, so that steep light leaves no steps.
    smooth = np.interp(radius, np.arange(len(profile)) + 0.5, profile)
    return (d - smooth) / np.sqrt(1 + (_LIGHT_ERROR * np.maximum(smooth, 0)) ** 2)


def _ring_quantiles(d: FloatArray, ring, known) -> FloatArray:
    """The quantile of every ring's known pixels; an empty ring has that of the one within."""
    rings, values = ring[known], d[known]
    order = np.lexsort((values, rings))
    counts = np.bincount(rings, minlength=int(ring.max()) + 1)
    starts = np.cumsum(counts) - counts
    places = np.minimum(starts + (_QUANTILE * counts).astype(int), max(len(values) - 1, 0))
    found = values[order][places] if len(values) else np.zeros(len(counts))
    last = np.maximum.accumulate(np.where(counts > 0, np.arange(len(counts)), 0))
    return found[last]


def _elliptical_radius(d: FloatArray, centrings: int) -> FloatArray:
    """Radius of each pixel about the galaxy in the middle, in the metric of its second moments (area kept).

    The window of the moments takes the galaxy's own ellipse: a round one would make it rounder than it is.
    """
    rows, columns = np.indices(d.shape, dtype=float)
    y, x = rows - (d.shape[0] - 1) / 2, columns - (d.shape[1] - 1) / 2
    light = np.maximum(d - 1, 0)
    x0 = y0 = 0.0
    for _ in range(centrings):
        # A window that stays in the middle would draw the centre of a galaxy beside it towards itself.
        x0, y0 = _centroid(light, x, y, np.hypot(x - x0, y - y0) < _CORE)
    x, y = x - x0, y - y0
    radius = np.hypot(x, y)
    for _ in range(_STEPS):
        weight = light * (radius < _REACH)
        total = weight.sum()
        if total <= 0:
            break
        xx, yy, xy = ((weight * a).sum() / total for a in (x * x, y * y, x * y))
        if not xx + yy > 0:
            break
        modulus = min(float(np.hypot(xx - yy, 2 * xy) / (xx + yy)), _FLATTEST)
        phi = 0.5 * np.arctan2(2 * xy, xx - yy)
        stretch = ((1 + modulus) / (1 - modulus)) ** 0.25
        along, across = x * np.cos(phi) + y * np.sin(phi), y * np.cos(phi) - x * np.sin(phi)
        radius = np.hypot(along / stretch, across * stretch)
    return radius


def _centroid(light: FloatArray, x: FloatArray, y: FloatArray, within) -> tuple[float, float]:
    total = (light * within).sum()
    if not total > 0:
        return 0.0, 0.0
    return float((light * within * x).sum() / total), float((light * within * y).sum() / total)
