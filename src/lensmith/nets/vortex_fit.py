"""The vortex that explains an image best: lens, source and vortex fitted together, and what is left over then.

To first order (`vortex_scan`) a vortex that crosses the ring is hardly told from subhaloes: it bends rays by too much.
Here it is traced as it is. Fits start from several vortices of the scan; the best goes on. What subhaloes left behind
in the residual speaks against the vortex.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from pydantic import Field

from lensmith.nets.fit_step import FIRST_DAMPING, Prior, fit_step, penalty
from lensmith.nets.linear_response import linear_response
from lensmith.nets.settings import Settings
from lensmith.nets.smooth_lens import NAMES, PRIOR_MEAN, PRIOR_SIGMA, Detector, Noise, flux, mean_and_variance
from lensmith.nets.subhalo_evidence import Subhaloes, subhalo_evidence
from lensmith.nets.vortex_scan import Vortex
from lensmith.physics.imaging import bin_pixels
from lensmith.physics.mass import line_mass
from lensmith.types import Array

LENGTH, ANGLE = len(NAMES), len(NAMES) + 1
"""Places of the vortex's parameters behind the smooth lens's: log half-length [arcsec], direction [rad]."""
_BIN = 2
_PRIOR = Prior(
    np.append(PRIOR_MEAN, np.float32([np.log(0.3), 0])),
    # As wide as the published law; every direction is as likely.
    np.append(PRIOR_SIGMA, np.float32([1.4, 1e3])),
    np.append(np.float32(1.5) * PRIOR_SIGMA, np.float32([0.3, 0.2])),
)


class VortexSteps(Settings):
    """How the best vortex is looked for.

    Attributes
    ----------
    starts : maxima of the scan from which fits start: with two, one long vortex in thirty is missed; six are no better
        than four.
    coarse, fine : Levenberg-Marquardt steps of each on cells of 2x2 pixels, then of the best on pixels.
    """

    starts: int = Field(4, ge=1)
    coarse: int = Field(3, ge=1)
    fine: int = Field(3, ge=1)


class VortexFit(NamedTuple):
    """Of one image.

    Attributes
    ----------
    parameters : of the smooth lens, then the vortex's, ``[16]``.
    residual : (data - model) / sigma ``[y, x]``.
    chi2 : a pixel.
    gain : in twice the logarithm of the likelihood, prior included, over the smooth lens alone.
    subhaloes : logarithm of the evidence of subhaloes beside the vortex over that of none, ``[spread]``.
    """

    parameters: Array
    residual: Array
    chi2: Array
    gain: Array
    subhaloes: Array


def fit_vortex(
    image: Array,
    smooth: Array,
    gains: Array,
    noise: Noise,
    detector: Detector,
    free: tuple[int, ...],
    vortex: Vortex,
    subhaloes: Subhaloes,
    steps: VortexSteps,
) -> VortexFit:
    """Fit lens, source and vortex to `image` ``[side, side]`` [flux].

    `smooth` ``[14]`` is the smooth lens that fits best, `gains` what vortices gain beside it (`vortex_gains`).
    """
    side, places = image.shape[-1], (*free, LENGTH, ANGLE)
    bend = partial(_bend, theta_E=np.float32(vortex.theta_E))

    def towards(binning, n, start):
        light = partial(flux, detector=detector, side=side, binning=binning, bend=bend)
        step = fit_step(bin_pixels(image, binning), light, noise, detector, binning, places, _PRIOR)
        return jax.lax.fori_loop(0, n, step, (start, jnp.float32(FIRST_DAMPING[binning])))[0]

    def cost(parameters, binning=1, bend=bend):
        light = flux(parameters, detector, side, binning, bend)
        mean, variance = mean_and_variance(light, noise, detector)
        residual = binning * (bin_pixels(image, binning) - mean) * jax.lax.rsqrt(variance)
        return mean, residual, jnp.sum(residual**2) + penalty(parameters, free, _PRIOR)

    starts = starting_points(smooth, gains, vortex, steps.starts)
    ends = jax.lax.map(partial(towards, _BIN, steps.coarse), starts)
    costs = jax.lax.map(lambda end: cost(end, _BIN)[2], ends)
    best = towards(1, steps.fine, ends[jnp.argmin(jnp.where(jnp.isfinite(costs), costs, jnp.inf))])
    mean, residual, after = cost(best)
    response = linear_response(image - mean, best, noise, detector, places, bend, _PRIOR.sigma)
    left = subhalo_evidence(response, side, detector.pixel_scale, subhaloes)
    gain = cost(smooth, bend=None)[2] - after
    return VortexFit(best, residual, jnp.mean(residual**2), gain, left)


def _bend(parameters, x, y, theta_E):
    return line_mass.deflection(x, y, theta_E, jnp.exp(parameters[LENGTH]), parameters[ANGLE])


def starting_points(smooth: Array, gains: Array, vortex: Vortex, n: int) -> Array:
    """The best `n` maxima among `gains` ``[length, direction]`` as parameters, ``[start, 16]``."""
    around = jnp.pad(jnp.pad(gains, ((0, 0), (1, 1)), mode="wrap"), ((1, 1), (0, 0)), constant_values=-jnp.inf)
    shape = gains.shape
    highest = jnp.stack([around[i : i + shape[0], j : j + shape[1]] for i in range(3) for j in range(3)]).max(0)
    tops = jnp.where(gains >= highest, gains, -jnp.inf).ravel()
    chosen = jax.lax.top_k(tops, n)[1]
    lengths = jnp.log(jnp.geomspace(*vortex.half_length, vortex.lengths))[chosen // shape[1]]
    angles = chosen % shape[1] * np.float32(np.pi / shape[1])
    return jnp.concatenate([jnp.tile(smooth, (n, 1)), lengths[:, None], angles[:, None]], 1)
