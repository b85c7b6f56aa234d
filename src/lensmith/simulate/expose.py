"""What a detector makes of a noise-free image: photon noise of the light, sky and read-out noise, under JAX."""

import jax
import jax.numpy as jnp

_FEW = 6.0
"""Mean electrons below which the Poisson law is followed count by count."""
_MOST = 26
"""Counts followed: a mean of `_FEW` exceeds them once in 1e9 draws."""


def add_survey_noise(key: jax.Array, images: jax.Array, background_rms, electrons_per_unit) -> jax.Array:
    """One noisy draw of noise-free `images` ``[band, y, x]``, float32, in their unit.

    The light is counted in electrons (`electrons_per_unit` ``[band]``) under the Poisson law; sky and read-out add a
    Gaussian of `background_rms` ``[band]``, in the images' unit. Negative pixels have no photon noise.

    The draw belongs to `key` alone, but its last bits to the shape of the compiled program: map it over samples in
    chunks of one fixed size.
    """
    images = jnp.asarray(images, jnp.float32)
    rms = jnp.asarray(background_rms, jnp.float32)[:, None, None]
    electrons = jnp.asarray(electrons_per_unit, jnp.float32)[:, None, None]
    for_light, for_background = jax.random.split(key)
    mean = jnp.maximum(images, 0) * electrons
    # Only the departure from the mean is divided again, so that bright pixels keep their digits.
    photon = (poisson(for_light, mean) - mean) / electrons
    return images + photon + rms * jax.random.normal(for_background, images.shape, jnp.float32)


def poisson(key: jax.Array, mean: jax.Array) -> jax.Array:
    """A Poisson draw of each `mean`, float32: exact counts where few are expected, their continuous limit above.

    Few: the count whose cumulative probability holds a uniform number. Many: the Cornish-Fisher expansion
    ``mean + sqrt(mean) z + (z^2 - 1)/6 + (z - z^3)/(72 sqrt(mean))`` of a normal z, which has the Poisson law's mean,
    variance (within 1e-4) and skewness (Abramowitz & Stegun 1964, 26.2.49).
    """
    uniform = jax.random.uniform(key, mean.shape, jnp.float32, minval=2.0**-24)
    few = jnp.minimum(mean, _FEW)
    probability = cumulative = jnp.exp(-few)
    counted = jnp.zeros_like(mean)
    for k in range(1, _MOST + 1):
        counted = counted + (uniform >= cumulative)
        probability = probability * few / k
        cumulative = cumulative + probability
    # The same uniform number, so that a draw grows with its mean across the change of formula.
    z = jnp.sqrt(2.0) * jax.lax.erf_inv(2 * uniform - 1)
    root = jnp.sqrt(jnp.maximum(mean, _FEW))
    many = root**2 + root * z + (z**2 - 1) / 6 + (z - z**3) / (72 * root)
    return jnp.where(mean < _FEW, counted, jnp.maximum(many, 0))
