"""What a lens must do: bring all images of the quasar to one point, and lie where the light of the galaxy lies.

An image's distance from where the lens would put it is, to first order, the inverse Jacobian times the distance in the
source plane (Kochanek 1991, ApJ 373, 354; Keeton 2010, Gen. Rel. Grav. 42, 2151): no lens equation has to be solved.
"""

import numpy as np

from lensmith.modelling.quasar.parameters import lens_profiles
from lensmith.modelling.quasar.settings import QuasarSettings
from lensmith.physics import lens_model

_SOURCE_ERROR = 0.1
"""Error in the source plane, in units of the position error: bounds the weight of images near a critical curve."""


def position_residuals(lens, points, error: float) -> np.ndarray:
    """Misses ``[2 point]`` in units of `error` [arcsec], which holds in the image plane; `points` ``[point, 2]``."""
    x, y = np.asarray(points, float).T
    profiles = lens_profiles(lens)
    beta_x, beta_y = lens_model.ray_trace(x, y, profiles)
    xx, xy, yx, yy = lens_model.jacobian(x, y, profiles)
    # The error of a position, seen in the source plane: A A^T, whitened by its Cholesky root.
    extra = _SOURCE_ERROR**2
    root_xx = np.sqrt(xx**2 + xy**2 + extra)
    root_xy = (xx * yx + xy * yy) / root_xx
    root_yy = np.sqrt(np.maximum(yx**2 + yy**2 + extra - root_xy**2, 1e-12))
    first = (beta_x - lens[8]) / root_xx
    second = (beta_y - lens[9] - root_xy * first) / root_yy
    return np.concatenate([first, second]) / error


def tie_residuals(lens, light, settings: QuasarSettings) -> np.ndarray:
    """Distance ``[4]`` of the mass' centre and ellipticity from those of the light, in units of their errors."""
    away = np.array([lens[4] - light[0], lens[5] - light[1], lens[2] - light[2], lens[3] - light[3]])
    return away / np.repeat([settings.centre_error, settings.ellipticity_sigma], 2)
