"""The Laplace approximation: a Gaussian at the maximum of the posterior."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]

_STEP = 0.3
"""Step of the differences of gradients, in standard deviations: rounding in float32 stays far below the curvature."""
_LAST_STEPS = 4
"""Steps towards the maximum once its curvature is known."""
_LARGEST_STRETCH = 25.0
"""By how much, at most, a variance may exceed that of the first guess: a flat direction has no curvature to go by."""
_WIDE_STEP, _WIDE_STRETCH = 1.0, 2.0
"""The same of the second order, which asks what the density is within a standard deviation of its maximum."""
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


def laplace_mode(log_density: ValueAndGradient, start, covariance, max_steps: int = 12):
    """Maximum ``[p]`` of a log density and the inverse ``[p, p]`` of minus its Hessian there.

    BFGS in coordinates whitened by `covariance`, a first guess; the Hessian from central differences of gradients; then
    a few more steps.
    """
    centre, covariance = np.asarray(start, float), np.asarray(covariance, float)
    centre = _climb(log_density, centre, _root(covariance), max_steps)
    covariance = _inverse_curvature(log_density, centre, _root(covariance))
    better = _climb(log_density, centre, _root(covariance), _LAST_STEPS)
    return better, covariance


def second_order_moments(log_density: ValueAndGradient, mode, covariance):
    """Mean ``[p]`` and covariance ``[p, p]`` of a skewed density, from what `laplace_mode` found.

    Gradients one standard deviation to either side of the maximum give the curvature within it, and how it changes from
    one side to the other. That moves the mean off the maximum, by half of the covariance times the third derivatives
    contracted with the covariance (Lindley 1980, Trabajos de Estadistica 31, 223); of these the terms along the axes of
    `covariance` count, which nearly diagonalise the curvature. Where gradients are not finite all stays as it is.
    """
    mode, root = np.asarray(mode, float), _root(np.asarray(covariance, float))
    here = log_density(mode)[1]
    ahead, behind = (
        np.array([log_density(mode + sign * _WIDE_STEP * direction)[1] for direction in root.T]) for sign in (1, -1)
    )
    curvature = (behind - ahead) @ root / (2 * _WIDE_STEP)
    bend = (ahead + behind - 2 * here) @ root / _WIDE_STEP**2
    if not (np.isfinite(curvature).all() and np.isfinite(bend).all()):
        return mode, np.asarray(covariance, float)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    inverse = (vectors / np.maximum(values, 1 / _WIDE_STRETCH)) @ vectors.T
    move = inverse @ (root.T @ here + 0.5 * np.diag(inverse) @ bend)
    away = np.linalg.norm(np.linalg.solve(np.linalg.cholesky(inverse), move))
    return mode + root @ move * min(1.0, _FARTHEST / max(away, 1e-12)), root @ inverse @ root.T


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


def _inverse_curvature(log_density, centre, root):
    """Columns of `root` are the directions in which gradients are differenced."""
    curvature = np.empty((len(centre),) * 2)
    for index, direction in enumerate(root.T):
        ahead, behind = (log_density(centre + sign * _STEP * direction)[1] for sign in (1, -1))
        curvature[index] = root.T @ (behind - ahead) / (2 * _STEP)
    if not np.isfinite(curvature).all():
        return root @ root.T
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    spread = root @ vectors / np.sqrt(np.maximum(values, 1 / _LARGEST_STRETCH))
    return spread @ spread.T
