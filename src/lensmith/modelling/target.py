"""The posterior density that is sampled: its likelihood, priors and limits, all fixed once the search is over.

ln p(theta | d) = sum over bands of ln N(d; F a0 + S(theta) 0, N + F A F^T + S(theta) Q S(theta)^T) + ln prior(theta)

- Pixels and noise N (errors of the models of arcs and light included) are those of the final fit. The robust loss
  serves the search: here the noise is Gaussian, but a pixel that the final fit misses by more than the loss' scale
  (4 sigma) gets its noise raised to a quarter of that residual, once and for all.
- Sky and lens light: amplitudes with the Gaussian prior (mean a0, covariance A) of the fit, its variance raised by the
  factor that the evidence prefers.
- Source: amplitudes of its grid with the Gaussian-process prior, whose strength is frozen at the maximum of the
  evidence, and of the Gaussians in use with a prior of mean zero as wide as their total flux; together Q. Grid and
  prior grow and shrink with the size of the source, a parameter with a prior of its own, at constant surface
  brightness: at a fixed size they would tell the slope of the mass, which only rescales the source. Directions
  in which the data say less than a fifth of what the prior says are left at their best values.
- All noise is raised by the factor `ModelSettings.noise_inflation`: what is frozen (strength, grid and envelope of the
  source's prior, freedom of the light) makes the density narrower than mocks of the model itself allow
  (docs/decisions/0017-finished-rivals-mended.md).
- Likelihood and prior are raised to the power 1 / `ModelSettings.temperature`, which leaves the maximum where it is:
  intervals are then still too narrow on mocks (docs/decisions/0030-a-warmer-posterior.md).
- Correlated noise: the log-likelihood is divided by the factor that the band carries (in the weights of the fit).
- Parameters: the Gaussian prior of the fit, cut at its limits.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.fitting import Box, GaussianPrior
from lensmith.modelling.band_target import BandTarget, band_target
from lensmith.modelling.marginal_gradient import log_likelihood, log_likelihood_gradient
from lensmith.modelling.marginal_likelihood import Evaluated, evaluate
from lensmith.modelling.parameters import LENS_X, LENS_Y, N_CORE
from lensmith.modelling.ray_blocks import offsets_at
from lensmith.modelling.refine import Refined

_LOG_2_PI = np.log(2 * np.pi)


@dataclass(frozen=True, eq=False)
class Target:
    """The density of one solution, in the fit's parameters and in the unbounded coordinates z of its `box`.

    Likelihood and prior are raised to the power 1 / `temperature`.
    """

    bands: tuple[BandTarget, ...]
    prior: GaussianPrior
    box: Box
    temperature: float = 1.0

    def log_prior(self, theta):
        """Normalised but for the mass that the limits cut off; ``[..., p]`` to ``[...]``, NumPy or JAX."""
        away = (theta - self.prior.mean) / self.prior.sigma
        return -0.5 * (away**2).sum(-1) - np.sum(np.log(self.prior.sigma)) - 0.5 * len(self.prior.mean) * _LOG_2_PI

    def evaluate(self, theta) -> tuple[Evaluated, ...]:
        """Likelihood and fluxes of every band at vectors ``[draw, p]`` within the limits."""
        return tuple(self.evaluate_band(theta, index) for index in range(len(self.bands)))

    def evaluate_band(self, theta, index: int) -> Evaluated:
        """The same of one band alone."""
        band, cores = self.bands[index], _core(np.asarray(theta, float), index)
        found = [
            evaluate(jnp.asarray(core), offsets_at(core, band.arrays.x, band.arrays.y), band.arrays, **band.static)
            for core in cores
        ]
        return Evaluated(*(np.array(values, float) for values in zip(*found)))

    def log_density(self, z) -> np.ndarray:
        """Log density in z ``[draw]``."""
        return self.weigh(z)[0]

    def weigh(self, z) -> tuple[np.ndarray, tuple[Evaluated, ...]]:
        """Log density in z ``[draw]``, and what every band's likelihood came with."""
        theta = self.box.to_box(z)
        parts = self.evaluate(theta)
        total = sum(part.log_likelihood for part in parts) + self.log_prior(theta)
        return total / self.temperature + self.box.log_slope(z), parts

    def value_and_gradient(self, z) -> tuple[float, np.ndarray]:
        """Log density in z and its gradient ``[p]``."""
        theta = self.box.to_box(z)
        value, gradient = 0.0, np.zeros(len(theta))
        for index, band in enumerate(self.bands):
            part, slope = log_likelihood_gradient(_core(theta, index), band.arrays, **band.static)
            value += part
            gradient += _spread(slope, index, len(theta))
        value = (value + float(self.log_prior(theta))) / self.temperature + float(self.box.log_slope(z))
        gradient = (gradient - (theta - self.prior.mean) / self.prior.sigma**2) / self.temperature
        share = (theta - self.box.low) / self.box.width
        return value, gradient * self.box.slope(z) + 4 / self.box.width * (1 - 2 * share)

    def traceable(self):
        """Log density in z of one point as a function that JAX can trace."""

        def log_density(z):
            theta = self.box.to_box(z)
            total = self.log_prior(theta)
            for index, band in enumerate(self.bands):
                total += log_likelihood(_core(theta, index), band.arrays, **band.static)
            return total / self.temperature + self.box.log_slope(z)

        return jax.jit(log_density)


def _core(theta, index: int):
    """The `CORE` vectors ``[..., core]`` as band `index` sees them."""
    core = theta[..., :N_CORE]
    if not index:
        return core
    first = N_CORE + 2 * index - 2
    move = np.zeros((2, N_CORE))
    move[0, LENS_X] = move[1, LENS_Y] = 1
    return core + theta[..., first : first + 2] @ move


def _spread(slope, index: int, size: int):
    """The gradient in all parameters of a band's gradient in its core."""
    out = np.zeros(size)
    out[:N_CORE] = slope
    if index:
        out[N_CORE + 2 * index - 2 : N_CORE + 2 * index] = slope[[LENS_X, LENS_Y]]
    return out


def target_of(fit: Refined, inflation: float = 1.0, temperature: float = 1.0) -> Target:
    """The density around a final fit; `inflation` is a factor on the noise, `temperature` as in `Target`."""
    bands = tuple(
        band_target(field, fit.objective.core(fit.theta, index), state, inflation)
        for index, (field, state) in enumerate(zip(fit.objective.bands, fit.state.bands))
    )
    box = Box(np.asarray(fit.bounds.low, float), np.asarray(fit.bounds.high, float))
    return Target(bands, fit.prior, box, temperature)
