"""The parameters of a lensed quasar, in the order of the fit's vectors: lens, lens light, positions of the images."""

from collections.abc import Sequence

import numpy as np

from lensmith.fitting import Bounds, GaussianPrior
from lensmith.modelling.quasar.settings import QuasarSettings

LENS = ("theta_E", "gamma", "e1", "e2", "x_lens", "y_lens", "gamma1", "gamma2", "x_source", "y_source", "log_size")
LIGHT = ("x_light", "y_light", "e1_light", "e2_light")
N_LENS, N_LIGHT = len(LENS), len(LIGHT)

_ISOTHERMAL_SIGMA = 1e-6
_LIGHT_CENTRE_SIGMA, _LIGHT_ELLIPTICITY_SIGMA = 0.2, 0.25
_HOST_SIZE = np.log(0.15), 0.7
"""Prior mean and width of the logarithm of the host's size [arcsec]."""
_LENS_LOW = {
    "log_size": np.log(0.04),
    "theta_E": 0.05,
    "gamma": 1.4,
    "e1": -0.6,
    "e2": -0.6,
    "gamma1": -0.4,
    "gamma2": -0.4,
}
_LENS_HIGH = {
    "log_size": np.log(1.0),
    "theta_E": 10.0,
    "gamma": 2.6,
    "e1": 0.6,
    "e2": 0.6,
    "gamma1": 0.4,
    "gamma2": 0.4,
}
_STEPS = {"log_size": 0.2, "theta_E": 0.1, "gamma": 0.2, "e1": 0.1, "e2": 0.1, "gamma1": 0.05, "gamma2": 0.05}
_CENTRE_STEP, _POINT_REACH = 0.05, 0.15


def lens_profiles(lens: Sequence) -> list[tuple[str, dict]]:
    """EPL and shear about the lens centre for `physics.lens_model`, from values in the order of `LENS`."""
    theta_E, gamma, e1, e2, x, y, gamma1, gamma2 = lens[:8]
    return [
        ("EPL", {"theta_E": theta_E, "gamma": gamma, "e1": e1, "e2": e2, "center_x": x, "center_y": y}),
        ("SHEAR", {"gamma1": gamma1, "gamma2": gamma2, "ra_0": x, "dec_0": y}),
    ]


def lens_prior(settings: QuasarSettings) -> GaussianPrior:
    """Prior on `LENS`: slope, shear and the host's size; the light holds centre and ellipticity (`constraints`)."""
    mean, sigma = np.zeros(N_LENS), np.full(N_LENS, np.inf)
    free = settings.mass == "EPL"
    mean[1], sigma[1] = (settings.slope_mean, settings.slope_sigma) if free else (2.0, _ISOTHERMAL_SIGMA)
    sigma[6:8] = settings.shear_sigma
    mean[10], sigma[10] = _HOST_SIZE
    return GaussianPrior(mean, sigma)


def lens_bounds(guess, reach: float) -> Bounds:
    """Limits of `LENS`: centre and source within `reach` of `guess` [arcsec]."""
    around = dict(zip(("x_lens", "y_lens", "x_source", "y_source"), np.tile(guess, 2)))
    low = [_LENS_LOW[name] if name in _LENS_LOW else around[name] - reach for name in LENS]
    high = [_LENS_HIGH[name] if name in _LENS_HIGH else around[name] + reach for name in LENS]
    return Bounds(np.array(low), np.array(high), np.array([_STEPS.get(name, _CENTRE_STEP) for name in LENS]))


def scene_prior(guess, n_points: int) -> GaussianPrior:
    """Prior on the light; none on the positions of the points."""
    mean = np.array([*guess, 0.0, 0.0, *np.zeros(2 * n_points)])
    sigma = [*[_LIGHT_CENTRE_SIGMA] * 2, *[_LIGHT_ELLIPTICITY_SIGMA] * 2, *[np.inf] * (2 * n_points)]
    return GaussianPrior(mean, np.array(sigma))


def scene_bounds(guess, points: np.ndarray) -> Bounds:
    """Limits of the light, and of the `points` ``[point, 2]`` around where they stand."""
    middle = np.array([*guess, 0.0, 0.0, *points.ravel()])
    reach = np.array([0.6, 0.6, 0.5, 0.5, *[_POINT_REACH] * points.size])
    step = np.array([0.05, 0.05, 0.1, 0.1, *[0.05] * points.size])
    return Bounds(middle - reach, middle + reach, step)


def joined(first, second):
    """Priors or bounds of two parts of a vector, one after the other."""
    return type(first)(*(np.concatenate([a, b]) for a, b in zip(vars(first).values(), vars(second).values())))
