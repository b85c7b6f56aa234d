"""The image of one sample under JAX, float32: SIE, shear and point masses bend the light of a Sersic source."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.physics.imaging import bin_pixels, pixel_grid
from lensmith.physics.light import sersic
from lensmith.physics.mass import point_mass, shear, sie
from lensmith.simulate.expose import add_survey_noise, poisson
from lensmith.simulate.substructure.instruments import Instrument
from lensmith.simulate.substructure.scenes import Sky
from lensmith.types import Array

NoiseModel = Literal["photon", "photon-twice", "none"]
"""``photon``: photon noise and background; ``photon-twice``: as published for Model I; ``none``: for II and III."""

_TOGETHER = 5
"""Point masses whose deflections are summed in one pass over the pixels."""


def slots_for(masses: int) -> int:
    """Slots for up to `masses` point masses: a multiple of what is summed in one pass."""
    return -(-masses // _TOGETHER) * _TOGETHER


@lru_cache(maxsize=16)
def image_function(instrument: Instrument, supersampling: int, noise: NoiseModel) -> Callable[[Sky], dict[str, Array]]:
    """The function from one `Sky` to ``{"image": [y, x], "clean": [y, x]}``, with and without noise.

    The same object for the same arguments, so that what is compiled is kept.
    """
    x, y = pixel_grid((instrument.side, instrument.side), instrument.pixel_scale, supersampling)
    x, y = x.astype(np.float32), y.astype(np.float32)
    area, kernel = np.float32(instrument.pixel_scale**2), instrument.kernel()

    def draw(sky: Sky) -> dict[str, Array]:
        at = ray_shooting(jnp.asarray(x), jnp.asarray(y), sky)
        brightness = bin_pixels(sersic.surface_brightness(*at, **sky.source), supersampling)
        clean = blur(brightness * area, kernel)
        return {"image": _noisy(sky, clean, instrument.background_rms, noise), "clean": clean}

    return draw


def ray_shooting(x: Array, y: Array, sky: Sky) -> tuple[Array, Array]:
    """Where rays seen at (x, y) [arcsec] come from."""
    smooth, tide = sie.deflection(x, y, **sky.lens), shear.deflection(x, y, **sky.shear)
    alpha = smooth[0] + tide[0], smooth[1] + tide[1]

    def add(group, alpha):
        # Unused slots of the last group have theta_E = 0.
        for i in range(_TOGETHER):
            one = {name: values[group * _TOGETHER + i] for name, values in sky.masses.items()}
            bend = point_mass.deflection(x, y, **one)
            alpha = alpha[0] + bend[0], alpha[1] + bend[1]
        return alpha

    groups = (sky.used + (_TOGETHER - 1)) // _TOGETHER
    alpha = jax.lax.fori_loop(0, groups, add, alpha)
    return x - alpha[0], y - alpha[1]


def blur(image: Array, kernel: np.ndarray) -> Array:
    """`image` ``[y, x]`` with the 1-D `kernel` along both axes; beyond the edges it goes on as at the edge."""
    matrix = _blur_matrix(image.shape[0], kernel)
    return matrix @ image @ matrix.T


def _blur_matrix(side: int, kernel: np.ndarray) -> np.ndarray:
    """A matrix product is several times faster than a Fourier transform at these sizes."""
    reach = len(kernel) // 2
    matrix = np.zeros((side, side))
    for tap, share in enumerate(kernel):
        np.add.at(matrix, (np.arange(side), np.clip(np.arange(side) + tap - reach, 0, side - 1)), share)
    return matrix.astype(np.float32)


def _noisy(sky: Sky, clean: Array, background_rms: float, noise: NoiseModel) -> Array:
    key = jax.random.wrap_key_data(sky.key, impl="threefry2x32")
    if noise == "none":
        return clean
    if noise == "photon":
        rms = jnp.full(1, background_rms, jnp.float32)
        return add_survey_noise(key, clean[None], rms, sky.exposure[None])[0]
    return published_noise(key, clean, background_rms, sky.exposure)


def published_noise(key: Array, clean: Array, background_rms: float, exposure: Array) -> Array:
    """Noise of the published Model I: photon noise as a Gaussian, background, and a Poisson draw of the sum.

    The Poisson draw clips what is negative, so that the mean is not `clean` where there is little light. The image
    holds whole counts over the exposure.
    """
    for_light, for_background, for_counts = jax.random.split(key, 3)
    light = jnp.sqrt(jnp.maximum(clean, 0) / exposure) * jax.random.normal(for_light, clean.shape, jnp.float32)
    background = jnp.float32(background_rms) * jax.random.normal(for_background, clean.shape, jnp.float32)
    counts = poisson(for_counts, jnp.maximum(clean + light + background, 0) * exposure)
    return jnp.round(counts) / exposure
