"""Every epoch of a sample, and PSF photometry on it: one compiled function in float32.

Galaxies are drawn once a band. The PSF of each epoch and band is a Gaussian, so its convolution is one matrix for the
rows and one for the columns, and point sources are differences of the error function: exact over pixels, anywhere
between them.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lensmith.simulate.lens_scene import Scene
from lensmith.simulate.render import Camera, sky_components
from lensmith.types import Array

SEARCH_RADIUS = 4.0
"""Radius [arcsec] about the cutout's centre in which the transient's position is looked for."""


class Exposures(NamedTuple):
    """One sample (with a leading axis, many) on its way to the detector, float32.

    `scene` without points; `place` ``[point, 2]`` (x, y) in pixels from the cutout's centre and `flux`
    ``[point, epoch, band]`` of the transient's images, `star_place` and `star_flux` ``[star, band]`` of stars (flux 0:
    not there); `sigma` of the PSF [pixel] and background `rms` ``[epoch, band]``; `exposure` ``[band]`` [s];
    `reference` is the number of visits in the reference image; `key` the raw random key.
    """

    scene: Scene
    place: Array
    flux: Array
    star_place: Array
    star_flux: Array
    sigma: Array
    rms: Array
    exposure: Array
    reference: Array
    key: Array


@lru_cache(maxsize=16)
def observing(camera: Camera, early: tuple[int, ...] = ()):
    """The function from one sample's `Exposures` to its data, the same object for the same camera.

    It returns ``epochs`` ``[epoch, band, y, x]`` (sky-subtracted, e-/s), ``flux`` and ``flux_error`` ``[epoch, band]``,
    and the position ``[2]`` (x, y) [arcsec] where that photometry was done. With `early` also ``flux_after`` and
    ``flux_error_after`` ``[early, epoch, band]``, as measured when only so many epochs were there: at the position that
    they show; 0 in the epochs to come.
    """
    return lambda exposures: _observe(exposures, camera, early)


def _observe(one: Exposures, camera: Camera, early: tuple[int, ...]) -> dict[str, Array]:
    still, changing = noise_free(one, camera)
    clean = still + changing
    of_noise, of_reference = jax.random.split(jax.random.wrap_key_data(one.key, impl="threefry2x32"))
    exposure = one.exposure[:, None, None]
    rms = one.rms[:, :, None, None]
    # Sky and object together are hundreds of electrons or more a pixel: their Poisson law is a Gaussian.
    variance = rms**2 + jnp.maximum(clean, 0) / exposure
    epochs = clean + jnp.sqrt(variance) * jax.random.normal(of_noise, clean.shape, jnp.float32)
    reference_noise = jnp.sqrt(variance.mean(0) / one.reference)
    reference = still + reference_noise * jax.random.normal(of_reference, reference_noise.shape, jnp.float32)
    difference_variance = variance + reference_noise**2
    difference = epochs - reference
    everything = jnp.ones(len(epochs), jnp.float32)
    data = {"epochs": epochs} | _photometry(difference, difference_variance, one.sigma, everything, camera)
    if early:
        seen = (jnp.arange(len(epochs)) < jnp.array(early)[:, None]).astype(jnp.float32)
        known = jax.vmap(lambda seen: _photometry(difference, difference_variance, one.sigma, seen, camera))(seen)
        data |= {f"{name}_after": known[name] for name in ("flux", "flux_error")}
    return data


def noise_free(one: Exposures, camera: Camera) -> tuple[Array, Array]:
    """What stands still and the transients, ``[epoch, band, y, x]`` [e-/s] each, through the PSF of each epoch."""
    bands = one.sigma.shape[1]
    light, _ = sky_components(one.scene, camera, bands)
    drawn = [image for image in light.values() if image is not None]
    static = sum(drawn) if drawn else jnp.zeros((bands, camera.side, camera.side), jnp.float32)
    blur = _blur(one.sigma, camera.side)
    still = jnp.einsum("ebyv,bvu->ebyu", blur, static)
    still = jnp.einsum("ebyu,ebxu->ebyx", still, blur)
    star_flux = jnp.broadcast_to(one.star_flux[:, None], (len(one.star_flux), *one.sigma.shape))
    stars = _points(one.star_place, star_flux, one.sigma, camera.side)
    return still + stars, _points(one.place, one.flux, one.sigma, camera.side)


def _points(place: Array, flux: Array, sigma: Array, side: int) -> Array:
    """Light of point sources ``[epoch, band, y, x]`` through the PSF; `flux` is ``[point, epoch, band]``."""
    columns, rows = (_share(place[:, i, None, None], sigma, side) for i in range(2))
    return jnp.einsum("keby,kebx->ebyx", flux[..., None] * rows, columns)


def _photometry(difference: Array, variance: Array, sigma: Array, seen: Array, camera: Camera) -> dict[str, Array]:
    """Where the transient stands out most in all epochs that are `seen` (1, others 0), and its flux there in each."""
    at = jnp.arange(camera.side, dtype=jnp.float32) - (camera.side - 1) / 2
    weight = seen[:, None, None, None] / variance.mean((-2, -1), keepdims=True)
    stack = (difference * weight).sum((0, 1))
    typical = (sigma.mean(-1) * seen).sum() / seen.sum()
    blur = _blur(typical[None, None], camera.side)[0, 0]
    stack = blur @ stack @ blur.T
    near = at[:, None] ** 2 + at**2 < (SEARCH_RADIUS / camera.pixel_scale) ** 2
    row, column = jnp.divmod(jnp.argmax(jnp.where(near, stack, -jnp.inf)), camera.side)
    rows, columns = _share(at[row], sigma, camera.side), _share(at[column], sigma, camera.side)
    square = (rows**2).sum(-1) * (columns**2).sum(-1)
    flux = jnp.einsum("ebyx,eby,ebx->eb", difference, rows, columns) / square
    error = jnp.sqrt(jnp.einsum("ebyx,eby,ebx->eb", variance, rows**2, columns**2)) / square
    flux, error = flux * seen[:, None], error * seen[:, None]
    return {"flux": flux, "flux_error": error, "position": jnp.stack([at[column], at[row]]) * camera.pixel_scale}


def _share(position: Array, sigma: Array, side: int) -> Array:
    """Share of a Gaussian at `position` [pixel] in each of `side` pixels of a line: one more axis, the last."""
    edges = jnp.arange(side + 1, dtype=jnp.float32) - side / 2
    cumulative = jax.scipy.special.erf((edges - position[..., None]) / (math.sqrt(2) * sigma[..., None]))
    return jnp.diff(cumulative, axis=-1) / 2


def _blur(sigma: Array, side: int) -> Array:
    """Matrices ``[..., side, side]`` that convolve a line of pixels with Gaussians of `sigma` [pixel]."""
    shares = _share(jnp.zeros_like(sigma), sigma, 2 * side - 1)
    away = jnp.arange(side)[:, None] - jnp.arange(side) + side - 1
    return shares[..., away]
