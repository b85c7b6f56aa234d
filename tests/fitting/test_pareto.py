"""Pareto smoothing against ArviZ, and on tails whose index is known."""

import arviz
import numpy as np
import pytest

from lensmith.fitting import pareto_smooth
from lensmith.fitting.pareto import fit_generalised_pareto


@pytest.mark.parametrize("tail", [0.1, 0.4, 0.7, 1.2])
@pytest.mark.parametrize("n", [200, 1000, 4000])
def test_weights_and_k_hat_against_arviz(tail, n):
    log_ratios = tail * np.random.default_rng([n, int(10 * tail)]).standard_exponential(n)
    weights, k_hat = pareto_smooth(log_ratios)
    reference, reference_k = arviz.psislw(log_ratios)
    assert k_hat == pytest.approx(float(reference_k), abs=1e-3)
    np.testing.assert_allclose(weights, reference, atol=2e-3)
    assert np.exp(weights).sum() == pytest.approx(1)


@pytest.mark.parametrize("shape", [-0.3, 0.2, 0.8])
def test_shape_of_a_generalised_pareto_distribution(shape):
    uniform = np.random.default_rng(0).random(20_000)
    found, sigma = fit_generalised_pareto(np.sort(2.0 * np.expm1(-shape * np.log1p(-uniform)) / shape))
    assert found == pytest.approx(shape, abs=0.03)
    assert sigma == pytest.approx(2.0, rel=0.04)


def test_smoothing_keeps_the_order_and_the_bulk():
    log_ratios = np.random.default_rng(1).normal(size=1000) * 1.5
    weights, _ = pareto_smooth(log_ratios)
    np.testing.assert_array_equal(np.argsort(weights), np.argsort(log_ratios))
    bulk = np.argsort(log_ratios)[:800]
    np.testing.assert_allclose(np.ptp((weights - log_ratios)[bulk]), 0, atol=1e-10)


def test_equal_ratios_are_perfect():
    weights, k_hat = pareto_smooth(np.zeros(100))
    np.testing.assert_allclose(weights, -np.log(100))
    assert k_hat == -np.inf


def test_nothing_finite_is_not_believed():
    weights, k_hat = pareto_smooth(np.array([-np.inf, np.nan, -np.inf]))
    assert np.exp(weights).sum() == pytest.approx(1)
    assert k_hat == np.inf


def test_too_few_draws_for_a_tail_are_not_believed():
    assert pareto_smooth(np.array([0.1, 0.3, 0.2, 0.9]))[1] == np.inf
