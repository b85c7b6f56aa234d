"""Where a learning curve levels off: a power law's floor comes back, and a straight line has none."""

import numpy as np
import pytest
from benchmarks.asymptote import floor_interval, floor_of, in_one_ratio


@pytest.mark.parametrize("slope", [0.2, 0.5, 1.0])
def test_the_floor_of_a_power_law_is_found(slope):
    sizes = np.array([2800.0, 14000.0, 70000.0])
    assert floor_of(0.08 + 3 * sizes**-slope) == pytest.approx(0.08, abs=1e-9)


@pytest.mark.parametrize("errors", [[0.5, 0.4, 0.3], [0.5, 0.45, 0.3], [0.5, 0.4, 0.41]])
def test_errors_that_do_not_level_off_have_no_floor(errors):
    assert np.isnan(floor_of(np.array(errors)))


def test_a_floor_below_nothing_is_nothing():
    assert floor_of(np.array([0.5, 0.25, 0.05])) == 0


def test_sizes_in_one_ratio():
    assert in_one_ratio([2800, 14000, 70000])
    assert not in_one_ratio([3500, 14000, 70000])
    assert not in_one_ratio([2800, 14000])


def test_the_interval_holds_the_floor_and_counts_resamples_without_one():
    random = np.random.default_rng(3)
    wrong = random.random(20000) < np.array([0.4, 0.2, 0.15])[:, None]
    floor, low, high, without = floor_interval(wrong, resamples=200)
    assert low < 0.15 - 0.05**2 / 0.15 < high
    assert low < floor < high
    assert without == 0
    line = random.random(500) < np.array([0.4, 0.3, 0.2])[:, None]
    assert 0.1 < floor_interval(line, resamples=200)[3] < 0.9
