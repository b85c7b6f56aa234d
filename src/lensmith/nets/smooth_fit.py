"""Levenberg-Marquardt fits of a smooth lens to many images, each from its own starting point, under JAX in float32.

Levenberg (1944), Marquardt (1963). The likelihood is in noise units; the weights come from the variance of the model,
not of the noisy data, which would bias the fit. On a CPU images are fitted one after another (what is needed stays in
the processor's cache: several times faster than all at once), on an accelerator together.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.nets.linear_response import linear_response
from lensmith.nets.settings import Settings
from lensmith.nets.smooth_lens import (
    PRIOR_MEAN,
    PRIOR_SIGMA,
    Detector,
    Noise,
    flux,
    mean_and_variance,
    mean_slope,
    slopes,
)
from lensmith.nets.subhalo_evidence import Subhaloes, subhalo_evidence
from lensmith.nets.vortex_scan import Vortex, vortex_gains
from lensmith.physics.imaging import bin_pixels

_CHUNK = 32
"""Images fitted by one call; fewer are padded, so that it is compiled once."""
_LARGEST_STEP = 1.5
"""In units of the prior's width."""
_BIN, _FINE_STEPS = 2, 2
_FIRST_DAMPING = {_BIN: 0.03, 1: 0.001}
"""For cells of so many pixels: on single pixels the fit starts near its end, where damping only delays."""
_USES = 2
"""Moves with the same derivatives, which cost five times what a move costs (Shamanskii 1967, Ukr. Math. J. 19, 118)."""


class Substructure(Settings):
    """What is tried after the fit of the smooth lens."""

    vortex: Vortex = Vortex()
    subhaloes: Subhaloes = Subhaloes()


class SmoothFits(NamedTuple):
    """Fits of images, float32: parameters ``[sample, 14]``, model and (data - model)/sigma ``[sample, y, x]``,
    chi-square a pixel ``[sample]``, what vortices would gain ``[sample, length, direction]``, and the evidence of
    subhaloes ``[sample, spread]``.
    """

    parameters: np.ndarray
    model: np.ndarray
    residual: np.ndarray
    chi2: np.ndarray
    gains: np.ndarray
    subhaloes: np.ndarray


def fit_smooth_lenses(
    images, start, background_rms, exposure, detector: Detector, free: tuple[int, ...], steps: int, tried: Substructure
) -> SmoothFits:
    """Fit a smooth lens to each of `images` ``[sample, y, x]`` [flux], from `start` ``[sample, 14]``.

    `background_rms` [flux] and `exposure` [electrons for one unit of flux] are ``[sample]``; `free` are the places of
    the parameters that are fitted, `steps` the Levenberg-Marquardt steps, `tried` the substructure that is tried then.
    """
    given = [np.asarray(values, np.float32) for values in (images, start, background_rms, exposure)]
    n = len(given[0])
    chunks = [[_padded(values[k : k + _CHUNK]) for values in given] for k in range(0, n, _CHUNK)]
    work = partial(_fit_chunk, detector=detector, free=tuple(free), steps=steps, tried=tried)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Compiled code leaves Python's lock: two threads fit twice as many images on two cores.
    with ThreadPoolExecutor(min(cores, max(len(chunks), 1))) as pool:
        parts = list(pool.map(lambda chunk: [np.asarray(part) for part in work(*chunk)], chunks))
    return SmoothFits(*(np.concatenate(values)[:n] for values in zip(*parts)))


def _padded(values: np.ndarray) -> np.ndarray:
    missing = _CHUNK - len(values)
    return np.concatenate([values, np.repeat(values[-1:], missing, 0)]) if missing else values


@partial(jax.jit, static_argnames=("detector", "free", "steps", "tried"))
def _fit_chunk(images, start, background_rms, exposure, *, detector: Detector, free, steps: int, tried: Substructure):
    side, scale = images.shape[-1], detector.pixel_scale

    def one(values):
        image, first, rms, electrons = values
        noise = Noise(rms, electrons)
        fitted = _fit_one(image, first, noise, detector, free, steps)
        response = linear_response(image - fitted[1], fitted[0], noise, detector, free)
        return fitted, response, subhalo_evidence(response, side, scale, tried.subhaloes)

    together = (images, start, background_rms, exposure)
    fitted, responses, subhaloes = (
        jax.lax.map(one, together) if jax.default_backend() == "cpu" else jax.vmap(one)(together)
    )
    # All images meet the same matrices here: one product of a whole chunk.
    gains = jax.vmap(lambda response: vortex_gains(response, side, scale, tried.vortex))(responses)
    return *fitted, gains, subhaloes


def _fit_one(image, start, noise: Noise, detector: Detector, free: tuple[int, ...], steps: int):
    """The best parameters of one image, its model, residual and chi-square a pixel."""
    # The way there on cells of several pixels, a quarter of the time a step; the last steps on the pixels themselves.
    best, fine = start, min(steps, _FINE_STEPS)
    for binning, n in ((_BIN, steps - fine), (1, fine)):
        step = _step(bin_pixels(image, binning), noise, detector, binning, np.array(free))
        best, _ = jax.lax.fori_loop(0, n, step, (best, jnp.float32(_FIRST_DAMPING[binning])))
    mean, variance = mean_and_variance(flux(best, detector, image.shape[-1]), noise, detector)
    normalised = (image - mean) * jax.lax.rsqrt(variance)
    return best, mean, normalised, jnp.mean(normalised**2)


def _step(image, noise: Noise, detector: Detector, binning: int, places: np.ndarray):
    """The step of (parameters, damping) towards `image`, means of cells of `binning` pixels squared."""
    side = image.shape[-1] * binning
    prior_mean, prior_weight = jnp.asarray(PRIOR_MEAN[places]), jnp.asarray(1 / PRIOR_SIGMA[places] ** 2)
    limit = jnp.asarray(_LARGEST_STEP * PRIOR_SIGMA[places])
    light = lambda parameters: flux(parameters, detector, side, binning)

    def cost(residual, parameters):
        return jnp.sum(residual**2) + jnp.sum(prior_weight * (parameters[places] - prior_mean) ** 2)

    def step(_, state):
        parameters, damping = state
        now, by_parameter = slopes(light, parameters, places)
        mean, variance = mean_and_variance(now, noise, detector)
        weight = binning * jax.lax.rsqrt(variance)
        rows = (by_parameter * (-weight * mean_slope(now, noise, detector))).reshape(len(places), -1)
        matrix = rows @ rows.T + jnp.diag(prior_weight)
        damped = matrix + jnp.diag(damping * jnp.diag(matrix) + 1e-6)
        residual = (image - mean) * weight
        for _ in range(_USES):
            vector = rows @ residual.ravel() + prior_weight * (parameters[places] - prior_mean)
            trial = parameters.at[places].add(jnp.clip(-jnp.linalg.solve(damped, vector), -limit, limit))
            moved = (image - mean_and_variance(light(trial), noise, detector)[0]) * weight
            after = cost(moved, trial)
            better = (after < cost(residual, parameters)) & jnp.isfinite(after)
            parameters, residual = jnp.where(better, trial, parameters), jnp.where(better, moved, residual)
            damping = jnp.where(better, damping * 0.2, damping * 6)
        return parameters, damping

    return step
