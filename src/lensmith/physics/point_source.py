"""All images of a point source: the lens equation solved on a grid of triangles, then by Newton steps (NumPy).

A triangle of the image plane whose map to the source plane holds the source contains an image (Schneider, Ehlers &
Falco 1992, sect. 10.6; Keeton 2001, astro-ph/0102340). Cells near one, and near minima of the distance to the source,
are divided again, so that pairs of images about to merge are told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lensmith.physics.critical_curves import Deflection
from lensmith.types import FloatArray

_STEP = 1e-6
"""Step of the differences in Newton's method [arcsec]; they set its speed, and the magnification to about 1e-8."""

_SUBDIVISION = 8
_NEWTON_STEPS = 60


@dataclass(frozen=True, eq=False)
class PointImages:
    """Images of one point source, float64 ``[image]`` each, in the order in which they arrive.

    `x`, `y` [arcsec]; `magnification` is signed; `fermat` is the Fermat potential [arcsec^2] (NaN, and the order that
    of falling brightness, if no potential was given).
    """

    x: FloatArray
    y: FloatArray
    magnification: FloatArray
    fermat: FloatArray

    def __len__(self) -> int:
        return len(self.x)


def point_images(
    deflection: Deflection,
    beta_x: float,
    beta_y: float,
    half_width: float,
    center: tuple[float, float] = (0.0, 0.0),
    *,
    potential: Callable[[FloatArray, FloatArray], FloatArray] | None = None,
    points: int = 120,
    magnification_limit: float = 1e-5,
    tolerance: float = 1e-10,
) -> PointImages:
    """Images of the source at (beta_x, beta_y) [arcsec] in the square of `half_width` arcsec around `center`.

    `deflection(x, y)` (total; for several planes theta - beta) and `potential(x, y)` take and return float64 NumPy
    arrays [arcsec, arcsec^2]. `points` is the number of grid points a side; images closer than a tenth of the spacing
    may be missed as a pair. Images fainter than `magnification_limit` are dropped: such is the one at a singular
    centre. `tolerance` [arcsec] bounds the lens equation's residual.
    """
    beta = np.array([beta_x, beta_y], dtype=float)
    offsets = np.linspace(-half_width, half_width, points + points % 2)
    x, y = np.meshgrid(center[0] + offsets, center[1] + offsets)
    spacing = offsets[1] - offsets[0]
    for _ in range(2):
        starts = _candidates(deflection, beta, x, y)
        fine = (np.arange(_SUBDIVISION + 1) / _SUBDIVISION - 0.5) * 2 * spacing
        x = starts[:, 0, None, None] + fine[None, None, :] + 0 * fine[None, :, None]
        y = starts[:, 1, None, None] + fine[None, :, None] + 0 * fine[None, None, :]
        spacing = fine[1] - fine[0]
    starts = _candidates(deflection, beta, x, y)
    found = _newton(deflection, beta, starts, 10 * spacing, tolerance)
    inside = np.abs(found - np.array(center)).max(-1, initial=0.0) <= half_width
    found = _distinct(found[inside], 1e-2 * spacing)
    magnification = 1 / _determinant(deflection, found)
    bright = np.abs(magnification) > magnification_limit
    return _ordered(found[bright], magnification[bright], beta, potential)


