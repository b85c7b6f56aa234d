"""Likelihood of a sky's ellipticities: what haloes add to Gaussian intrinsic shapes of unknown scatter.

``e = e_intrinsic + sum of the haloes' reduced shears``, each component of e_intrinsic normal with variance s^2/weight.
s^2 is integrated over an inverse-gamma prior, which leaves a Student form: with chi2 = sum w |e - g|^2 over n galaxies,
ln L = -(a + n) ln(1 + chi2 / 2b) up to a constant (Gelman et al. 2013, Bayesian Data Analysis, sect. 3.2).
"""

from typing import NamedTuple

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.priors import HaloPrior

PADDING = 256
"""Galaxies are padded to multiples of this, so that few shapes are compiled."""


class Sky(NamedTuple):
    """A sky ready for JAX: float32 ``[galaxy]`` padded with zero weight, lengths in fractions of the longer side.

    `box` is (width, height) of the field, whose corner is (0, 0); `noise` holds (a, b) of the scatter's inverse-gamma
    prior and n, the number of galaxies.
    """

    x: np.ndarray
    y: np.ndarray
    e1: np.ndarray
    e2: np.ndarray
    weight: np.ndarray
    box: np.ndarray
    noise: np.ndarray


def prepare_sky(field: GalaxyField, prior: HaloPrior) -> Sky:
    """`field` in the sampler's units; weights are scaled to a mean of 1."""
    n = len(field)
    size = -(-n // PADDING) * PADDING
    left, right, bottom, top = field.extent
    columns = {
        "x": (field.x - left) / field.side,
        "y": (field.y - bottom) / field.side,
        "e1": field.e1,
        "e2": field.e2,
        "weight": field.weight / field.weight.mean(),
    }
    padded = {name: np.zeros(size, np.float32) for name in columns}
    for name, values in columns.items():
        padded[name][:n] = values
    padded["x"][n:] = padded["y"][n:] = -10.0
    box = np.array([right - left, top - bottom], np.float32) / np.float32(field.side)
    strength = prior.shape_noise_strength
    return Sky(**padded, box=box, noise=np.array([strength, strength * prior.shape_noise**2, n], np.float32))


def log_likelihood(sky: Sky, residual1, residual2):
    """ln L of ellipticity residuals ``[..., galaxy]``, under JAX or NumPy, relative to residuals of 0."""
    import jax.numpy as jnp

    chi2 = jnp.sum(sky.weight * (residual1 * residual1 + residual2 * residual2), axis=-1)
    return -(sky.noise[0] + sky.noise[2]) * jnp.log1p(chi2 / (2 * sky.noise[1]))


def no_halo(sky: Sky) -> float:
    """ln L without any halo."""
    return float(log_likelihood(sky, sky.e1, sky.e2))
