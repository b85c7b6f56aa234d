"""The bars of the coverage benchmark, on posteriors whose calibration is known."""

import numpy as np
import pytest
from benchmarks.coverage import LEVELS, NAMES, bars, summary


def rows_with(width: float, shift: float = 0.0) -> list[dict]:
    """Gaussian posteriors `width` times as wide as the scatter of their medians, which lie `shift` off."""
    rng, out = np.random.default_rng(5), []
    for _ in range(1000):
        away = rng.standard_normal(len(NAMES)) + shift
        draws = width * rng.standard_normal((400, len(NAMES))) + away[:, None].T
        row = {"truth": dict.fromkeys(NAMES, 0.0), "median": dict(zip(NAMES, np.median(draws, 0)))}
        row |= {"sigma": dict(zip(NAMES, draws.std(0))), "rank": dict(zip(NAMES, (draws < 0).mean(0)))}
        out.append(row)
    return out


def test_a_calibrated_posterior_meets_every_bar():
    rows = rows_with(1.0)
    assert all(line.endswith(": all.") for line in bars(rows))
    assert [summary(rows, "theta_E")[f"{level} %"] for level in LEVELS] == pytest.approx(LEVELS, abs=4)


def test_narrow_intervals_miss_all_three():
    coverage, width, ranks = bars(rows_with(0.7))
    for name in NAMES:
        assert f"{name} (68 %: " in coverage
        assert f"{name} (1." in width
        assert f"{name} (p " in ranks


def test_a_bias_tilts_the_ranks_though_the_width_is_right():
    coverage, _, ranks = bars(rows_with(1.0, shift=0.2))
    assert coverage.endswith("all.")
    assert all(name in ranks for name in NAMES)
