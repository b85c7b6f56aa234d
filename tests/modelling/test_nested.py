import numpy as np
import pytest
from scipy.stats import norm

from lensmith.fitting import GaussianPrior
from lensmith.modelling.nested import LARGEST, NESTED, log_bayes_factors
from lensmith.modelling.parameters import CORE


def draws_and_prior(measured: dict[str, float], error: float, n: int = 200_000):
    """Posterior draws of parameters with Gaussian priors, each measured once with a Gaussian error."""
    rng = np.random.default_rng(0)
    mean, sigma = np.zeros(len(CORE)), np.ones(len(CORE))
    mean[CORE.index("gamma")], sigma[CORE.index("gamma")] = 2.05, 0.12
    for name in ("gamma1", "gamma2"):
        sigma[CORE.index(name)] = 0.05
    draws = rng.normal(mean, sigma, (n, len(CORE)))
    for name, value in measured.items():
        index = CORE.index(name)
        precision = 1 / error**2 + 1 / sigma[index] ** 2
        best = (value / error**2 + mean[index] / sigma[index] ** 2) / precision
        draws[:, index] = rng.normal(best, precision**-0.5, n)
    return draws, GaussianPrior(mean, sigma)


@pytest.mark.parametrize("gamma1", [0.0, 0.03, 0.08])
def test_the_bayes_factor_of_shear_is_the_ratio_of_the_evidences(gamma1):
    measured = {"gamma1": gamma1, "gamma2": 0.01}
    found = log_bayes_factors(*draws_and_prior(measured, 0.02))["log_bayes_shear"]
    wide, narrow = np.hypot(0.02, 0.05), 0.02
    expected = sum(norm.logpdf(v, 0, wide) - norm.logpdf(v, 0, narrow) for v in measured.values())
    assert found == pytest.approx(expected, abs=0.05)


def test_a_slope_that_nothing_measures_favours_neither():
    assert log_bayes_factors(*draws_and_prior({}, 1.0))["log_bayes_epl"] == pytest.approx(0, abs=0.02)


def test_far_out_in_the_tail_it_is_cut():
    found = log_bayes_factors(*draws_and_prior({"gamma": 2.4}, 1e-3))
    assert found["log_bayes_epl"] == LARGEST
    assert set(found) == set(NESTED)
