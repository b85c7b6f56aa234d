"""Evidence of substructure held against the Gaussian likelihoods that it stands for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from lensmith.nets.linear_response import LinearResponse, cell_grid, linear_response
from lensmith.nets.smooth_lens import (
    PRIOR_MEAN,
    PRIOR_SIGMA,
    Detector,
    Noise,
    brightness,
    flux,
    mean_and_variance,
    source_plane,
)
from lensmith.nets.subhalo_evidence import Subhaloes, subhalo_evidence
from lensmith.nets.vortex_scan import Vortex, vortex_evidence, vortex_gains
from lensmith.physics.imaging import pixel_grid
from lensmith.physics.mass import line_mass, point_mass

SIDE, SCALE = 20, 0.2
PRIOR = np.array([0.5, 2.0, 1.0])


@pytest.fixture
def response():
    """Random maps of 6 x 6 cells and three fitted parameters."""
    random = np.random.default_rng(3)
    rows, pull, residual = (random.normal(size=shape) for shape in ((3, 36), (2, 36), 36))
    covariance = np.linalg.inv(rows @ rows.T + np.diag(1 / PRIOR))
    return LinearResponse(*(jnp.asarray(values, jnp.float32) for values in (pull, rows, covariance, residual)))


def noise_and_smooth(response) -> np.ndarray:
    """Covariance of the residual's cells without substructure."""
    rows = np.asarray(response.rows, float)
    return np.eye(36) + rows.T @ np.diag(PRIOR) @ rows


def added(response, alpha) -> np.ndarray:
    return np.sum(np.asarray(response.pull, float) * np.array(alpha).reshape(2, -1), axis=0)


def test_a_vortex_gains_the_difference_of_two_gaussian_likelihoods(response):
    vortex = Vortex(theta_E=0.8, lengths=2, directions=3)
    covariance, residual = noise_and_smooth(response), np.asarray(response.residual, float)
    log = lambda mean: 2 * multivariate_normal(mean, covariance).logpdf(residual)
    expected = [
        [
            log(added(response, line_mass.deflection(*cell_grid(SIDE, SCALE), 0.8, length, angle))) - log(np.zeros(36))
            for angle in np.arange(3) * np.pi / 3
        ]
        for length in (0.03, 3.0)
    ]
    found = vortex_gains(response, SIDE, SCALE, vortex)
    assert np.allclose(found, expected, rtol=2e-3, atol=2e-3)
    evidence = vortex_evidence(np.asarray(found)[None])[0]
    assert evidence[-1] == pytest.approx(logsumexp(np.asarray(found) / 2) - np.log(6), abs=1e-4)


def test_evidence_of_subhaloes_is_that_of_a_gaussian_field(response):
    tried = Subhaloes(theta_E=0.1, radius=(0.31, 0.9), rings=2, directions=3, spreads=(0.2, 3.0))
    covariance, residual = noise_and_smooth(response), np.asarray(response.residual, float)
    fields = np.zeros((36, 36))
    for ring, radius in enumerate((0.31, 0.9)):
        for k in range(3):
            angle = (k + ring / 2) * 2 * np.pi / 3
            place = radius * np.cos(angle), radius * np.sin(angle)
            alpha = np.array(point_mass.deflection(*cell_grid(SIDE, SCALE), 0.1, *place))
            alpha *= np.minimum(1, 0.1 / np.hypot(*alpha))
            template = added(response, alpha)
            fields += np.outer(template, template)
    log = lambda matrix: multivariate_normal(np.zeros(36), matrix).logpdf(residual)
    expected = [log(covariance + spread**2 * fields) - log(covariance) for spread in (0.2, 3.0)]
    assert np.allclose(subhalo_evidence(response, SIDE, SCALE, tried), expected, rtol=2e-3, atol=2e-3)


def test_the_response_finds_the_vortex_that_made_an_image():
    """Without noise, a weak vortex's own template gains most, and what it gains is all there is."""
    detector, noise = Detector(), Noise(np.float32(0.01), np.float32(2000.0))
    lens = jnp.asarray(PRIOR_MEAN).at[7:9].set(0.5 * PRIOR_SIGMA[7:9])
    vortex = Vortex(theta_E=0.05, half_length=(0.3, 3.0), lengths=2, directions=4)
    free = tuple(range(14))

    @jax.jit
    def gains(difference):
        return vortex_gains(linear_response(difference, lens, noise, detector, free), 96, 0.05, vortex)

    mean = mean_and_variance(flux(lens, detector, 96), noise, detector)[0]
    for length, direction in ((0, 1), (1, 2)):
        angle, half_length = direction * np.pi / 4, (0.3, 3.0)[length]
        bent = _with_vortex(lens, detector, half_length, angle)
        found = np.asarray(gains(bent - mean))
        assert np.unravel_index(found.argmax(), found.shape) == (length, direction)
    assert np.all(np.asarray(gains(0 * mean)) <= 1e-3)


def _with_vortex(lens, detector, half_length, angle):
    """Flux of the lens with a vortex of theta_E 0.05" in it."""
    x, y = pixel_grid((96, 96), detector.pixel_scale)
    beta = source_plane(lens, x.astype(np.float32), y.astype(np.float32))
    alpha = line_mass.deflection(x, y, 0.05, half_length, angle)
    light = brightness(lens, *(b - a.astype(np.float32) for a, b in zip(alpha, beta)))
    kernel = detector.kernel()
    along_y = jax.vmap(lambda line: jnp.convolve(line, kernel, mode="same"), 1, 1)
    along_x = jax.vmap(lambda line: jnp.convolve(line, kernel, mode="same"))
    return along_x(along_y(light)) * np.float32(detector.pixel_scale**2)
