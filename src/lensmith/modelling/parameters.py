"""The non-linear parameters of a fit, in the order of its vectors, with their priors and bounds.

The vector holds `CORE` once and then, for every band after the first, its shift (x, y) against the first band.
"""

import numpy as np

from lensmith.fitting import Bounds, GaussianPrior
from lensmith.modelling.settings import ModelSettings

CORE = (
    "log_theta_E",
    "gamma",
    "e1",
    "e2",
    "x_lens",
    "y_lens",
    "gamma1",
    "gamma2",
    "u_source",  # source position relative to the lens, in units of theta_E
    "v_source",
    "e1_source",
    "e2_source",
    "log_size",  # log of the middle width of the source's Gaussians [arcsec]
)
N_CORE = len(CORE)
LENS_X, LENS_Y = CORE.index("x_lens"), CORE.index("y_lens")

_LOW = {"gamma": 1.4, "log_size": np.log(0.012)}
_HIGH = {"gamma": 2.6, "log_size": np.log(0.1)}
_BOX = {"e": 0.4, "lens": 0.5, "gamma_ext": 0.25, "source": 0.9, "e_source": 0.5}
_BOX_OF = (
    "e",
    "e",
    "e",
    "e",
    "lens",
    "lens",
    "gamma_ext",
    "gamma_ext",
    "source",
    "source",
    "e_source",
    "e_source",
    "e",
)
_MAX_STEP = (0.15, 0.2, 0.1, 0.1, 0.05, 0.05, 0.07, 0.07, 0.2, 0.2, 0.2, 0.2, 0.4)
_SHIFT_BOX, _SHIFT_STEP = 0.15, 0.03


def bounds(theta_E_min: float, theta_E_max: float, shift_mean) -> Bounds:
    """Hard limits of the fit: theta_E may leave the range that was searched by a fifth, shifts stay near their mean."""
    low = [_LOW[name] if name in _LOW else -_BOX[box] for name, box in zip(CORE, _BOX_OF)]
    high = [_HIGH[name] if name in _HIGH else _BOX[box] for name, box in zip(CORE, _BOX_OF)]
    low[0], high[0] = np.log(theta_E_min / 1.2), np.log(theta_E_max * 1.2)
    shift_mean = np.asarray(shift_mean, float)
    return Bounds(
        np.array([*low, *(shift_mean - _SHIFT_BOX)]),
        np.array([*high, *(shift_mean + _SHIFT_BOX)]),
        np.array([*_MAX_STEP, *([_SHIFT_STEP] * len(shift_mean))]),
    )


def prior(settings: ModelSettings, light_ellipticity, centre, shift_mean, shift_sigma, slope_sigma: float):
    """Gaussian prior on the vector.

    Parameters
    ----------
    light_ellipticity, centre : (e1, e2) and (x, y) of the lens light, arcsec.
    shift_mean, shift_sigma : ``[2 * (bands - 1)]``, where the light of the later bands lies against the first's.
    """
    s = settings
    mean = [0.1, s.slope_mean, *light_ellipticity, *centre, 0, 0, 0, 0, 0, 0, np.log(0.05)]
    sigma = [0.4, slope_sigma, s.ellipticity_sigma, s.ellipticity_sigma, 0.03, 0.03]
    sigma += [s.shear_sigma, s.shear_sigma, s.offset_sigma, s.offset_sigma, 0.2, 0.2, 0.4]
    return GaussianPrior(np.array([*mean, *shift_mean], float), np.array([*sigma, *shift_sigma], float))
