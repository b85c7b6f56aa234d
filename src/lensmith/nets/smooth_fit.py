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

from lensmith.nets.fit_step import FIRST_DAMPING, Prior, fit_step
from lensmith.nets.linear_response import linear_response
from lensmith.nets.settings import Settings
from lensmith.nets.smooth_lens import Detector, Noise, flux, mean_and_variance
from lensmith.nets.subhalo_evidence import Subhaloes, subhalo_evidence
from lensmith.nets.vortex_fit import VortexFit, VortexSteps, fit_vortex
from lensmith.nets.vortex_scan import Vortex, vortex_gains
from lensmith.physics.imaging import bin_pixels

_CHUNK = 32
"""Images fitted by one call; fewer are padded, so that it is compiled once."""
_BIN, _FINE_STEPS = 2, 2


class Substructure(Settings):
    """What is tried after the fit of the smooth lens."""

    vortex: Vortex = Vortex()
    subhaloes: Subhaloes = Subhaloes()
    vortex_fit: VortexSteps | None = None


class SmoothFits(NamedTuple):
    """Fits of images, float32: parameters ``[sample, 14]``, model and (data - model)/sigma ``[sample, y, x]``,
    chi-square a pixel ``[sample]``, what vortices would gain ``[sample, length, direction]``, the evidence of
    subhaloes ``[sample, spread]``, and the fit of the best vortex, where asked for, with a leading axis of samples.
    """

    parameters: np.ndarray
    model: np.ndarray
    residual: np.ndarray
    chi2: np.ndarray
    gains: np.ndarray
    subhaloes: np.ndarray
    vortex: VortexFit | None


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
        parts = list(pool.map(lambda chunk: jax.tree.map(np.asarray, work(*chunk)), chunks))
    return jax.tree.map(lambda *values: np.concatenate(values)[:n], *parts)


def _padded(values: np.ndarray) -> np.ndarray:
    missing = _CHUNK - len(values)
    return np.concatenate([values, np.repeat(values[-1:], missing, 0)]) if missing else values


@partial(jax.jit, static_argnames=("detector", "free", "steps", "tried"))
def _fit_chunk(images, start, background_rms, exposure, *, detector: Detector, free, steps: int, tried: Substructure):
    side, scale = images.shape[-1], detector.pixel_scale
    each = jax.lax.map if jax.default_backend() == "cpu" else lambda one, values: jax.vmap(one)(values)

    def one(values):
        image, first, noise = values
        fitted = _fit_one(image, first, noise, detector, free, steps)
        response = linear_response(image - fitted[1], fitted[0], noise, detector, free)
        return fitted, response, subhalo_evidence(response, side, scale, tried.subhaloes)

    noise = Noise(background_rms, exposure)
    fitted, responses, subhaloes = each(one, (images, start, noise))
    # All images meet the same matrices here: one product of a whole chunk.
    gains = jax.vmap(lambda response: vortex_gains(response, side, scale, tried.vortex))(responses)
    if tried.vortex_fit is None:
        return SmoothFits(*fitted, gains, subhaloes, None)

    def bent(values):
        image, smooth, gain, noise = values
        how = tried.vortex, tried.subhaloes, tried.vortex_fit
        return fit_vortex(image, smooth, gain, noise, detector, free, *how)

    return SmoothFits(*fitted, gains, subhaloes, each(bent, (images, fitted[0], gains, noise)))


def _fit_one(image, start, noise: Noise, detector: Detector, free: tuple[int, ...], steps: int):
    """The best parameters of one image, its model, residual and chi-square a pixel."""
    # The way there on cells of several pixels, a quarter of the time a step; the last steps on the pixels themselves.
    best, fine = start, min(steps, _FINE_STEPS)
    for binning, n in ((_BIN, steps - fine), (1, fine)):
        light = partial(flux, detector=detector, side=image.shape[-1], binning=binning)
        step = fit_step(bin_pixels(image, binning), light, noise, detector, binning, free, Prior())
        best, _ = jax.lax.fori_loop(0, n, step, (best, jnp.float32(FIRST_DAMPING[binning])))
    mean, variance = mean_and_variance(flux(best, detector, image.shape[-1]), noise, detector)
    normalised = (image - mean) * jax.lax.rsqrt(variance)
    return best, mean, normalised, jnp.mean(normalised**2)
