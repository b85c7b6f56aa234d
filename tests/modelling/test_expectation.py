from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling.expectation import NEEDED, expectation_of
from lensmith.modelling.modes import population_log_density

NAMES = ("theta_E", "e1", "e2", "x_lens", "y_lens", "gamma1", "gamma2")


def findings(theta_E=1.2, sigma=0.3, names=NAMES):
    mean = {"theta_E": theta_E, "e1": 0.1, "e2": -0.05, "gamma2": 0.02}
    width = {"theta_E": sigma, "e1": 0.05, "e2": 0.05}
    return SimpleNamespace(
        parameters=names,
        mean=np.array([mean.get(name, 0.0) for name in names]),
        covariance=np.diag([width.get(name, 0.03) ** 2 for name in names]),
    )


def test_widths_are_doubled_and_theta_E_taken_in_its_logarithm():
    expected = expectation_of(findings())
    assert expected.log_radius == pytest.approx((np.log(1.2), 2 * 0.3 / 1.2))
    assert np.sqrt(expected.covariance[1, 1]) == pytest.approx(0.1)


def test_a_network_that_is_too_sure_is_not_taken_at_its_word():
    assert expectation_of(findings(sigma=1e-3)).log_radius[1] == pytest.approx(0.1)


def test_an_estimate_counts_but_cannot_rule_out_what_it_does_not_expect():
    expected = expectation_of(findings(sigma=0.06))
    gain = lambda radius: expected.radius_log_density(np.log(radius)) - population_log_density(np.log(radius))
    assert 0.3 < gain(1.2) < 2
    # As if one estimate in five said nothing.
    assert gain(3.0) == pytest.approx(np.log(0.2), abs=1e-3)


@pytest.mark.parametrize(
    "said", [None, findings(names=()), findings(names=("theta_E",)), findings(theta_E=-0.1)], ids=str
)
def test_who_says_too_little_does_not_count(said):
    assert expectation_of(said) is None


def test_lenses_to_try_begin_with_the_mean_spread_like_the_posterior_and_stay_in_range():
    expected = expectation_of(findings())
    many = expected.lenses((0.01, 100.0), 4000)
    assert many.shape == (4000, len(NEEDED))
    np.testing.assert_allclose(many[0], [1.2, 0.1, -0.05, 0.0, 0.02])
    np.testing.assert_allclose(np.std(np.log(many[:, 0])), expected.log_radius[1], rtol=0.03)
    few = expected.lenses((1.0, 1.4))
    assert few[:, 0].min() >= 1.0
    assert few[:, 0].max() <= 1.4
    np.testing.assert_array_equal(few, expected.lenses((1.0, 1.4)))
