"""Which candidates are images of one quasar: those that one lens can make, without others that are not seen.

Knots of the arcs and neighbours look like points, too.
"""

from itertools import combinations

import numpy as np

from lensmith.modelling.quasar.lens import lens_from_positions, positions_chi2
from lensmith.modelling.quasar.parameters import lens_profiles
from lensmith.modelling.quasar.prediction import unseen_images
from lensmith.modelling.quasar.settings import QuasarSettings
from lensmith.physics import lens_model

_SIZES = (4, 3, 2)
"""Numbers of images to try, in this order: a lens that makes four where they are is not there by chance."""
_POSITION_ERROR = 0.015
"""Error of candidates' positions [arcsec]: arcs around them are not fitted yet."""
_LARGEST_CHI2 = 20.0
"""Positions and priors of a set that is believed."""
_VISIBLE = 0.25
"""An image that should be this bright against the faintest of the set would be among the candidates."""


def choose_images(points, fluxes, light, settings: QuasarSettings) -> np.ndarray:
    """Indices of the candidates `points` ``[point, 2]`` with `fluxes` that are images; `light` is (x, y, e1, e2).

    The brightest one is always among them. Where the number is given, the set that the lens fits best; else the largest
    one that it fits, of four, three or two; else the two brightest.
    """
    count, settings = settings.point_images, settings.model_copy(update={"position_error": _POSITION_ERROR})
    if count == len(points) or (count == "auto" and len(points) == 2):
        return np.arange(len(points))
    for size in (count,) if count != "auto" else _SIZES:
        if size <= len(points):
            judged = [_judged(some, points, fluxes, light, settings) for some in _sets(fluxes, size)]
            best, chi2, hidden = min(judged, key=_rank)
            if count != "auto" or (chi2 < _LARGEST_CHI2 and not hidden):
                return best
    return np.sort(np.argsort(-fluxes)[:2])


def _rank(judged):
    _, chi2, hidden = judged
    return hidden, chi2


def _sets(fluxes, size: int):
    """Sets of `size` indices with the brightest candidate in each."""
    brightest = int(np.argmax(fluxes))
    others = [index for index in range(len(fluxes)) if index != brightest]
    return [np.sort([brightest, *some]) for some in combinations(others, size - 1)]


def _judged(chosen, points, fluxes, light, settings):
    """A set, the chi-square of its lens, and whether the lens makes a bright image that is not seen."""
    lens = lens_from_positions(points[chosen], light, settings)
    chi2 = positions_chi2(lens, points[chosen], light, settings)
    unseen = unseen_images(lens, points)
    faintest = float(np.min(fluxes[chosen]))
    magnification = lens_model.magnification(*points[chosen].T, lens_profiles(lens))
    unit = float(np.median(fluxes[chosen] / np.abs(magnification)))
    return chosen, chi2, any(abs(mu) * unit > _VISIBLE * faintest for _, _, mu in unseen)
