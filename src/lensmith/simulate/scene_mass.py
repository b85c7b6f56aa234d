"""The mass of a scene, summed over its slots, and the images of point sources behind it; JAX, float32."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.physics.mass import epl, nfw, shear
from lensmith.simulate.lens_scene import Scene
from lensmith.types import Array

_NEWTON_STEPS = 14
_RESIDUAL = 2e-5
"""Largest residual of the lens equation [arcsec] with which an image counts as found."""

FAINTEST = 1e-3
"""Images of smaller magnification are dropped: such is the one at a singular centre."""


def ray_shooting(x: Array, y: Array, scene: Scene) -> tuple[Array, Array]:
    """Where rays seen at (x, y) [arcsec] come from: theta minus the deflections of all mass of the scene."""
    alpha_x, alpha_y = _sum("deflection", (jnp.zeros_like(x), jnp.zeros_like(y)), x, y, scene)
    return x - alpha_x, y - alpha_y


def hessian(x: Array, y: Array, scene: Scene) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy) of the potential of all mass."""
    zero = jnp.zeros_like(x)
    return _sum("hessian", (zero, zero, zero), x, y, scene)


def potential(x: Array, y: Array, scene: Scene) -> Array:
    """Lensing potential [arcsec^2] of all mass."""
    return _sum("potential", (jnp.zeros_like(x),), x, y, scene)[0]


def find_images(
    scene: Scene, beta_x: Array, beta_y: Array, half_width: Array, points: int = 96, most: int = 5
) -> dict[str, Array]:
    """Images of a point source at (beta_x, beta_y) in the square of `half_width` arcsec around the origin.

    Cells of a grid of triangles that hold the source when mapped back, then Newton steps (as
    `physics.point_source`, for one fixed shape: images closer than a cell may be missed as a pair). Returns ``x``,
    ``y`` [arcsec], signed ``magnification`` and ``fermat`` potential [arcsec^2], ``[most]`` each in the order in which
    they arrive, NaN beyond the last.
    """
    line = jnp.asarray(np.linspace(-1, 1, points), jnp.float32) * half_width
    x, y = jnp.meshgrid(line, line)
    starts = _cells(*ray_shooting(x, y, scene), beta_x, beta_y, 2 * most)
    spacing = line[1] - line[0]
    at = (
        (starts % (points - 1)) * spacing + line[0] + spacing / 2,
        (starts // (points - 1)) * spacing + line[0] + spacing / 2,
    )

    def step(_, at):
        (a, b, c), (dx, dy) = _inverse(*at, scene), _residual(*at, scene, beta_x, beta_y)
        move_x, move_y = a * dx + b * dy, b * dx + c * dy
        shorter = jnp.minimum(1, 2 * spacing / (jnp.hypot(move_x, move_y) + 1e-12))
        return at[0] + shorter * move_x, at[1] + shorter * move_y

    x, y = jax.lax.fori_loop(0, _NEWTON_STEPS, step, at)
    dx, dy = _residual(x, y, scene, beta_x, beta_y)
    inside = (jnp.abs(x) < half_width) & (jnp.abs(y) < half_width)
    a, b, c = _inverse(x, y, scene)
    magnification = a * c - b * b
    found = (starts >= 0) & inside & (jnp.hypot(dx, dy) < _RESIDUAL) & (jnp.abs(magnification) > FAINTEST)
    near = jnp.hypot(x[:, None] - x, y[:, None] - y) < 0.05 * spacing
    repeated = jnp.any(jnp.tril(near & found[None, :], -1), axis=1)
    fermat = ((x - beta_x) ** 2 + (y - beta_y) ** 2) / 2 - potential(x, y, scene)
    kept = found & ~repeated
    order = jnp.argsort(jnp.where(kept, fermat, jnp.inf))[:most]
    images = {"x": x, "y": y, "magnification": magnification, "fermat": fermat}
    return {name: jnp.where(kept, values, jnp.nan)[order] for name, values in images.items()}


def over_slots(add: Callable, total, table, strength: Array):
    """``add(total, one slot)`` for every slot up to the last whose `strength` is not zero: the others cost nothing."""
    used = jnp.max(jnp.where(strength != 0, jnp.arange(1, strength.shape[0] + 1), 0))
    return jax.lax.fori_loop(0, used, lambda i, total: add(total, jax.tree.map(lambda values: values[i], table)), total)


def _sum(name: str, total: tuple, x: Array, y: Array, scene: Scene) -> tuple:
    for module, table, strength in ((epl, scene.epl, "theta_E"), (nfw, scene.nfw, "alpha_Rs")):
        if table is not None:
            function = getattr(module, name)
            total = over_slots(
                lambda total, one, function=function: _plus(total, function(x, y, **one)), total, table, table[strength]
            )
    return total if scene.shear is None else _plus(total, getattr(shear, name)(x, y, **scene.shear))


def _plus(total: tuple, more) -> tuple:
    return tuple(a + b for a, b in zip(total, more if isinstance(more, tuple) else (more,)))


def _residual(x, y, scene, beta_x, beta_y) -> tuple[Array, Array]:
    source_x, source_y = ray_shooting(x, y, scene)
    return beta_x - source_x, beta_y - source_y


def _inverse(x, y, scene) -> tuple[Array, Array, Array]:
    """Inverse of the Jacobian of the lens equation: the magnification tensor (xx, xy, yy)."""
    xx, xy, yy = hessian(x, y, scene)
    determinant = (1 - xx) * (1 - yy) - xy * xy
    determinant = jnp.where(jnp.abs(determinant) > 1e-9, determinant, 1e-9)
    return (1 - yy) / determinant, xy / determinant, (1 - xx) / determinant


def _cells(source_x, source_y, beta_x, beta_y, most: int) -> Array:
    """Flat numbers ``[most]`` of the cells whose triangles hold the source, -1 beyond the last."""
    away_x, away_y = source_x - beta_x, source_y - beta_y
    near, right = (slice(None, -1), slice(None, -1)), (slice(None, -1), slice(1, None))
    up, far = (slice(1, None), slice(None, -1)), (slice(1, None), slice(1, None))

    def cross(a, b):
        return away_x[a] * away_y[b] - away_x[b] * away_y[a]

    def same_sign(a, b, c):
        return ((a >= 0) & (b >= 0) & (c >= 0)) | ((a <= 0) & (b <= 0) & (c <= 0))

    diagonal = cross(right, up)
    lower = same_sign(cross(near, right), diagonal, cross(up, near))
    upper = same_sign(cross(right, far), cross(far, up), -diagonal)
    return jnp.nonzero((lower | upper).ravel(), size=most, fill_value=-1)[0]
