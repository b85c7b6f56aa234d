"""What a small deflection adds to the image of a fitted smooth lens, to first order, on cells around its centre.

The light moves by -grad S . alpha, S being the source's brightness (Koopmans 2005, MNRAS 363, 1136, sect. 2). What lens
and source can imitate is projected out, as in the score test of Rao (1948). Cells of 2x2 pixels are wider than the PSF,
which is left out of fields and derivatives alike: blurring one of them alone leaves far more than substructure does.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.nets.smooth_lens import (
    PRIOR_SIGMA,
    Detector,
    Noise,
    brightness,
    mean_and_variance,
    mean_slope,
    slopes,
    source_plane,
)
from lensmith.physics.imaging import bin_pixels, pixel_grid
from lensmith.types import Array

_BIN = 2
_MARGIN = 4
"""Pixels by which the lens's centre may be off the image's."""


class LinearResponse(NamedTuple):
    """Of one image, in units of the noise of a cell.

    Attributes
    ----------
    pull : what a deflection of 1 arcsec along x, y adds, ``[2, cell]``.
    rows : what the fitted parameters add, ``[parameter, cell]``.
    covariance : of the fitted parameters, ``[parameter, parameter]``.
    residual : image less smooth lens, ``[cell]``.
    """

    pull: Array
    rows: Array
    covariance: Array
    residual: Array


def cell_grid(side: int, pixel_scale: float) -> tuple[np.ndarray, np.ndarray]:
    """x, y [arcsec] from the lens's centre of the cells of images ``[side, side]``."""
    return pixel_grid((side // _BIN - _MARGIN,) * 2, _BIN * pixel_scale)


def linear_response(
    difference: Array, parameters: Array, noise: Noise, detector: Detector, free, bend=None, sigma=PRIOR_SIGMA
) -> LinearResponse:
    """Response of the image of the smooth lens `parameters` ``[14]``, of which those at the places `free` were fitted.

    `difference` ``[side, side]`` is the image less the mean of that lens [flux]. Where `bend` adds a deflection, with
    further parameters or without, `sigma` is the width of the prior of all of them.
    """
    places, scale = np.array(free), np.float32(detector.pixel_scale)
    x, y = (values.astype(np.float32) for values in cell_grid(difference.shape[-1], detector.pixel_scale))
    shift = jnp.clip(jnp.round(parameters[5:7] / scale), -_MARGIN, _MARGIN).astype(int)
    x, y = x + shift[0] * scale, y + shift[1] * scale

    def light(trial):
        return brightness(trial, *source_plane(trial, x - trial[5], y - trial[6], bend)) * scale**2

    now, by_parameter = slopes(light, parameters, places)
    variance = mean_and_variance(now, noise, detector)[1]
    slope = mean_slope(now, noise, detector)
    # Of the mean of the pixels of a cell.
    weight = _BIN * jax.lax.rsqrt(variance)
    rows = (by_parameter * (slope * weight)).reshape(len(places), -1)
    seen = jax.lax.dynamic_slice(difference, (shift[1] + _MARGIN, shift[0] + _MARGIN), [_BIN * n for n in x.shape])
    gradient = _gradient(parameters, x - parameters[5], y - parameters[6], bend)
    return LinearResponse(
        pull=(-(scale**2) * slope * weight * gradient).reshape(2, -1),
        rows=rows,
        covariance=jnp.linalg.inv(rows @ rows.T + jnp.diag(jnp.asarray(1 / sigma[places] ** 2))),
        residual=(bin_pixels(seen, _BIN) * weight).ravel(),
    )


def _gradient(parameters, x, y, bend) -> Array:
    """Slope of the source's brightness where rays from (x, y) [arcsec] meet it, ``[2, y, x]``."""
    beta = source_plane(parameters, x, y, bend)
    along = lambda push: jax.jvp(lambda *at: brightness(parameters, *at), beta, push)[1]
    one, none = jnp.ones_like(beta[0]), jnp.zeros_like(beta[0])
    return jnp.stack([along((one, none)), along((none, one))])
