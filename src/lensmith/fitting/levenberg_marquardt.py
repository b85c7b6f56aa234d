"""Levenberg-Marquardt for objectives that give a Gauss-Newton matrix, with a Gaussian prior, bounds and step limits.

Levenberg (1944), Marquardt (1963). Bounds are kept by projection: a parameter on its bound whose gradient points
outward is held for that step.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lensmith.errors import FitError


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lowest and highest value and largest step of each parameter, float64 ``[parameter]``."""

    low: np.ndarray
    high: np.ndarray
    max_step: np.ndarray

    def at_edge(self, theta, tolerance: float = 1e-6):
        """True where a parameter sits on a bound."""
        return (np.abs(theta - self.low) < tolerance) | (np.abs(theta - self.high) < tolerance)


@dataclass(frozen=True, eq=False)
class GaussianPrior:
    """Independent Gaussian prior, float64 ``[parameter]`` each."""

    mean: np.ndarray
    sigma: np.ndarray

    def chi2(self, theta) -> float:
        """Sum of the squared deviations in units of sigma."""
        return float(np.sum(((theta - self.mean) / self.sigma) ** 2))


class Objective(Protocol):
    """What `minimise` needs: half a chi-square with its Gauss-Newton approximation."""

    def evaluate(self, theta):
        """State at theta, to be handed back to the other methods."""

    def cost(self, state) -> float:
        """Chi-square under the present weights."""

    def robust_cost(self, state) -> float:
        """Loss that convergence is judged on (chi-square where there are no robust weights)."""

    def reweight(self, state) -> bool:
        """Update robust weights; True if they changed, so that the state must be evaluated again."""

    def normal_equations(self, theta, state):
        """Gauss-Newton matrix and descent vector."""


@dataclass(frozen=True, eq=False)
class LeastSquaresState:
    """Where a minimisation ended: parameters, loss (with priors), the objective's own state, iterations."""

    theta: np.ndarray
    cost: float
    state: object
    iterations: int


def _trial(objective, theta, cost, matrix, vector, prior, bounds, damping):
    """Raise the damping until a step lowers the cost; None when none does."""
    held = ((theta <= bounds.low) & (vector < 0)) | ((theta >= bounds.high) & (vector > 0))
    free = np.flatnonzero(~held)
    for _ in range(6):
        step = np.zeros(len(theta))
        damped = matrix + damping * np.diag(np.diag(matrix))
        try:
            step[free] = np.linalg.solve(damped[np.ix_(free, free)], vector[free])
        except np.linalg.LinAlgError:  # a parameter without effect: more damping makes the matrix regular
            damped = matrix + damping * np.diag(np.diag(matrix).max() + np.zeros(len(theta)))
            step[free] = np.linalg.solve(damped[np.ix_(free, free)], vector[free])
        step /= max(np.max(np.abs(step) / bounds.max_step), 1)
        trial = np.clip(theta + step, bounds.low, bounds.high)
        state = objective.evaluate(trial)
        trial_cost = objective.cost(state) + prior.chi2(trial)
        if np.isfinite(trial_cost) and trial_cost < cost:
            return trial, state, trial_cost, max(damping / 6, 1e-7)
        damping = max(damping * 6, 1e-4)
    return None


def minimise(
    objective: Objective, theta, prior: GaussianPrior, bounds: Bounds, max_iterations: int = 20, tolerance: float = 0.05
) -> LeastSquaresState:
    """Minimise chi-square + prior from `theta`.

    Stops when an iteration lowers the (robust) loss by less than `tolerance`, or no step lowers it.

    Raises
    ------
    FitError
        if the objective is not finite at the start.
    """
    theta = np.clip(np.asarray(theta, float), bounds.low, bounds.high)
    state = objective.evaluate(theta)
    loss = objective.robust_cost(state) + prior.chi2(theta)
    if not np.isfinite(loss):
        raise FitError("the model is not finite at its starting point")
    damping, iterations = 1e-2, 0
    for _ in range(max_iterations):
        if objective.reweight(state):
            state = objective.evaluate(theta)
        cost = objective.cost(state) + prior.chi2(theta)
        matrix, vector = objective.normal_equations(theta, state)
        matrix = matrix + np.diag(1 / prior.sigma**2)
        vector = vector - (theta - prior.mean) / prior.sigma**2
        found = _trial(objective, theta, cost, matrix, vector, prior, bounds, damping)
        if found is None:
            break
        theta, state, _, damping = found
        iterations += 1
        previous, loss = loss, objective.robust_cost(state) + prior.chi2(theta)
        if previous - loss < tolerance:
            break
    return LeastSquaresState(theta, loss, state, iterations)
