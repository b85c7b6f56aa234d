"""One Levenberg-Marquardt step of the fit of a noisy image, under JAX in float32 (Levenberg 1944, Marquardt 1963)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.nets.smooth_lens import PRIOR_MEAN, PRIOR_SIGMA, Detector, Noise, mean_and_variance, mean_slope, slopes
from lensmith.types import Array

FIRST_DAMPING = {2: 0.03, 1: 0.001}
"""For cells of so many pixels: on single pixels the fit starts near its end, where damping only delays."""
_USES = 2
"""Moves with the same derivatives, which cost five times what a move costs (Shamanskii 1967, Ukr. Math. J. 19, 118)."""
_LARGEST_STEP = 1.5
"""In units of the prior's width."""


class Prior(NamedTuple):
    """Gaussian, of all parameters, and the longest step of each: numpy, ``[parameter]``."""

    mean: np.ndarray = PRIOR_MEAN
    sigma: np.ndarray = PRIOR_SIGMA
    limit: np.ndarray = np.float32(_LARGEST_STEP) * PRIOR_SIGMA


def penalty(parameters: Array, free: Sequence[int], prior: Prior) -> Array:
    """Minus twice the logarithm of the prior of the parameters at the places `free`, but for a constant."""
    places = np.array(free)
    return jnp.sum(((parameters[places] - prior.mean[places]) / prior.sigma[places]) ** 2)


def fit_step(
    image: Array,
    light: Callable[[Sequence[Array]], Array],
    noise: Noise,
    detector: Detector,
    binning: int,
    free: Sequence[int],
    prior: Prior,
):
    """The step of (parameters, damping) towards `image`, means of cells of `binning` pixels squared.

    ``light(parameters)`` is the mean flux a pixel without noise, the shape of `image`. The likelihood is in noise
    units; the weights come from the variance of the model, not of the noisy data, which would bias the fit.
    """
    places = np.array(free)
    weight_of_prior = jnp.asarray(1 / prior.sigma[places] ** 2)
    mean_of_prior, limit = jnp.asarray(prior.mean[places]), jnp.asarray(prior.limit[places])

    def cost(residual, parameters):
        return jnp.sum(residual**2) + penalty(parameters, free, prior)

    def step(_, state):
        parameters, damping = state
        now, by_parameter = slopes(light, parameters, places)
        mean, variance = mean_and_variance(now, noise, detector)
        weight = binning * jax.lax.rsqrt(variance)
        rows = (by_parameter * (-weight * mean_slope(now, noise, detector))).reshape(len(places), -1)
        matrix = rows @ rows.T + jnp.diag(weight_of_prior)
        damped = matrix + jnp.diag(damping * jnp.diag(matrix) + 1e-6)
        residual = (image - mean) * weight
        for _ in range(_USES):
            vector = rows @ residual.ravel() + weight_of_prior * (parameters[places] - mean_of_prior)
            trial = parameters.at[places].add(jnp.clip(-jnp.linalg.solve(damped, vector), -limit, limit))
            moved = (image - mean_and_variance(light(trial), noise, detector)[0]) * weight
            after = cost(moved, trial)
            better = (after < cost(residual, parameters)) & jnp.isfinite(after)
            parameters, residual = jnp.where(better, trial, parameters), jnp.where(better, moved, residual)
            damping = jnp.where(better, damping * 0.2, damping * 6)
        return parameters, damping

    return step
