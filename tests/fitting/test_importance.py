"""Importance sampling on densities whose moments and evidence are known."""

import numpy as np
import pytest
from scipy import stats

from lensmith.fitting import StudentT, importance_sample, khat_threshold
from lensmith.fitting.importance import effective_size
from lensmith.fitting.student_t import mixture_log_density

from .densities import BANANA_BEND, banana, correlated_gaussian


def weighted_moments(draws):
    weights = np.exp(draws.log_weights)
    mean = weights @ draws.points
    return mean, (draws.points - mean).T * weights @ (draws.points - mean)


def test_a_gaussian_from_its_laplace_approximation():
    log_density, mean, covariance = correlated_gaussian()
    draws = importance_sample(log_density, mean, covariance, np.random.default_rng(1), 1000, 2000, 5)
    found_mean, found_covariance = weighted_moments(draws)
    sigma = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((found_mean - mean) / sigma, 0, atol=0.08)
    np.testing.assert_allclose(found_covariance / np.outer(sigma, sigma), covariance / np.outer(sigma, sigma), atol=0.1)
    assert draws.log_evidence == pytest.approx(0.0, abs=0.03)
    assert draws.k_hat < 0.3


def test_moment_matching_recovers_from_a_poor_proposal():
    log_density, mean, covariance = correlated_gaussian()
    start = mean + 1.2 * np.linalg.cholesky(covariance) @ np.ones(5)  # 2.7 sigma away
    rng = np.random.default_rng(2)
    once = importance_sample(log_density, start, 0.5 * covariance, rng, 256, 1e9, 1)
    often = importance_sample(log_density, start, 0.5 * covariance, rng, 256, 1e9, 8)
    assert often.ess > 5 * once.ess
    assert often.reliable, often.k_hat
    found, _ = weighted_moments(often)
    np.testing.assert_allclose((found - mean) / np.sqrt(np.diag(covariance)), 0, atol=0.15)


def test_a_banana_gets_its_moments():
    draws = importance_sample(banana, np.zeros(2), np.diag([1, 2.0]), np.random.default_rng(3), 6000, 1e9, 3)
    mean, covariance = weighted_moments(draws)
    np.testing.assert_allclose(mean, 0, atol=0.06)
    np.testing.assert_allclose(covariance, np.diag([1, 1 + 2 * BANANA_BEND**2]), atol=0.15)
    skewness = np.exp(draws.log_weights) @ draws.points[:, 1] ** 3
    assert skewness == pytest.approx(8 * BANANA_BEND**3, rel=0.3)


def test_a_proposal_that_misses_the_target_is_not_believed():
    target = lambda x: stats.t.logpdf(x, 1.0).sum(-1)  # Cauchy: no Student-t of 10 degrees covers its tails
    draws = importance_sample(target, np.zeros(4), 0.05 * np.eye(4), np.random.default_rng(4), 500, 1e9, 1)
    assert not draws.reliable


def test_it_stops_once_there_are_enough_draws():
    log_density, mean, covariance = correlated_gaussian()
    draws = importance_sample(log_density, mean, covariance, np.random.default_rng(1), 256, 100, 9)
    assert len(draws.points) == 256
    assert draws.ess >= 100


def test_points_without_probability_count_as_zero():
    half = lambda x: np.where(x[:, 0] > 0, -0.5 * (x**2).sum(-1), np.nan)
    draws = importance_sample(half, np.ones(2), np.eye(2), np.random.default_rng(5), 2000, 1e9, 2)
    mean, _ = weighted_moments(draws)
    assert mean[0] == pytest.approx(np.sqrt(2 / np.pi), abs=0.05)
    assert np.exp(draws.log_weights[draws.points[:, 0] <= 0]).sum() == 0


def test_resampled_draws_follow_the_weights():
    draws = importance_sample(banana, np.zeros(2), np.diag([1, 2.0]), np.random.default_rng(3), 2000, 1e9, 2)
    index = draws.resample(20_000, np.random.default_rng(0))
    share = np.bincount(index, minlength=len(draws.points)) / len(index)
    np.testing.assert_allclose(share, np.exp(draws.log_weights), atol=1.01 / len(index))


def test_same_seed_same_draws():
    one, two = (importance_sample(banana, np.zeros(2), np.eye(2), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.points, two.points)


def test_student_t_against_scipy():
    _, mean, scale = correlated_gaussian(3, 8)
    part = StudentT(mean, scale, 5.0)
    points = part.draw(400, np.random.default_rng(0))
    reference = stats.multivariate_t(mean, scale, df=5.0)
    np.testing.assert_allclose(part.log_density(points), reference.logpdf(points), rtol=1e-10)
    wide = StudentT(mean, 9 * scale, 5.0)
    mixed = mixture_log_density([part, wide], [0.25, 0.75], points)
    expected = 0.25 * np.exp(part.log_density(points)) + 0.75 * np.exp(wide.log_density(points))
    np.testing.assert_allclose(np.exp(mixed), expected, rtol=1e-10)


def test_effective_size_of_equal_and_of_lone_weights():
    assert effective_size(np.zeros(50)) == pytest.approx(50)
    assert effective_size(np.array([0.0, -800.0, -900.0])) == pytest.approx(1)


def test_threshold_of_k_hat():
    assert khat_threshold(100) == pytest.approx(0.5)
    assert khat_threshold(1000) == pytest.approx(2 / 3)
    assert khat_threshold(100_000) == pytest.approx(0.7)
