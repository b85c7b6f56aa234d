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
from lensmith.nets.smooth_lens import PRIOR_MEAN, PRIOR_SIGMA, Detector, Noise, flux, mean_and_variance
from lensmith.nets.subhalo_evidence import Subhaloes, subhalo_evidence
from lensmith.nets.vortex_scan import Vortex, vortex_gains
from lensmith.physics.imaging import bin_pixels

_CHUNK = 32
"""Images fitted by one call; fewer are padded, so that it is compiled once."""
_LARGEST_STEP = 1.5
"""In units of the prior's width."""
_FIRST_DAMPING = 0.03
_BIN, _FINE_STEPS = 2, 2


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
        best, mean, normalised, chi2 = _fit_one(image, first, noise, detector, free, steps)
        response = linear_response(image - mean, best, noise, detector, free)
        gains = vortex_gains(response, side, scale, tried.vortex)
        return best, mean, normalised, chi2, gains, subhalo_evidence(response, side, scale, tried.subhaloes)

    together = (images, start, background_rms, exposure)
    return jax.lax.map(one, together) if jax.default_backend() == "cpu" else jax.vmap(one)(together)


def _fit_one(image, start, noise: Noise, detector: Detector, free: tuple[int, ...], steps: int):
    """The best parameters of one image, its model, residual and chi-square a pixel."""
    side, places = image.shape[-1], np.array(free)
    complete = lambda values: start.at[places].set(values)

    def predict(values, binning=1):
        mean, variance = mean_and_variance(flux(complete(values), detector, side, binning), noise, detector)
        return mean, variance / binning**2

    # The way there on cells of several pixels, a quarter of the time a step; the last steps on the pixels themselves.
    state = start[places], jnp.float32(_FIRST_DAMPING)
    fine = min(steps, _FINE_STEPS)
    for binning, n in ((_BIN, steps - fine), (1, fine)):
        step = _step(bin_pixels(image, binning), partial(predict, binning=binning), places)
        values, _ = jax.lax.fori_loop(0, n, step, state)
        state = values, jnp.float32(_FIRST_DAMPING)
    mean, variance = predict(values)
    normalised = (image - mean) * jax.lax.rsqrt(variance)
    return complete(values), mean, normalised, jnp.mean(normalised**2)


def _step(image, predict, places: np.ndarray):
    """The step of (values, damping) towards `image`; ``predict(values)`` gives mean and variance."""
    prior_mean, prior_weight = jnp.asarray(PRIOR_MEAN[places]), jnp.asarray(1 / PRIOR_SIGMA[places] ** 2)
    limit = jnp.asarray(_LARGEST_STEP * PRIOR_SIGMA[places])
    penalty = lambda values: jnp.sum(prior_weight * (values - prior_mean) ** 2)

    def step(_, state):
        values, damping = state
        weight = jax.lax.rsqrt(predict(values)[1])
        residual = lambda trial: ((image - predict(trial)[0]) * weight).ravel()
        now, push = jax.linearize(residual, values)
        rows = jax.vmap(push)(jnp.eye(len(places), dtype=jnp.float32))
        matrix = rows @ rows.T + jnp.diag(prior_weight)
        vector = rows @ now + prior_weight * (values - prior_mean)
        damped = matrix + jnp.diag(damping * jnp.diag(matrix) + 1e-6)
        move = jnp.clip(-jnp.linalg.solve(damped, vector), -limit, limit)
        before = jnp.sum(now**2) + penalty(values)
        after = jnp.sum(residual(values + move) ** 2) + penalty(values + move)
        better = (after < before) & jnp.isfinite(after)
        return jnp.where(better, values + move, values), jnp.where(better, damping * 0.2, damping * 6)

    return step
