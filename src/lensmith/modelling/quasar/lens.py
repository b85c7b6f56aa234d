"""The lens from the positions of the images alone: where a fit of the pixels starts."""

import numpy as np
from scipy.optimize import least_squares

from lensmith.modelling.quasar.constraints import position_residuals, tie_residuals
from lensmith.modelling.quasar.parameters import lens_bounds, lens_prior, lens_profiles
from lensmith.modelling.quasar.settings import QuasarSettings
from lensmith.physics.lens_model import ray_trace

_ANNEALING = (0.1, 0.02)
"""Position errors [arcsec] of the first fits, before the true one: far away the residuals are not linear."""
_MOST_TRIALS, _TOLERANCE = 25, 1e-4
"""Of one descent: the pixels refine what it finds."""
_START_SHEARS = ((0.0, 0.0), (0.08, 0.0), (-0.08, 0.0), (0.0, 0.08), (0.0, -0.08))


def lens_from_positions(points, light, settings: QuasarSettings) -> np.ndarray:
    """Best lens vector for `points` ``[point, 2]`` around `light` (x, y, e1, e2), priors included.

    Started from several shears: the positions of two or four images leave more than one lens close to right.
    """
    points, light = np.asarray(points, float), np.asarray(light, float)
    return min((_descend(points, light, shear, settings) for shear in _START_SHEARS), key=lambda found: found.cost).x


def positions_chi2(lens, points, light, settings: QuasarSettings) -> float:
    """Chi-square of a lens vector: positions, ties to the light, priors."""
    return float(np.sum(_residuals(lens, points, light, settings.position_error, settings) ** 2))


def _residuals(lens, points, light, error: float, settings: QuasarSettings):
    prior = lens_prior(settings)
    own = position_residuals(lens, points, error), tie_residuals(lens, light, settings)
    return np.concatenate([*own, (lens - prior.mean) / prior.sigma])


def _descend(points, light, shear, settings):
    away = points - light[:2]
    radius = np.hypot(*away.T).mean()
    prior = lens_prior(settings)
    start = np.array([radius, prior.mean[1], *light[2:4], *light[:2], *shear, 0.0, 0.0, prior.mean[10]])
    start[8:10] = np.mean(ray_trace(*points.T, lens_profiles(start)), axis=-1)
    bounds = lens_bounds(light[:2], np.abs(away).max())
    for error in (*_ANNEALING, settings.position_error):
        start = np.clip(start, bounds.low + 1e-9, bounds.high - 1e-9)
        found = least_squares(
            lambda lens: _residuals(lens, points, light, error, settings),  # noqa: B023 (used at once)
            start,
            bounds=(bounds.low, bounds.high),
            x_scale=bounds.max_step,
            max_nfev=_MOST_TRIALS,
            ftol=_TOLERANCE,
        )
        start = found.x
    return found
