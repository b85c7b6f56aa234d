"""The section on both engines, from rows."""

import pytest
from benchmarks.engines import apart, section


def row(theta_E: float, r_hat=None) -> dict:
    errors = {"statistical": 0.003, "total": 0.03, "cpu_seconds": 10.0}
    other = errors | {"theta_E": theta_E, "r_hat": r_hat, "cpu_seconds": 400.0}
    fast = errors | {"theta_E": 1.0, "r_hat": None}
    return {"name": "a", "bands": ["g", "r"], "truth": 1.0, "fast": fast, "lenstronomy": other}


def test_how_far_the_engines_are_apart():
    assert apart(row(1.03), "total") == pytest.approx(0.03 / (0.03 * 2**0.5))
    assert apart(row(0.97), "statistical") < -7


def test_lenses_within_two_errors_are_counted():
    text = section([row(1.03, 1.2), row(1.2)])
    assert "Within 2 total errors: 1 of 2." in text
    assert "compilation included: 40 in the median" in text
    assert "| 1.20 |" in text
