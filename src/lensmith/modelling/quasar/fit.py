"""The model of a lensed quasar, from the pixels of one band."""

from dataclasses import replace

import numpy as np
import scipy.ndimage as ndi

from lensmith.data import Cutout
from lensmith.errors import FitError
from lensmith.fitting import LeastSquaresState
from lensmith.modelling.cosmic_rays import clean_cosmic_rays
from lensmith.modelling.noise_correlation import information_loss
from lensmith.modelling.quasar.draws import draw
from lensmith.modelling.quasar.field import Field, field_of
from lensmith.modelling.quasar.finding import Found, find_point_images
from lensmith.modelling.quasar.lens import lens_from_positions
from lensmith.modelling.quasar.objective import QuasarObjective, descend
from lensmith.modelling.quasar.parameters import joined, lens_bounds, lens_prior, scene_bounds, scene_prior
from lensmith.modelling.quasar.record import QuasarFit
from lensmith.modelling.quasar.scene import Scene
from lensmith.modelling.quasar.settings import QuasarSettings
from lensmith.modelling.quasar.summarise import summarise

_ROUNDS = 2
"""The noise's correlation is known once a first model has been taken away."""

_SHARP_FWHM, _SHARP_CENTRE = 2.0, 0.3
"""Around point images [FWHM] and the lens' centre [arcsec] nothing is taken for a cosmic ray."""


def model_quasar(cutout: Cutout, settings: QuasarSettings | None = None) -> QuasarFit:
    """Model a lensed quasar: point images with the PSF, lens light, host arcs, and EPL or SIE with shear.

    One least-squares problem holds the pixels of one band (amplitudes are linear and not negative), the images'
    positions, which the lens must bring to one point of the source plane within `settings.position_error`, and priors
    that tie the mass to the light. Fluxes do not bear on the lens: microlensing and dust change them. Errors are those
    of the Laplace approximation, without a systematic floor. Delays and magnifications of doubles lean on the priors.

    Parameters
    ----------
    cutout : the candidate; its first band, or the one that the settings name, is fitted.
    settings : rules and priors.

    Raises
    ------
    FitError
        if fewer than two point images stand beside the lens, or no model could be fitted.
    """
    settings = settings or QuasarSettings()
    try:
        field = field_of(cutout, settings)
        found = find_point_images(field, settings)
        return _fit(cutout, _without_cosmic_rays(field, found), found, settings)
    except (np.linalg.LinAlgError, FloatingPointError) as error:
        raise FitError(f"candidate {cutout.id}: the fit of the quasar broke down numerically ({error})") from error


def _fit(cutout: Cutout, field: Field, found: Found, settings: QuasarSettings) -> QuasarFit:
    lens = lens_from_positions(found.points, found.light, settings)
    n_points = len(found.points)
    reach = float(np.hypot(*(found.points - found.light[:2]).T).max())
    prior = joined(lens_prior(settings), scene_prior(field.guess, n_points))
    bounds = joined(lens_bounds(field.guess, reach + 0.5), scene_bounds(field.guess, found.points))
    theta = np.array([*lens, *found.light, *found.points.ravel()])
    for _ in range(_ROUNDS):
        scene = Scene(field, n_points, with_lens=True, with_host=settings.host)
        objective = QuasarObjective(scene, settings)
        best = descend(objective, theta, prior, bounds)
        theta, field = best.theta, _with_correlation(field, objective, best)
    rng = np.random.default_rng([settings.seed, *cutout.id.encode()])
    draws = draw(objective, best, prior, bounds, settings.n_draws, rng)
    return summarise(cutout, objective, best, bounds, draws, found.significance)


def _without_cosmic_rays(field: Field, found: Found) -> Field:
    """The field with cosmic rays masked, but for what is sharp because it is a point image or the galaxy's middle."""
    hits, _ = clean_cosmic_rays(field.image, field.noise, field.use)
    hits = ndi.binary_dilation(hits)
    for x, y in found.points:
        hits &= np.hypot(field.x - x, field.y - y) > _SHARP_FWHM * field.fwhm
    middle = np.hypot(field.x - found.light[0], field.y - found.light[1])
    hits &= middle > max(_SHARP_CENTRE, field.fwhm)
    return replace(field, use=field.use & ~hits)


def _with_correlation(field: Field, objective: QuasarObjective, best: LeastSquaresState) -> Field:
    """The field with the correlation of its noise, measured where the model leaves blank pixels."""
    bright = sum(objective.images(best.theta, best.state).values())
    factor = information_loss(field.image, bright, field.noise, field.use, field.psf)
    return replace(field, correlation=max(factor, 1.0))
