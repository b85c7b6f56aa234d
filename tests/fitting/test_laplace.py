"""The Laplace approximation on Gaussians whose answer is known."""

import numpy as np
from scipy.special import digamma, polygamma

from lensmith.fitting import evidence_of_strength, laplace_covariance, laplace_mode, second_order_moments


def test_covariance_is_the_inverse():
    root = np.random.default_rng(0).normal(size=(5, 5))
    matrix = root @ root.T + np.diag([1e-6, 1, 10, 1e3, 1e6])
    np.testing.assert_allclose(laplace_covariance(matrix) @ matrix, np.eye(5), atol=1e-6)


def test_flat_direction_stays_finite():
    covariance = laplace_covariance(np.diag([1.0, 0.0, 4.0]))
    assert np.isfinite(covariance).all()
    assert covariance[1, 1] > covariance[0, 0]


def test_mode_and_curvature_of_a_gaussian_from_a_poor_guess():
    rng = np.random.default_rng(5)
    root = rng.normal(size=(6, 6))
    covariance, mean = root @ root.T + 0.1 * np.eye(6), rng.normal(size=6)
    precision = np.linalg.inv(covariance)
    density = lambda x: (-0.5 * (x - mean) @ precision @ (x - mean), -precision @ (x - mean))
    mode, found = laplace_mode(density, mean + 3 * np.sqrt(np.diag(covariance)), 4 * covariance)
    np.testing.assert_allclose(mode, mean, atol=0.05)
    np.testing.assert_allclose(found, covariance, rtol=1e-3, atol=1e-6)


def test_a_direction_without_curvature_is_only_stretched():
    density = lambda x: (-0.5 * x[0] ** 2, np.array([-x[0], 0.0]))
    _, covariance = laplace_mode(density, np.zeros(2), np.eye(2))
    np.testing.assert_allclose(np.diag(covariance), [1, 25], rtol=1e-6)


def test_the_mean_of_a_skewed_density_lies_off_its_maximum():
    """Logarithms of gamma variables, mixed: the mean is digamma(shape), the variance trigamma, the maximum ln shape."""
    shape, rng = np.array([3.0, 5.0, 40.0]), np.random.default_rng(2)
    mixing = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    unmix = np.linalg.inv(mixing)

    def density(x):
        y = unmix @ x
        return float(np.sum(shape * y - np.exp(y))), unmix.T @ (shape - np.exp(y))

    maximum, truth = mixing @ np.log(shape), mixing @ digamma(shape)
    true_covariance = mixing @ np.diag(polygamma(1, shape)) @ mixing.T
    mean, covariance = second_order_moments(density, *laplace_mode(density, maximum + 0.3, 2 * np.eye(3)))
    away = lambda point: np.sqrt((point - truth) @ np.linalg.solve(true_covariance, point - truth))
    assert away(maximum) > 0.3
    assert away(mean) < 0.08
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), np.sqrt(np.diag(true_covariance)), rtol=0.1)


def test_evidence_finds_the_strength_that_drew_the_amplitudes():
    rng = np.random.default_rng(4)
    design, strengths, picked = rng.normal(size=(400, 100)), 4.0 ** np.arange(-3, 4), []
    for _ in range(20):
        data = design @ (0.5 * rng.normal(size=100)) + rng.normal(size=400)
        values = evidence_of_strength(
            design.T @ design, design.T @ data, data @ data, lambda s: s * np.eye(100), strengths, 100
        )
        picked.append(strengths[np.argmax(values)])
    assert np.median(picked) == 4.0  # 1 / 0.5^2
