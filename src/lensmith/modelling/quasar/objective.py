"""Pixels and lens together: the least squares that `minimise` works on."""

from dataclasses import dataclass

import numpy as np

from lensmith.fitting import (
    Bounds,
    GaussianPrior,
    LeastSquaresState,
    ProjectedBand,
    ProjectedState,
    at_pixels,
    minimise,
)
from lensmith.modelling.quasar.constraints import position_residuals, tie_residuals
from lensmith.modelling.quasar.parameters import N_LENS, N_LIGHT
from lensmith.modelling.quasar.scene import Scene
from lensmith.modelling.quasar.settings import QuasarSettings

_STEP = 1e-6
_WEIGHINGS, _ITERATIONS = 2, 12


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial: the pixels' state, and the residuals of what the lens must do."""

    pixels: ProjectedState
    demands: np.ndarray


class QuasarObjective:
    """Chi-square of the pixels over the linear amplitudes plus, where the scene has a lens, of its demands."""

    def __init__(self, scene: Scene, settings: QuasarSettings):
        self.scene, self.settings = scene, settings
        field = scene.field
        self.projected = ProjectedBand(
            field.image.ravel(),
            (field.use / (field.correlation * field.noise**2)).ravel(),
            np.ones((1, field.image.size)),
            np.array([True]),
            lambda theta, pixels: at_pixels(scene.columns(theta), pixels),
            lambda theta, a, pixels: at_pixels(scene.jacobian(theta, a), pixels),
            scene.n_columns,
        )

    def demands(self, theta) -> np.ndarray:
        """Residuals of the image positions and of the ties between mass and light; none without a lens."""
        if not self.scene.n_lens:
            return np.empty(0)
        lens, light = theta[:N_LENS], theta[N_LENS : N_LENS + N_LIGHT]
        misses = position_residuals(lens, self.scene.points(theta), self.settings.position_error)
        return np.concatenate([misses, tie_residuals(lens, light, self.settings)])

    def evaluate(self, theta) -> Trial:
        """Amplitudes solved for at `theta`."""
        return Trial(self.projected.evaluate(theta), self.demands(theta))

    def cost(self, state: Trial) -> float:
        """Chi-square of pixels and demands."""
        return state.pixels.chi2 + float(state.demands @ state.demands)

    robust_cost = cost

    def reweight(self, state: Trial) -> bool:
        """Weights change between minimisations only (`weigh`)."""
        return False

    def normal_equations(self, theta, state: Trial):
        """Of pixels and demands together."""
        matrix, vector = self.projected.normal_equations(theta, state.pixels)
        if len(state.demands):
            steps = _STEP * np.eye(len(theta))
            slopes = np.stack([self.demands(theta + s) - self.demands(theta - s) for s in steps]) / (2 * _STEP)
            matrix, vector = matrix + slopes @ slopes.T, vector - slopes @ state.demands
        return matrix, vector

    def images(self, theta, state: Trial) -> dict[str, np.ndarray]:
        """Images ``[y, x]`` of sky, lens light, points and host, with the PSF."""
        out = {"sky": np.full(self.scene.field.image.shape, state.pixels.amplitudes[0])}
        amplitudes, columns = (self.scene.split(v) for v in (state.pixels.amplitudes[1:], self.scene.columns(theta)))
        for name, own, images in zip(("light", "points", "host"), amplitudes, columns):
            out[name] = np.tensordot(own, images, 1)
        return out

    def variance(self, images: dict[str, np.ndarray]) -> np.ndarray:
        """Noise ``[y, x]`` with the errors of the PSF and of the models of lens light and host."""
        s, field = self.settings, self.scene.field
        errors = {"points": s.psf_error, "light": s.light_error, "host": s.arc_error}
        return field.correlation * field.noise**2 + sum((errors[name] * images[name]) ** 2 for name in errors)

    def weigh(self, theta, state: Trial) -> None:
        """Take the model's errors into the weights."""
        variance = self.variance(self.images(theta, state)).ravel()
        self.projected.set_weight(self.scene.field.use.ravel() / variance, np.ones(self.projected.n_pixels))


def descend(objective: QuasarObjective, theta, prior: GaussianPrior, bounds: Bounds) -> LeastSquaresState:
    """Minimise from `theta`, the model's errors taken into the noise between rounds."""
    for _ in range(_WEIGHINGS):
        theta = np.clip(theta, bounds.low, bounds.high)
        objective.weigh(theta, objective.evaluate(theta))
        found = minimise(objective, theta, prior, bounds, max_iterations=_ITERATIONS)
        theta = found.theta
    return found
