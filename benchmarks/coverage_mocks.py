"""Lenses drawn from the model's own priors and source model, drawn by the model's own functions.

What a posterior promises it promises for such lenses: on them its intervals must hold the truth as often as they say.
Parameters come from the priors of `ModelSettings`, lens light from three Gaussians, the source from its Gaussians plus
its grid under the Gaussian-process prior. The noise is white and known; the errors that the fit assumes of its own
models of light and arcs are switched off, as nothing here calls for them.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from lensmith.data import Band, Cutout
from lensmith.modelling import ModelSettings
from lensmith.modelling.lensed_source import N_GAUSSIANS, node_columns, observe, source_columns
from lensmith.modelling.prepare import kernel_transform
from lensmith.modelling.source_grid import grid_prior, grid_spacing
from lensmith.physics.ellipticity import radius_squared

SIDE, PIXEL_SCALE, FWHM, SUPERSAMPLING = 64, 0.06, 0.11, 1
"""Of the images: pixels, arcsec."""
THETA_E = (0.7, 1.2)
"""Range of theta_E [arcsec], uniform in its logarithm."""
ARC_SNR = (50.0, 150.0)
"""Range of the signal-to-noise ratio of the arcs, uniform in its logarithm."""
_GP_STRENGTH = 16.0
"""Strength of the prior of the source's grid: structure of a quarter of the smooth source."""
_LIGHT = ((0.12, 0.35), (0.35, 0.4), (0.9, 0.25))
"""Widths [arcsec] and shares of the flux of the lens light's Gaussians."""
_MAX_OFFSET = 0.35
"""Largest distance of the source from the axis in units of theta_E: beyond it, images merge with none to show it."""


@dataclass(frozen=True, eq=False)
class Mock:
    """A cutout and the `CORE` vector that it was drawn with, about the middle of the image."""

    cutout: Cutout
    core: np.ndarray


def settings(sampler: str, seed: int) -> ModelSettings:
    """What these mocks are modelled with: no errors of the models, no floor, theta_E as drawn.

    `sampler` ``second-order`` is ``laplace`` with `ModelSettings.second_order`.
    """
    nothing = {"light_error": 0.0, "arc_error": 0.0, "systematic_floor": 0.0}
    if sampler == "second-order":
        return ModelSettings(sampler="laplace", second_order=True, seed=seed, **nothing)
    return ModelSettings(sampler=sampler, seed=seed, **nothing)


def draw_mock(index: int, seed: int = 0) -> Mock:
    """Mock `index` of a series; the same whatever others are drawn."""
    rng = np.random.default_rng([seed, index])
    core, light_ellipticity, light_centre = _draw_core(rng)
    x, y, kernel, kernel_fft, fft_side = _grid()
    observed = lambda images: np.asarray(observe(jnp.asarray(images), kernel_fft, fft_side, SUPERSAMPLING), float)
    amplitudes, spacing = _draw_source(core, rng)
    theta, how = jnp.asarray(core), (x, y, kernel_fft, fft_side, SUPERSAMPLING)
    columns = np.concatenate([source_columns(theta, *how), node_columns(theta, spacing, *how)]).astype(float)
    arcs = np.tensordot(amplitudes, columns, 1)
    radius2 = radius_squared(x - light_centre[0], y - light_centre[1], *light_ellipticity)
    light = sum(share * np.exp(-0.5 * radius2 / w**2) / (2 * np.pi * w**2) for w, share in _LIGHT)
    light = observed(light[None].astype(np.float32))[0]
    sigma = 0.01
    arcs *= np.exp(rng.uniform(*np.log(ARC_SNR))) / np.sqrt(np.sum((arcs / sigma) ** 2))
    light *= rng.uniform(20, 60) * np.percentile(arcs, 99) / light.max() * 0.5
    image = light + arcs + sigma * rng.standard_normal(light.shape)
    ones = np.ones(image.shape)
    band = Band("F814W", image, sigma * ones, kernel, ones > 0, PIXEL_SCALE * np.eye(2))
    return Mock(Cutout(f"mock{index}", (band,)), core)


def _draw_core(rng):
    """`CORE` vector, ellipticity and centre of the lens light, by the priors of the settings."""
    s = ModelSettings()
    while True:
        ellipticity, centre = rng.normal(0, 0.08, 2), rng.uniform(-0.5, 0.5, 2) * PIXEL_SCALE
        core = np.concatenate(
            [
                [rng.uniform(*np.log(THETA_E)), rng.normal(s.slope_mean, s.slope_sigma)],
                rng.normal(ellipticity, s.ellipticity_sigma),
                rng.normal(centre, 0.03),
                rng.normal(0, s.shear_sigma, 2),
                rng.normal(0, s.offset_sigma, 2),
                rng.normal(0, 0.2, 2),
                [rng.normal(np.log(0.05), 0.4)],
            ]
        )
        gentle = np.hypot(*core[8:10]) < _MAX_OFFSET and np.hypot(*core[10:12]) < 0.5
        if gentle and 1.45 < core[1] < 2.55 and np.hypot(*core[2:4]) < 0.33 and np.log(0.02) < core[12] < np.log(0.09):
            return core, ellipticity, centre


def _draw_source(core, rng):
    """Amplitudes of the source's columns, and the spacing of its grid."""
    smooth = np.zeros(N_GAUSSIANS)
    smooth[1:4] = rng.dirichlet([1.0, 2.0, 1.0])
    spacing = grid_spacing(core, smooth)
    precision = grid_prior(core, smooth, spacing) * _GP_STRENGTH
    root = np.linalg.cholesky(precision)
    return np.concatenate([smooth, np.linalg.solve(root.T, rng.standard_normal(len(root)))]), spacing


def _grid():
    steps = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_SCALE
    x, y = (a.astype(np.float32) for a in np.meshgrid(steps, steps))
    line = (np.arange(31) - 15) * PIXEL_SCALE
    kernel = np.exp(-0.5 * (line**2 + line[:, None] ** 2) / (FWHM / 2.3548) ** 2)
    kernel /= kernel.sum()
    transform, fft_side = kernel_transform(kernel, SIDE)
    return x, y, kernel, jnp.asarray(transform, jnp.complex64), fft_side
