"""Critical curves and caustics of a deflector given as a function, and its effective Einstein radius (NumPy).

The eigenvalues of the lens mapping's Jacobian are ``1 - kappa - |gamma|``, zero on the tangential critical curve, and
``1 - kappa + |gamma|``, zero on the radial one (Schneider, Ehlers & Falco 1992, sect. 5.2). Marching squares find the
zero lines on a grid; Newton steps across the line then put every point on it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from contourpy import contour_generator

from lensmith.types import FloatArray

Deflection = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

_STEP = 1e-5
"""Step of the differences [arcsec]: their error is about 1e-10 in float64."""

_WIDENINGS = 3
"""How often the window is doubled while a tangential curve leaves it."""

_SMALL_LOOP = 16
"""A loop that spans fewer grid cells than this is traced again on a grid of its own."""


@dataclass(frozen=True, eq=False)
class CriticalCurves:
    """Closed lines, each float64 ``[point, 2]`` (x, y) [arcsec], the largest first; caustics match curve by curve.

    `theta_E_eff` [arcsec] is the radius of the circle with the area inside the largest tangential critical curve
    (0 where there is none, for a deflector too weak for multiple images).
    """

    tangential: tuple[FloatArray, ...]
    radial: tuple[FloatArray, ...]
    tangential_caustics: tuple[FloatArray, ...]
    radial_caustics: tuple[FloatArray, ...]
    theta_E_eff: float


def critical_curves(
    deflection: Deflection, half_width: float, center: tuple[float, float] = (0.0, 0.0), points: int = 80
) -> CriticalCurves:
    """Critical curves of `deflection` in the square of `half_width` arcsec around `center`, and their caustics.

    `deflection(x, y)` takes and returns float64 NumPy arrays [arcsec]. `points` is the number of grid points a side;
    it sets which loops are found, not how exact they are. The window is doubled, up to three times, while a
    tangential curve leaves it; curves that are still open then are left out.
    """
    for _ in range(_WIDENINGS + 1):
        tangential, contained = _zero_lines(deflection, -1, half_width, center, points)
        if contained:
            break
        half_width = 2 * half_width
    radial, _ = _zero_lines(deflection, +1, half_width, center, points)
    area = abs(_area(*tangential[0])) if tangential else 0.0
    tangential, radial = (tuple(line for line, _ in lines) for lines in (tangential, radial))
    return CriticalCurves(
        tangential=tangential,
        radial=radial,
        tangential_caustics=tuple(to_source(deflection, line) for line in tangential),
        radial_caustics=tuple(to_source(deflection, line) for line in radial),
        theta_E_eff=float(np.sqrt(area / np.pi)),
    )


def theta_E_eff(
    deflection: Deflection, half_width: float, center: tuple[float, float] = (0.0, 0.0), points: int = 80
) -> float:
    """Effective Einstein radius [arcsec] alone; arguments as for `critical_curves`."""
    return critical_curves(deflection, half_width, center, points).theta_E_eff


def cut(deflection: Deflection, center: tuple[float, float] = (0.0, 0.0), points: int = 200) -> FloatArray:
    """Where sources lose an image at the singular centre of an isothermal deflector (its cut, or pseudo-caustic).

    The map of a very small circle around `center`, ``[point, 2]`` [arcsec]. An isothermal profile has no radial
    caustic; the cut takes its place (Kovner 1987). For steeper ones the deflection diverges, and there is none.
    """
    angle = np.linspace(0.0, 2 * np.pi, points)
    circle = np.stack([center[0] + 1e-4 * np.cos(angle), center[1] + 1e-4 * np.sin(angle)], axis=-1)
    return to_source(deflection, circle)


def to_source(deflection: Deflection, points: FloatArray) -> FloatArray:
    """Map image-plane points ``[point, 2]`` [arcsec] to the source plane."""
    alpha_x, alpha_y = deflection(points[:, 0], points[:, 1])
    return points - np.stack([np.asarray(alpha_x), np.asarray(alpha_y)], axis=-1)


def _eigenvalue(deflection: Deflection, sign: int, x: FloatArray, y: FloatArray) -> FloatArray:
    """``1 - kappa + sign |gamma|`` by central differences, all four shifts in one call."""
    shift_x = np.array([_STEP, -_STEP, 0.0, 0.0]).reshape(4, *(1,) * x.ndim)
    shift_y = np.array([0.0, 0.0, _STEP, -_STEP]).reshape(4, *(1,) * x.ndim)
    alpha_x, alpha_y = (np.asarray(part) / (2 * _STEP) for part in deflection(x + shift_x, y + shift_y))
    xx, yx = alpha_x[0] - alpha_x[1], alpha_y[0] - alpha_y[1]
    xy, yy = alpha_x[2] - alpha_x[3], alpha_y[2] - alpha_y[3]
    return 1 - (xx + yy) / 2 + sign * np.hypot((xx - yy) / 2, (xy + yx) / 2)


def _zero_lines(deflection, sign, half_width, center, points, zoom=True):
    """Closed zero lines of an eigenvalue with its gradient on them, the largest first; whether it is > 0 all around."""
    # An even number of points keeps the centre of the window, where profiles are singular, off the grid.
    offsets = np.linspace(-half_width, half_width, points + points % 2)
    x, y = np.meshgrid(center[0] + offsets, center[1] + offsets)
    values = np.nan_to_num(_eigenvalue(deflection, sign, x, y))
    found = []
    for line in contour_generator(x, y, values).lines(0.0):
        if len(line) < 4 or not np.array_equal(line[0], line[-1]):
            continue
        low, high = line.min(0), line.max(0)
        reach = float((high - low).max()) / 2
        if zoom and reach < _SMALL_LOOP * (offsets[1] - offsets[0]) / 2:
            middle = tuple((low + high) / 2)
            found += _zero_lines(deflection, sign, max(2 * reach, 4 * _STEP), middle, points, zoom=False)[0]
        else:
            found.append(_refine(deflection, sign, line))
    found.sort(key=lambda item: -abs(_area(*item)))
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    return found, bool((border > 0).all())


def _refine(deflection, sign, line):
    """Move the points of `line` across it onto the zero of the eigenvalue; also its gradient there ``[point, 2]``."""
    reach = float(np.ptp(line, axis=0).max())
    step = 1e-3 * reach
    line = line[:-1]
    line = line[np.hypot(*(line - np.roll(line, 1, axis=0)).T) > 1e-6 * reach]
    x, y = line.T
    along_x = _eigenvalue(deflection, sign, x + step, y) - _eigenvalue(deflection, sign, x - step, y)
    along_y = _eigenvalue(deflection, sign, x, y + step) - _eigenvalue(deflection, sign, x, y - step)
    gradient = np.stack([along_x, along_y], axis=-1) / (2 * step)
    newton = gradient / np.maximum((gradient**2).sum(-1, keepdims=True), 1e-12)
    for _ in range(4):
        move = -newton * _eigenvalue(deflection, sign, *line.T)[:, None]
        # A step across more than a few hundredths of the loop is no correction of a grid error: leave that point.
        line = line + np.where(np.hypot(*move.T)[:, None] < 0.05 * reach, move, 0.0)
    return tuple(np.concatenate([values, values[:1]]) for values in (line, gradient))


def _area(line: FloatArray, gradient: FloatArray) -> float:
    """Signed area inside a closed line: its polygon, and between each chord and its arc ``chord^2 turn / 12``.

    The turn is the angle between the normals at the chord's ends, so the error falls as the 4th power of the spacing.
    """
    (x, y), (next_x, next_y) = line[:-1].T, line[1:].T
    polygon = (x * next_y - next_x * y).sum() / 2
    (normal_x, normal_y), (next_normal_x, next_normal_y) = gradient[:-1].T, gradient[1:].T
    turn = np.arctan2(
        normal_x * next_normal_y - normal_y * next_normal_x, normal_x * next_normal_x + normal_y * next_normal_y
    )
    return float(polygon + (((next_x - x) ** 2 + (next_y - y) ** 2) * turn).sum() / 12)
