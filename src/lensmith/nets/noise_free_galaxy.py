"""A first look at a galaxy's light under arcs in noise-free images: a Sersic law that no arc draws upwards."""

import numpy as np

from lensmith.types import FloatArray

_INNER, _RADII, _ANGLES = 3.0, 28, 28
"""Smallest radius [pixels] that the law is held against, radii, angles."""
REFERENCE = 12.0
"""Radius [pixels] at which level and slope are taken."""
_CORE = 0.5
"""Softening [pixels]: within the PSF the law means nothing."""
_WINGS = 8.0
"""Radius [pixels] of what the wings of a PSF some two pixels wide add to the galaxy's own light."""
_SCALES = (*(1.0,) * 5, *(0.5,) * 3, *(0.25,) * 3, *(0.12,) * 3, *(0.06,) * 3, *(0.03,) * 4)
"""How far above the law [in e-folds] a pixel may lie before it counts less, step after step."""
_BELOW = 1e3
"""How much farther below the law it may lie."""
_DAMPING = 1e-3
_LARGEST_STEP = np.array([2.0, 1.0, 0.1, 2.0, 2.0, 0.4, 0.4, 0.1])
"""Of each parameter in one step: log level, slope, power, x, y, two of the ellipse, wings."""
_LOWEST = np.array([-20, 0.3, 0.08, -4, -4, -0.9, -0.9, 0.0])
_HIGHEST = np.array([20, 6, 0.6, 4, 4, 0.9, 0.9, 0.12])
_START = np.array([0.0, 1.8, 0.23, 0.0, 0.0, 0.0, 0.0, 0.07])


def fit_law(images: FloatArray) -> FloatArray:
    """Fit a galaxy near the middle of noise-free images ``[sample, y, x]``; pixels of 0 are not known.

    The law is ``ln I = A - c ((R^2 + s^2)^(p / 2) - 1) / p``, R the elliptical radius in units of `REFERENCE`: Sersic's
    (1963) with a core s in place of the PSF, and a share of wings. What lies on the galaxy only adds light, so that
    pixels above the law count less and less (a redescending estimator, annealed), those below it fully: the law ends
    up under the image. Away from the PSF it is right to some tenths of a per cent.

    Returns ``[sample, 8]``: A, c, p, x and y [pixels from the middle], two of the ellipse, wings. The ellipse's axis
    ratio is ``exp(-h)``, h the length of the two.
    """
    images = np.asarray(images, float)
    rows, columns = images.shape[-2:]
    y, x = _pattern(min(rows, columns))
    seen = images[:, np.round(y + (rows - 1) / 2).astype(int), np.round(x + (columns - 1) / 2).astype(int)]
    x, y = np.round(x + (columns - 1) / 2) - (columns - 1) / 2, np.round(y + (rows - 1) / 2) - (rows - 1) / 2
    known = seen > 0
    target = np.log(np.where(known, seen, 1))
    found = np.tile(_START, (len(images), 1))
    near = np.abs(np.hypot(x, y) / REFERENCE - 1) < 0.2
    found[:, 0] = np.median(target[:, near], 1)
    for scale in _SCALES:
        found = _stepped(found, x, y, target, known, scale)
    return found


def _pattern(side: int) -> tuple[FloatArray, FloatArray]:
    """y and x [pixels] of points about the middle, even in angle and in the logarithm of the radius."""
    radii = np.geomspace(_INNER, 0.6 * side, _RADII)
    angle = 2 * np.pi * (np.arange(_ANGLES)[None] + 0.5 * (np.arange(_RADII)[:, None] % 2)) / _ANGLES
    y, x = (radii[:, None] * np.sin(angle)).ravel(), (radii[:, None] * np.cos(angle)).ravel()
    # Light from beyond the frame, that a PSF would have brought in, is missing along it.
    inside = np.maximum(np.abs(x), np.abs(y)) < 0.42 * side
    return y[inside], x[inside]


def _law(found: FloatArray, x: FloatArray, y: FloatArray) -> tuple[FloatArray, ...]:
    """ln I ``[sample, pixel]``, and what its derivatives need."""
    level, slope, power, x0, y0, h1, h2, wings = found.T[..., None]
    dx, dy = x - x0, y - y0
    size = np.maximum(np.hypot(h1, h2), 1e-9)
    even, odd = np.cosh(size), np.sinh(size) / size
    square = even * (dx**2 + dy**2) - odd * (h1 * (dx**2 - dy**2) + 2 * h2 * dx * dy) + _CORE**2
    far = 0.5 * np.log(square / REFERENCE**2)
    raised = np.exp(power * far)
    share = 1 / (1 + square / _WINGS**2)
    return level - slope * (raised - 1) / power + wings * share, dx, dy, square, far, raised, share, even, odd


def _stepped(found, x, y, target, known, scale: float) -> FloatArray:
    """Parameters ``[sample, 8]`` after a damped, reweighted Gauss-Newton step."""
    law, dx, dy, square, far, raised, share, even, odd = _law(found, x, y)
    slope, power, h1, h2, wings = found.T[[1, 2, 5, 6, 7]][..., None]
    by_square = -slope * raised / (2 * square) - wings * (share / _WINGS) ** 2
    # To first order in the ellipse, cosh and sinh / size stand still against what they multiply.
    slopes = [
        np.ones_like(law),
        -(raised - 1) / power,
        -slope * (power * far * raised - (raised - 1)) / power**2,
        by_square * -2 * (even * dx - odd * (h1 * dx + h2 * dy)),
        by_square * -2 * (even * dy - odd * (h2 * dx - h1 * dy)),
        by_square * odd * (h1 * (dx**2 + dy**2) - (dx**2 - dy**2)),
        by_square * odd * (h2 * (dx**2 + dy**2) - 2 * dx * dy),
        share,
    ]
    slopes, off = np.stack(slopes, -1), target - law
    weight = known / (1 + (np.where(off > 0, off, off / _BELOW) / scale) ** 2) ** 2
    normal = np.swapaxes(slopes * weight[..., None], 1, 2) @ slopes
    wanted = (np.swapaxes(slopes, 1, 2) @ (weight * off)[..., None])[..., 0]
    diagonal = np.einsum("nii->ni", normal)
    diagonal += _DAMPING * diagonal + 1e-12
    step = np.linalg.solve(normal, wanted[..., None])[..., 0]
    shortened = np.minimum(1, (_LARGEST_STEP / np.maximum(np.abs(step), 1e-12)).min(-1, keepdims=True))
    return np.clip(found + shortened * step, _LOWEST, _HIGHEST)
