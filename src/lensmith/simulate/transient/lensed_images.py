"""Images of a point source behind an EPL lens with shear: positions, magnifications and arrival times, under JAX.

The method of `physics.point_source` (triangles of a grid, divided again near the source, then Newton's method) with
shapes fixed beforehand, so that one compiled function solves any lens; in float64, whatever JAX is set to elsewhere.
"""

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.physics.mass import epl, shear
from lensmith.simulate.render import map_samples
from lensmith.types import FloatArray

MOST_IMAGES = 5
"""Slots for images: an EPL with shear has four at most (singular centre), and five where the centre is shallow."""

FAINTEST = 1e-2
"""Magnification below which an image is left out: such is the one at a lens's centre."""

_GRID = 56
_CELLS = 10
_SUBDIVISION = 8
_STARTS = 16
_STEPS = 12
_RESIDUAL = 1e-9

_CHUNK = 4
"""Lenses solved by one call: few, because most calls are about the few samples that are drawn again."""

_SEARCH_TERMS = 8
"""Terms of the EPL's series while looking for cells: 1e-6 of the deflection, far below a cell."""


def lensed_images(lenses: dict[str, FloatArray], beta_x: FloatArray, beta_y: FloatArray) -> dict[str, FloatArray]:
    """All images of one point source behind each lens, in the order in which they arrive.

    `lenses` has `theta_E`, `gamma`, `e1`, `e2`, `gamma1`, `gamma2` ``[lens]``, centred on the origin; `beta_x`,
    `beta_y` ``[lens]`` in arcsec. Returns ``[lens, MOST_IMAGES]`` float64 arrays, NaN where there is no image: `x`, `y`
    [arcsec], `magnification` (signed), `fermat` [arcsec^2] less that of the first image.
    """
    arguments = {name: np.asarray(value, np.float64) for name, value in lenses.items()}
    arguments |= {"beta_x": np.asarray(beta_x, np.float64), "beta_y": np.asarray(beta_y, np.float64)}
    with jax.enable_x64(True):
        return map_samples(_solve, arguments, chunk=_CHUNK)


def _solve(one):
    beta = jnp.stack([one["beta_x"], one["beta_y"]])
    lens = {name: one[name] for name in ("theta_E", "gamma", "e1", "e2")}
    tide = {name: one[name] for name in ("gamma1", "gamma2")}
    half_width = 2.2 * one["theta_E"] + jnp.hypot(*beta)
    offsets = (jnp.arange(_GRID) / (_GRID - 1) * 2 - 1) * half_width
    spacing = 2 * half_width / (_GRID - 1)
    x, y = jnp.meshgrid(offsets, offsets)
    cells, minima = _near_source(x, y, beta, lens, tide)
    starts = _pick(x + spacing / 2, y + spacing / 2, cells, _CELLS)
    starts = jnp.concatenate([starts, _pick(x, y, minima, _CELLS)])
    fine = (jnp.arange(_SUBDIVISION + 1) / _SUBDIVISION - 0.5) * 2 * spacing
    x = starts[:, 0, None, None] + fine[None, None, :] + 0 * fine[None, :, None]
    y = starts[:, 1, None, None] + fine[None, :, None] + 0 * fine[None, None, :]
    cells, minima = _near_source(x, y, beta, lens, tide)
    starts = _pick(x, y, cells | minima, _STARTS)
    points = _newton(starts, beta, lens, tide, 2 * spacing)
    return _images(points, beta, lens, tide, half_width)


