"""The Laplace approximation on Gaussians whose answer is known."""

import numpy as np

from lensmith.fitting import draw_truncated_normal, evidence_of_strength, laplace_covariance


def test_covariance_is_the_inverse():
    root = np.random.default_rng(0).normal(size=(5, 5))
    matrix = root @ root.T + np.diag([1e-6, 1, 10, 1e3, 1e6])
    np.testing.assert_allclose(laplace_covariance(matrix) @ matrix, np.eye(5), atol=1e-6)


def test_flat_direction_stays_finite():
    covariance = laplace_covariance(np.diag([1.0, 0.0, 4.0]))
    assert np.isfinite(covariance).all()
    assert covariance[1, 1] > covariance[0, 0]


def test_draws_have_the_moments_and_respect_the_box():
    rng = np.random.default_rng(2)
    covariance = np.array([[1.0, 0.6], [0.6, 2.0]])
    free = draw_truncated_normal(np.zeros(2), covariance, -np.full(2, 50), np.full(2, 50), 20_000, rng)
    np.testing.assert_allclose(np.cov(free.T), covariance, atol=0.08)
    boxed = draw_truncated_normal(np.zeros(2), covariance, np.zeros(2), np.full(2, 50), 500, rng)
    assert boxed.shape == (500, 2)
    assert (boxed >= 0).all()


def test_mean_in_a_corner_still_gives_all_draws():
    draws = draw_truncated_normal(
        np.full(6, -8.0), np.eye(6), np.zeros(6), np.ones(6), 300, np.random.default_rng(0), max_rounds=2
    )
    assert draws.shape == (300, 6)
    assert ((draws >= 0) & (draws <= 1)).all()


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
