import numpy as np
import pytest

from lensmith.modelling.intervals import estimate

RNG = np.random.default_rng(3)


def test_of_two_solutions_the_value_is_the_chosen_one_and_the_interval_holds_both():
    chosen = np.arange(2000) < 1040
    draws = np.where(chosen, 1.11, 0.70) + 0.01 * RNG.normal(size=2000)
    found = estimate("theta_E", 1.11, draws, 0.02, chosen=chosen)
    assert found.median == pytest.approx(1.11, abs=0.002)
    assert found.stat_lo == pytest.approx(0.70, abs=0.02)
    assert found.stat_hi == pytest.approx(1.12, abs=0.01)
    assert found.lo < found.stat_lo < found.median < found.stat_hi < found.hi


def test_a_chosen_solution_that_holds_few_of_the_draws_is_still_within_the_interval():
    chosen = np.arange(2000) < 200
    found = estimate("theta_E", 1.5, np.where(chosen, 1.5, 1.0) + 0.01 * RNG.normal(size=2000), 0.0, chosen=chosen)
    assert found.stat_lo < 1.1
    assert found.median == found.stat_hi == pytest.approx(1.5, abs=0.01)


def test_of_one_solution_the_value_is_the_median():
    draws = RNG.normal(1.2, 0.05, 5000)
    found = estimate("theta_E", 1.21, draws, 0.0)
    assert found.median == np.median(draws)
    assert (found.stat_lo, found.stat_hi) == (found.lo, found.hi)
