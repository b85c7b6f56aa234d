"""From scenes to noise-free images, under JAX in float32.

One compiled function draws a chunk of samples, one after the other and always as many: a sample's pixels do not
depend on what else was asked for. Brightness is averaged over a pixel's sub-pixels, then convolved with the PSF.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.physics.imaging import convolve_transformed, kernel_transform, pixel_grid
from lensmith.physics.light import sersic
from lensmith.simulate import drawn_light
from lensmith.simulate.lens_scene import Parameters, Scene
from lensmith.simulate.scene_mass import over_slots, ray_shooting
from lensmith.types import Array, FloatArray

COMPONENTS = ("lens", "source", "other", "points")
"""The images that a scene is drawn as; their sum is the sky."""

CHUNK = 16
"""Samples drawn by one call of a compiled function."""


class Camera(NamedTuple):
    """The grid of an image: pixels a side, arcsec a pixel, sub-pixels along the side of a pixel.

    `point_taps` is how a point between pixels is shared among them before the PSF: 2 is linear, as in lenstronomy; 6
    (Lanczos) keeps the PSF's width, which linear sharing broadens.
    """

    side: int
    pixel_scale: float
    supersampling: int = 2
    point_taps: int = 6


def render_components(
    scenes: Scene, camera: Camera, psf: FloatArray, library: FloatArray | None = None
) -> dict[str, FloatArray]:
    """Noise-free images of many scenes, PSF-convolved: ``[sample, band, y, x]`` float32 for each of `COMPONENTS`.

    Beside them ``lensed_flux`` ``[sample, band]``, the flux of the lensed source on the grid before the PSF. `psf` is
    ``[sample, band, k, k]`` or, the same for all, ``[band, k, k]``; `library` ``[picture, y, x]`` holds the pictures
    that stamps refer to.
    """
    n = len(jax.tree.leaves(scenes)[0])
    psf = np.broadcast_to(np.asarray(psf, np.float32), (n, *np.shape(psf)[-3:]))
    return map_samples(_drawing(camera), (scenes, psf), library)


def map_samples(function: Callable, arguments, *shared, chunk: int = CHUNK):
    """``function(one sample of arguments, *shared)`` for every sample, in compiled chunks of a fixed size.

    `arguments` is a pytree of arrays ``[sample, ...]``; the last chunk is filled up with its last sample. Results are
    NumPy arrays. `function` must be the same object in every call: what is compiled is kept by it.
    """
    n = len(jax.tree.leaves(arguments)[0])
    parts = []
    for start in range(0, n, chunk):
        at = np.minimum(np.arange(start, start + chunk), n - 1)
        part = jax.tree.map(lambda array: np.asarray(array)[at], arguments)  # noqa: B023
        kept = min(chunk, n - start)
        parts.append(jax.tree.map(lambda array: np.asarray(array)[:kept], _mapped(function)(part, *shared)))  # noqa: B023
    return jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts)


@lru_cache(maxsize=64)
def _mapped(function: Callable) -> Callable:
    return jax.jit(lambda part, *shared: jax.lax.map(lambda one: function(one, *shared), part))


@lru_cache(maxsize=64)
def _drawing(camera: Camera) -> Callable:
    return lambda one, library=None: component_images(one[0], camera, one[1], library)


def component_images(scene: Scene, camera: Camera, psf: Array, library: Array | None = None) -> dict[str, Array]:
    """`render_components` for one scene, in JAX: for use inside other compiled functions."""
    bands = psf.shape[0]
    light, lensed_flux = sky_components(scene, camera, bands, library)
    drawn = [name for name in COMPONENTS if light[name] is not None]
    images = convolve_bands(jnp.stack([light[name] for name in drawn]), psf)
    blank = jnp.zeros(images.shape[1:], jnp.float32)
    return dict.fromkeys(COMPONENTS, blank) | dict(zip(drawn, images)) | {"lensed_flux": lensed_flux}


def sky_components(scene: Scene, camera: Camera, bands: int, library: Array | None = None) -> tuple[dict, Array]:
    """The components before the PSF, ``[band, y, x]`` each, and the flux of the lensed source ``[band]``.

    A component that the scene has no slots for is None.
    """
    x, y = _grid(camera)
    draw = partial(_add_light, camera=camera, bands=bands)
    lens = draw(None, sersic_of_unit_flux, x, y, scene.light, scene.light_flux)
    lens = draw(lens, _picture(library), x, y, scene.light_stamps, scene.light_stamp_flux)
    other = draw(None, sersic_of_unit_flux, x, y, scene.other, scene.other_flux)
    other = draw(other, drawn_light.spiral, x, y, scene.spirals, scene.spiral_flux)
    other = draw(other, drawn_light.ring, x, y, scene.rings, scene.ring_flux)
    other = draw(other, drawn_light.trail, x, y, scene.trails, scene.trail_flux)
    behind = ray_shooting(x, y, scene)
    source = draw(None, sersic_of_unit_flux, *behind, scene.source, scene.source_flux)
    source = draw(source, _picture(library), *behind, scene.source_stamps, scene.source_stamp_flux)
    points = None if scene.points is None else point_light(scene.points, scene.point_flux, camera)
    lensed_flux = jnp.zeros(bands, jnp.float32) if source is None else source.sum((-2, -1))
    return dict(zip(COMPONENTS, (lens, source, other, points))), lensed_flux


def sersic_of_unit_flux(x: Array, y: Array, **parameters: Array) -> Array:
    """Surface brightness [per square arcsec] of Sersic light whose total flux is 1."""
    return sersic.surface_brightness(x, y, 1 / sersic.total_flux(1.0, **parameters), **parameters)


def point_light(points: Parameters, flux: Array, camera: Camera) -> Array:
    """Point sources shared among pixels, before the PSF: ``[band, y, x]``; `flux` is ``[point, band]``."""
    at = jnp.arange(camera.side, dtype=jnp.float32) - (camera.side - 1) / 2
    columns, rows = (_shares(at - points[name][:, None] / camera.pixel_scale, camera.point_taps) for name in ("x", "y"))
    return jnp.einsum("kb,ky,kx->byx", flux, rows, columns)


def convolve_bands(images: Array, psf: Array) -> Array:
    """`images` ``[..., band, y, x]`` convolved with `psf` ``[band, k, k]``."""
    shape = images.shape[-2:]

    def one(image, kernel):
        return convolve_transformed(image, kernel_transform(kernel, shape), kernel.shape)

    return jax.vmap(one, in_axes=(-3, 0), out_axes=-3)(images, psf)


def _grid(camera: Camera) -> tuple[Array, Array]:
    """Coordinates of the sub-pixels, ``[sub-pixel, y, x]``: so laid out, averaging them keeps vector instructions."""
    fine = camera.supersampling
    grids = pixel_grid((camera.side, camera.side), camera.pixel_scale, fine)
    shape = (camera.side, fine, camera.side, fine)
    parts = (grid.reshape(shape).transpose(1, 3, 0, 2).reshape(fine**2, camera.side, camera.side) for grid in grids)
    return tuple(jnp.asarray(part, jnp.float32) for part in parts)


def _add_light(total, profile, x, y, table, flux, *, camera, bands):
    """`total` ``[band, y, x]`` with every slot of `table` added; `profile` gives a unit flux's surface brightness."""
    if table is None:
        return total
    if total is None:
        total = jnp.zeros((bands, camera.side, camera.side), jnp.float32)

    def add(total, one):
        parameters, flux = one
        brightness = profile(x, y, **parameters).mean(0) * np.float32(camera.pixel_scale**2)
        return total + flux[:, None, None] * brightness

    return over_slots(add, total, (table, flux), jnp.abs(flux).max(-1))


def _shares(distance: Array, taps: int) -> Array:
    """Share of each pixel, ``[point, pixel]``, by its distance [pixel] from the point; they sum to 1 on a wide grid."""
    if taps == 2:
        return jnp.maximum(1 - jnp.abs(distance), 0)
    half = taps // 2
    fraction = (-distance[:, :1]) % 1
    near = jnp.arange(-half, half + 2) - fraction
    return _lanczos(distance, half) / _lanczos(near, half).sum(-1, keepdims=True)


def _lanczos(distance: Array, half: int) -> Array:
    return jnp.where(jnp.abs(distance) < half, jnp.sinc(distance) * jnp.sinc(distance / half), 0)


def _picture(library: Array | None) -> Callable:
    def picture(x, y, *, index, **place):
        return drawn_light.stamp(x, y, library[index.astype(jnp.int32)], **place)

    return picture
