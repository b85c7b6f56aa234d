"""The Laplace approximation: a Gaussian about the maximum of the posterior, its mean to second order."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]

_FIRST_STEP, _STEP = 0.3, 1.0
"""Steps of the differences of gradients, in standard deviations: a short one where they are differenced to one side
only; where to both, one as long as what is looked for: that is the curvature that a Gaussian feels."""
_LAST_STEPS = 4
"""Steps towards the maximum once its curvature is known."""
_LARGEST_STRETCH, _LAST_STRETCH = 25.0, 2.0
"""By how much, at most, the first curvature may raise a variance above the guess, and the second above the first: a
flat direction has no curvature to go by."""
_FARTHEST = 1.0
"""How far the mean may lie from the maximum, in standard deviations: beyond, the expansion means nothing."""


def laplace_covariance(matrix) -> np.ndarray:
    """Inverse of the Gauss-Newton matrix (of half the chi-square, prior included), float64 ``[p, p]``.

    Directions in which the matrix is not positive (rounding, a flat valley) get the largest variance among the rest.
    """
    diagonal = np.diag(matrix)
    scale = 1 / np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max()))
    values, vectors = np.linalg.eigh(matrix * scale[:, None] * scale)
    values = np.maximum(values, 1e-10 * values.max())
    return (vectors / values) @ vectors.T * scale[:, None] * scale


def laplace_moments(log_density: ValueAndGradient, start, covariance, max_steps: int = 12):
    """Mean ``[p]`` and covariance ``[p, p]`` of a density, from its surroundings within a standard deviation.

    BFGS in coordinates whitened by `covariance`, a first guess; the curvature; a few more steps to the maximum; there
    the curvature again and how it changes from one side to the other, which moves the mean off the maximum: by half of
    the covariance times the third derivatives contracted with the covariance (Lindley 1980, Trabajos de Estadistica 31,
    223). Of these the terms along the axes of the first curvature count, which nearly diagonalise the second.
    """
    centre = _climb(log_density, np.asarray(start, float), _root(np.asarray(covariance, float)), max_steps)
    covariance = _first_covariance(log_density, centre, _root(np.asarray(covariance, float)))
    centre = _climb(log_density, centre, _root(covariance), _LAST_STEPS)
    return _second_order(log_density, centre, covariance)


def _root(covariance):
    return np.linalg.cholesky(covariance + 1e-12 * np.diag(np.diag(covariance)))


def _climb(log_density, centre, root, max_steps):
    def falling(u):
        value, gradient = log_density(centre + root @ u)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return 1e30, np.zeros(len(u))
        return -value, -root.T @ gradient

    found = minimize(
        falling, np.zeros(len(centre)), jac=True, method="BFGS", options={"maxiter": max_steps, "gtol": 0.05}
    )
    return centre + root @ found.x


def _first_covariance(log_density, centre, root):
    """Inverse of the curvature from gradients differenced to one side along the columns of `root`."""
    here = log_density(centre)[1]
    ahead = np.array([log_density(centre + _FIRST_STEP * direction)[1] for direction in root.T])
    curvature = (here - ahead) @ root / _FIRST_STEP
    if not np.isfinite(curvature).all():
        return root @ root.T
    return root @ _inverse(curvature, _LARGEST_STRETCH) @ root.T


def _second_order(log_density, centre, covariance):
    """Mean and covariance from gradients on either side of the maximum, or the maximum and `covariance` as they are."""
    root = _root(covariance)
    here = log_density(centre)[1]
    ahead, behind = (
        np.array([log_density(centre + sign * _STEP * direction)[1] for direction in root.T]) for sign in (1, -1)
    )
    curvature, bend = (behind - ahead) @ root / (2 * _STEP), (ahead + behind - 2 * here) @ root / _STEP**2
    if not (np.isfinite(curvature).all() and np.isfinite(bend).all()):
        return centre, covariance
    inverse = _inverse(curvature, _LAST_STRETCH)
    move = inverse @ (root.T @ here + 0.5 * np.diag(inverse) @ bend)
    away = np.linalg.norm(np.linalg.solve(np.linalg.cholesky(inverse), move))
    return centre + root @ move * min(1.0, _FARTHEST / max(away, 1e-12)), root @ inverse @ root.T


def _inverse(curvature, stretch: float):
    """Inverse of a curvature in whitened coordinates, symmetric, no variance above `stretch`."""
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    return (vectors / np.maximum(values, 1 / stretch)) @ vectors.T
