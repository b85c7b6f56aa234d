"""Images of a lens with two sources under JAX, float32: rays go through the planes of the lens and nearer source."""

from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.physics.imaging import bin_pixels, pixel_grid
from lensmith.physics.multi_plane import trace_planes
from lensmith.simulate.double_plane.scenes import Sky
from lensmith.simulate.expose import add_survey_noise
from lensmith.simulate.render import Camera, convolve_bands, sersic_of_unit_flux
from lensmith.types import Array

_STARTS = 24
_STEPS = 20
_RESIDUAL = 1e-3
_DIFFERENCE = 1e-3
"""Newton's method for the farthest image: starts around a circle, steps, the residual of an image, and the step of its
differences [arcsec]."""


@lru_cache(maxsize=16)
def image_function(camera: Camera) -> Callable[[dict], dict[str, Array]]:
    """The function from one sample to its images; the same object for the same camera, so that it is compiled once.

    A sample is ``sky`` (`Sky`), ``psf`` ``[band, k, k]``, ``key`` (data), ``background`` ``[band, y, x]`` (a real
    cutout, or 0), ``rms`` and ``electrons`` ``[band]``. Out come ``image`` = ``source`` + ``lens``, all with noise, the
    noise-free ``source_1`` and ``source_2`` ``[band, y, x]``, and by source the ``lensed_flux`` ``[2, band]`` on the
    grid before the PSF and the ``image_distance`` ``[2]`` of its farthest image.
    """
    x, y = pixel_grid((camera.side, camera.side), camera.pixel_scale, camera.supersampling)
    x, y = x.astype(np.float32), y.astype(np.float32)
    area = np.float32(camera.pixel_scale**2)

    def pixels(at: tuple[Array, Array], shape: dict, flux: Array) -> Array:
        return flux[:, None, None] * bin_pixels(sersic_of_unit_flux(*at, **shape), camera.supersampling) * area

    def draw(one: dict) -> dict[str, Array]:
        sky: Sky = one["sky"]
        at_near, at_far = source_positions(jnp.asarray(x), jnp.asarray(y), sky)
        first, second = pixels(at_near, sky.source_1, sky.flux_1), pixels(at_far, sky.source_2, sky.flux_2)
        lens = pixels((jnp.asarray(x), jnp.asarray(y)), sky.lens_light, sky.lens_flux)
        seen = convolve_bands(jnp.stack([first, second, lens]), one["psf"])
        for_source, for_lens = jax.random.split(jax.random.wrap_key_data(one["key"], impl="threefry2x32"))
        arcs = add_survey_noise(for_source, seen[0] + seen[1], jnp.zeros_like(one["rms"]), one["electrons"])
        front = one["background"] + add_survey_noise(for_lens, seen[2], one["rms"], one["electrons"])
        return {
            "image": arcs + front,
            "source": arcs,
            "lens": front,
            "source_1": seen[0],
            "source_2": seen[1],
            "lensed_flux": jnp.stack([first.sum((-2, -1)), second.sum((-2, -1))]),
            "image_distance": farthest_images(sky),
        }

    return draw


def source_positions(x: Array, y: Array, sky: Sky) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Where the ray seen at (x, y) crosses the planes of the nearer and of the farther source [arcsec]."""
    planes = [[("EPL", sky.lens), ("SHEAR", sky.shear)], [("SIE", sky.near)]]
    _, near, far = trace_planes(x, y, planes, [[0.0, sky.scaling, 1.0], [0.0, 0.0, 1.0]])
    return near, far


def farthest_images(sky: Sky) -> Array:
    """Distance [arcsec] from the lens's centre of the farthest image of each source's centre, ``[2]``; 0 for none.

    Newton's method on both planes from all starts at once, steps cut to a third of the Einstein radius, the Jacobian by
    differences.
    """
    beta = tuple(jnp.stack([sky.source_1[name], sky.source_2[name]])[:, None] for name in ("center_x", "center_y"))
    centre, reach = (sky.lens["center_x"], sky.lens["center_y"]), sky.lens["theta_E"]
    angle = jnp.asarray(np.linspace(0, 2 * np.pi, _STARTS, endpoint=False), jnp.float32)
    circle = 1.2 * reach * jnp.stack([jnp.cos(angle), jnp.sin(angle)])[:, None] * jnp.ones((2, 2, 1), jnp.float32)

    def residual(x, y):
        near, far = source_positions(x, y, sky)
        which = jnp.arange(2)[:, None] == 0
        return tuple(jnp.where(which, at[0], at[1]) - middle for at, middle in zip(zip(near, far), beta))

    def step(_, at):
        off = residual(*at)
        (xx, yx), (xy, yy) = (
            tuple((moved - now) / _DIFFERENCE for moved, now in zip(residual(at[0] + dx, at[1] + dy), off))
            for dx, dy in ((_DIFFERENCE, 0), (0, _DIFFERENCE))
        )
        determinant = xx * yy - xy * yx
        determinant = jnp.where(jnp.abs(determinant) > 1e-4, determinant, 1e-4)
        move = (xy * off[1] - yy * off[0]) / determinant, (yx * off[0] - xx * off[1]) / determinant
        shorter = jnp.minimum(1, reach / 3 / (jnp.hypot(*move) + 1e-9))
        return at[0] + shorter * move[0], at[1] + shorter * move[1]

    x, y = jax.lax.fori_loop(0, _STEPS, step, (centre[0] + circle[0], centre[1] + circle[1]))
    found = jnp.hypot(*residual(x, y)) < _RESIDUAL
    return jnp.max(jnp.where(found, jnp.hypot(x - centre[0], y - centre[1]), 0), axis=1)