def _near_source(x, y, beta, lens, tide):
    """Whether each grid point is the lower left corner of a cell whose map holds the source, and whether it is nearest.

    Grids are the last two axes; the last row and column are corners of no cell.
    """
    alpha = _deflection(x, y, lens, tide, terms=_SEARCH_TERMS)
    away_x, away_y = x - alpha[0] - beta[0], y - alpha[1] - beta[1]
    near = (..., slice(None, -1), slice(None, -1))
    right, up, far = (
        (..., near[1], slice(1, None)),
        (..., slice(1, None), near[1]),
        (..., slice(1, None), slice(1, None)),
    )

    def cross(a, b):
        return away_x[a] * away_y[b] - away_x[b] * away_y[a]

    def around(*products):
        products = jnp.stack(products)
        return (products >= 0).all(0) | (products <= 0).all(0)

    diagonal = cross(right, up)
    inside = around(cross(near, right), diagonal, cross(up, near)) | around(
        cross(right, far), cross(far, up), -diagonal
    )
    edges = [(0, 0)] * (x.ndim - 2)
    cells = jnp.pad(inside, [*edges, (0, 1), (0, 1)])
    square = away_x**2 + away_y**2
    lowest = jnp.ones_like(cells[..., 1:-1, 1:-1])
    rows, columns = x.shape[-2:]
    for i in range(3):
        for j in range(3):
            lowest &= square[..., 1:-1, 1:-1] <= square[..., i : i + rows - 2, j : j + columns - 2]
    return cells, jnp.pad(lowest, [*edges, (1, 1), (1, 1)])


def _pick(x, y, wanted, size):
    """The first `size` points ``[size, 2]`` that are wanted, NaN beyond their number."""
    at = jnp.nonzero(wanted.ravel(), size=size, fill_value=wanted.size)[0]
    return jnp.stack(
        [x.ravel().at[at].get(mode="fill", fill_value=jnp.nan), y.ravel().at[at].get(mode="fill", fill_value=jnp.nan)],
        -1,
    )


def _newton(points, beta, lens, tide, reach):
    """Newton's method from every start, steps at most `reach`, halved where the residual grew."""

    def residual(points):
        alpha = _deflection(points[:, 0], points[:, 1], lens, tide)
        return beta - points + jnp.stack(alpha, -1)

    def step(_, state):
        points, away, scale = state
        xx, xy, yy = _hessian(points[:, 0], points[:, 1], lens, tide)
        a, b, d = 1 - xx, -xy, 1 - yy
        determinant = a * d - b * b
        determinant = jnp.where(jnp.abs(determinant) < 1e-12, 1e-12, determinant)
        move = jnp.stack([d * away[:, 0] - b * away[:, 1], a * away[:, 1] - b * away[:, 0]], -1) / determinant[:, None]
        length = jnp.hypot(move[:, 0], move[:, 1])
        trial = points + move * (scale * jnp.minimum(1, reach / jnp.maximum(length, 1e-300)))[:, None]
        trial_away = residual(trial)
        better = (trial_away**2).sum(-1) <= (away**2).sum(-1)
        points, away = (jnp.where(better[:, None], new, old) for new, old in ((trial, points), (trial_away, away)))
        return points, away, jnp.where(better, jnp.minimum(1, 2 * scale), scale / 2)

    points, away, _ = jax.lax.fori_loop(0, _STEPS, step, (points, residual(points), jnp.ones(len(points))))
    return jnp.where(jnp.hypot(away[:, 0], away[:, 1])[:, None] < _RESIDUAL, points, jnp.nan)


def _images(points, beta, lens, tide, half_width):
    x, y = points.T
    xx, xy, yy = _hessian(x, y, lens, tide)
    magnification = 1 / ((1 - xx) * (1 - yy) - xy**2)
    potential = epl.potential(x, y, **lens) + shear.potential(x, y, **tide)
    fermat = ((points - beta) ** 2).sum(-1) / 2 - potential
    distance = jnp.hypot(x[:, None] - x, y[:, None] - y)
    repeated = (jnp.tril(distance < 1e-5, -1)).any(-1)
    inside = (jnp.abs(x) <= half_width) & (jnp.abs(y) <= half_width)
    kept = inside & ~repeated & (jnp.abs(magnification) > FAINTEST)
    order = jnp.argsort(jnp.where(kept, fermat, jnp.inf))[:MOST_IMAGES]
    names = {"x": x, "y": y, "magnification": magnification, "fermat": fermat - fermat[order[0]]}
    return {name: jnp.where(kept, values, jnp.nan)[order] for name, values in names.items()}


def _deflection(x, y, lens, tide, terms=None):
    first, second = epl.deflection(x, y, **lens, terms=terms), shear.deflection(x, y, **tide)
    return first[0] + second[0], first[1] + second[1]


def _hessian(x, y, lens, tide):
    return tuple(one + two for one, two in zip(epl.hessian(x, y, **lens), shear.hessian(x, y, **tide)))