def _candidates(deflection: Deflection, beta: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Centres ``[candidate, 2]`` of grid cells that may hold an image; grids are the last two axes of `x` and `y`."""
    alpha_x, alpha_y = deflection(x, y)
    away_x, away_y = x - alpha_x - beta[0], y - alpha_y - beta[1]
    near, right = (..., slice(None, -1), slice(None, -1)), (..., slice(None, -1), slice(1, None))
    up, far = (..., slice(1, None), slice(None, -1)), (..., slice(1, None), slice(1, None))

    def cross(a, b):
        return away_x[a] * away_y[b] - away_x[b] * away_y[a]

    diagonal = cross(right, up)
    lower = _same_sign(cross(near, right), diagonal, cross(up, near))
    upper = _same_sign(cross(right, far), cross(far, up), -diagonal)
    square = np.pad(away_x**2 + away_y**2, [(0, 0)] * (x.ndim - 2) + [(1, 1), (1, 1)], constant_values=np.inf)
    rows, columns = x.shape[-2:]
    around = [square[..., i : i + rows, j : j + columns] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    lowest = square[..., 1:-1, 1:-1] <= np.min(around, axis=0)
    cells = lower | upper
    middle = np.stack([(x[near] + x[far]) / 2, (y[near] + y[far]) / 2], axis=-1)
    return np.concatenate([middle[cells], np.stack([x[lowest], y[lowest]], axis=-1)])


def _same_sign(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Whether the origin lies in the triangle whose edges have these cross products with it."""
    return ((a >= 0) & (b >= 0) & (c >= 0)) | ((a <= 0) & (b <= 0) & (c <= 0))


def _map_and_jacobian(deflection: Deflection, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Source positions ``[point, 2]`` and Jacobians ``[point, 2, 2]`` by central differences, in one call."""
    shifts = np.array([[0.0, 0.0], [_STEP, 0.0], [-_STEP, 0.0], [0.0, _STEP], [0.0, -_STEP]])
    moved = points[None] + shifts[:, None]
    alpha = np.stack(deflection(moved[..., 0], moved[..., 1]), axis=-1)
    source = moved - alpha
    return source[0], np.stack([source[1] - source[2], source[3] - source[4]], axis=-1) / (2 * _STEP)


def _determinant(deflection: Deflection, points: FloatArray) -> FloatArray:
    if not len(points):
        return np.empty(0)
    jacobian = _map_and_jacobian(deflection, points)[1]
    determinant = np.linalg.det(jacobian)
    return np.where(determinant == 0, np.finfo(float).tiny, determinant)


def _newton(deflection, beta, points, reach, tolerance) -> FloatArray:
    """Newton's method from every start at once, steps at most `reach` and halved where they do not help."""
    if not len(points):
        return points
    step_scale = np.ones(len(points))
    source, jacobian = _map_and_jacobian(deflection, points)
    for _ in range(_NEWTON_STEPS):
        residual = beta - source
        size = np.hypot(*residual.T)
        if (size < tolerance / 10).all():
            break
        # A small multiple of the identity keeps singular Jacobians, on critical curves, invertible.
        damped = jacobian + 1e-14 * np.eye(2)
        step = np.linalg.solve(damped, residual[..., None])[..., 0]
        length = np.hypot(*step.T)
        step *= (step_scale * np.minimum(1, reach / np.maximum(length, 1e-300)))[:, None]
        trial = points + step
        trial_source, trial_jacobian = _map_and_jacobian(deflection, trial)
        better = np.hypot(*(beta - trial_source).T) < size
        points = np.where(better[:, None], trial, points)
        source = np.where(better[:, None], trial_source, source)
        jacobian = np.where(better[:, None, None], trial_jacobian, jacobian)
        step_scale = np.where(better, np.minimum(1, 2 * step_scale), step_scale / 2)
    return points[np.hypot(*(beta - source).T) < tolerance]


def _distinct(points: FloatArray, separation: float) -> FloatArray:
    """One of each group of points closer than `separation`."""
    kept: list[FloatArray] = []
    for point in points:
        if all(np.hypot(*(point - other)) > separation for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def _ordered(points, magnification, beta, potential) -> PointImages:
    """The images by arrival time, or by brightness without a potential."""
    x, y = points.T
    if potential is None:
        fermat, order = np.full(len(x), np.nan), np.argsort(-np.abs(magnification))
    else:
        fermat = ((points - beta) ** 2).sum(-1) / 2 - (potential(x, y) if len(x) else 0.0)
        order = np.argsort(fermat)
    return PointImages(x[order], y[order], magnification[order], fermat[order])
