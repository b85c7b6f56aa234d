"""The posterior of a lensed quasar: the Laplace approximation, and what follows from each draw of it."""

from dataclasses import dataclass

import numpy as np

from lensmith.fitting import Bounds, GaussianPrior, LeastSquaresState, laplace_covariance
from lensmith.modelling.quasar.objective import QuasarObjective
from lensmith.modelling.quasar.parameters import lens_profiles
from lensmith.physics import cosmology, lens_model

_SLOPE_STEP = 0.3
"""Step, in standard deviations, of the differences of the fluxes."""
_TRIES = 20


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the vectors ``[draw, parameter]`` and of the points' fluxes ``[draw, point]``, the best one first."""

    vectors: np.ndarray
    fluxes: np.ndarray


def draw(
    objective: QuasarObjective, found: LeastSquaresState, prior: GaussianPrior, bounds: Bounds, n: int, rng
) -> Draws:
    """The best vector and `n` draws around it, inside the bounds; fluxes follow the vectors, with their own noise."""
    matrix, _ = objective.normal_equations(found.theta, found.state)
    covariance = laplace_covariance(matrix + np.diag(1 / prior.sigma**2))
    vectors = rng.multivariate_normal(found.theta, covariance, n)
    for _ in range(_TRIES):
        outside = ((vectors < bounds.low) | (vectors > bounds.high)).any(axis=1)
        if not outside.any():
            break
        vectors[outside] = rng.multivariate_normal(found.theta, covariance, outside.sum())
    vectors = np.clip(np.vstack([found.theta, vectors]), bounds.low, bounds.high)
    best, slopes, spread = _fluxes(objective, found, np.sqrt(np.diag(covariance)))
    noise = rng.multivariate_normal(np.zeros(len(best)), spread, n)
    fluxes = best + (vectors - found.theta) @ slopes + np.vstack([np.zeros(len(best)), noise])
    return Draws(vectors, fluxes)


def _fluxes(objective: QuasarObjective, found: LeastSquaresState, sigma):
    """The points' fluxes ``[point]``, their slopes ``[parameter, point]`` and covariance at a fixed vector."""
    state, scene = found.state.pixels, objective.scene
    first = len(state.amplitudes) - scene.n_columns + len(scene.widths)
    own = np.arange(first, first + scene.n_points)
    used = np.flatnonzero(state.passive)
    gram = state.gram[np.ix_(used, used)]
    inverse = np.linalg.inv(gram + 1e-9 * np.diag(np.diag(gram)))
    spread = np.zeros((len(own), len(own)))
    bright = np.isin(own, used)
    where = np.searchsorted(used, own[bright])
    spread[np.ix_(bright, bright)] = inverse[np.ix_(where, where)]
    slopes = np.zeros((len(found.theta), len(own)))
    for index in np.flatnonzero(sigma > 0):
        step = np.zeros(len(found.theta))
        step[index] = _SLOPE_STEP * sigma[index]
        ahead, behind = (objective.projected.evaluate(found.theta + s).amplitudes[own] for s in (step, -step))
        slopes[index] = (ahead - behind) / (2 * step[index])
    return state.amplitudes[own], slopes, spread


def magnifications(vectors, x, y) -> np.ndarray:
    """Signed, ``[draw, image]``, at (x, y) ``[draw, image]``."""
    return lens_model.magnification(x, y, lens_profiles(_columns(vectors)))


def fermat_potentials(vectors, x, y) -> np.ndarray:
    """``[draw, image]`` [arcsec^2] at (x, y), which need be images to first order only: there it is stationary."""
    columns = _columns(vectors)
    return lens_model.fermat_potential(x, y, columns[8], columns[9], lens_profiles(columns))


def delays(fermat, z_lens: float, z_source: float) -> np.ndarray:
    """Days ``[draw, image]`` after the first image of the best model (row 0)."""
    first = int(np.argmin(fermat[0]))
    return lens_model.time_delay(fermat - fermat[:, [first]], cosmology.time_delay_distance(z_lens, z_source))


def _columns(vectors) -> list[np.ndarray]:
    """Lens parameters ``[draw, 1]``, to be combined with images ``[draw, image]``."""
    return [vectors[:, [index]] for index in range(10)]
