"""R-hat and effective sample size against ArviZ and on chains whose answer is known."""

import arviz
import numpy as np
import pytest
from scipy.signal import lfilter

from lensmith.fitting import bulk_ess, r_hat


def autoregressive(rho, chains=4, n=1000, seed=0):
    noise = np.random.default_rng(seed).normal(size=(chains, n))
    return lfilter([np.sqrt(1 - rho**2)], [1, -rho], noise, axis=1)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.95, -0.4])
def test_against_arviz(rho):
    chains = autoregressive(rho)
    assert r_hat(chains) == pytest.approx(float(arviz.rhat(chains)), abs=1e-6)
    assert bulk_ess(chains) == pytest.approx(float(arviz.ess(chains, method="bulk")), rel=0.05)


def test_chains_of_different_place_or_scale_disagree():
    chains = autoregressive(0.2)
    assert r_hat(chains) < 1.01
    assert r_hat(chains + np.array([0, 0, 0, 1.5])[:, None]) > 1.1
    assert r_hat(chains * np.array([1, 1, 1, 3])[:, None]) > 1.1


def test_a_chain_that_does_not_move():
    assert r_hat(np.ones((4, 100))) == 1.0
    assert r_hat(np.arange(4.0)[:, None] * np.ones(100)) > 10
