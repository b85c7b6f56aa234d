"""Where the point images are: peaks of a matched filter blind to what is smooth (Stetson 1987, PASP 99, 191)."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage as ndi
from scipy.signal import fftconvolve

from lensmith.errors import FitError
from lensmith.fitting import minimise
from lensmith.modelling.quasar.choosing import choose_images
from lensmith.modelling.quasar.field import Field
from lensmith.modelling.quasar.objective import QuasarObjective
from lensmith.modelling.quasar.parameters import N_LIGHT, scene_bounds, scene_prior
from lensmith.modelling.quasar.scene import Scene
from lensmith.modelling.quasar.settings import QuasarSettings

_MOST = 5
_ITERATIONS = 6
_APART = 0.7
"""Two images closer than this share of the FWHM are one, and none is closer to the lens' centre."""


@dataclass(frozen=True, eq=False)
class Found:
    """Point images ``[point, 2]`` [arcsec], the lens light (x, y, e1, e2), and the significance of each point."""

    points: np.ndarray
    light: np.ndarray
    significance: np.ndarray


def find_point_images(field: Field, settings: QuasarSettings) -> Found:
    """The point images beside the lens: candidates added one by one, then those of them that one lens can make.

    Raises
    ------
    FitError
        if fewer than two stand out, or fewer than the settings ask for.
    """
    found, fluxes = _candidates(field, settings)
    automatic = settings.point_images == "auto"
    wanted = 2 if automatic else settings.point_images
    if len(found.points) < wanted:
        raise FitError(
            f"band {field.band.name}: {len(found.points)} point image(s) found beside the lens where "
            f"{'at least ' if automatic else ''}{wanted} are needed; check that this is a lensed quasar, and its PSF"
        )
    chosen = choose_images(found.points, fluxes, found.light, settings)
    return Found(found.points[chosen], found.light, found.significance[chosen])


def _candidates(field: Field, settings: QuasarSettings) -> tuple[Found, np.ndarray]:
    """Up to five points with their fluxes, the most significant first; all are refitted whenever one is added."""
    points, significances, fluxes = np.empty((0, 2)), [], np.empty(0)
    theta, residual, variance, _ = _refit(field, settings, np.array([*field.guess, 0.0, 0.0]), points)
    while len(points) < _MOST:
        peak = _highest_peak(field, residual, variance, points, theta[:2])
        surplus = settings.point_images == "auto" or len(points) >= settings.point_images
        if peak is None or (surplus and peak[1] < settings.min_significance):
            break
        trial = _refit(field, settings, theta, np.vstack([points, peak[0]]))
        if surplus and len(points) and trial[3][-1] < settings.min_flux_ratio * trial[3].max():
            break
        theta, residual, variance, fluxes = trial
        points, significances = theta[N_LIGHT:].reshape(-1, 2), [*significances, peak[1]]
    return Found(points, theta[:N_LIGHT], np.array(significances)), fluxes


def _refit(field: Field, settings, theta, points):
    """Light and points fitted without a lens: vector, residual and variance ``[y, x]``, fluxes of the points."""
    objective = QuasarObjective(Scene(field, len(points), with_lens=False, with_host=False), settings)
    prior, bounds = scene_prior(field.guess, len(points)), scene_bounds(field.guess, points)
    start = np.array([*theta[:N_LIGHT], *points.ravel()])
    found = minimise(objective, start, prior, bounds, max_iterations=_ITERATIONS, tolerance=1.0)
    images = objective.images(found.theta, found.state)
    residual = np.where(field.use, field.image - sum(images.values()), 0.0)
    fluxes = objective.scene.split(found.state.pixels.amplitudes[1:])[1]
    return found.theta, residual, objective.variance(images), fluxes


def _highest_peak(field: Field, residual, variance, points, lens):
    """Position and significance of the highest peak apart from `points` and `lens`; None where there is none."""
    kernel = field.psf - ndi.gaussian_filter(field.psf, field.fwhm / field.pixel_scale, mode="constant")
    weight = field.use / variance
    signal = fftconvolve(residual * weight, kernel[::-1, ::-1], mode="same")
    power = fftconvolve(weight, kernel[::-1, ::-1] ** 2, mode="same")
    score = signal / np.sqrt(np.maximum(power, 1e-6 * power.max()))
    allowed = field.use & (score >= ndi.maximum_filter(score, 3))
    for x, y in (*points, lens):
        allowed &= np.hypot(field.x - x, field.y - y) > _APART * field.fwhm
    if not allowed.any():
        return None
    best = np.argmax(np.where(allowed, score, -np.inf))
    return np.array([field.x.flat[best], field.y.flat[best]]), float(score.flat[best])
