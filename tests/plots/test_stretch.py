import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lensmith.plots.stretch import Stretch, arc_stretch, flux_stretch, roundest, source_stretch

STRETCHES = [Stretch(-1.0, 50.0, 0.3, 0.1), Stretch(-5.0, 5.0), Stretch(1e-13, 4e-11, 1e-13, 2e-13)]


@pytest.mark.parametrize("stretch", STRETCHES)
def test_ends_and_inverse(stretch):
    assert stretch(stretch.low) == pytest.approx(0.0, abs=1e-12)
    assert stretch(stretch.high) == pytest.approx(1.0)
    positions = np.linspace(0, 1, 7)
    assert stretch(stretch.inverse(positions)) == pytest.approx(positions, abs=1e-9)


def test_linear_near_zero_and_logarithmic_far_out():
    stretch = Stretch(-1.0, 1000.0, 1.0, 0.0)
    near = np.diff(stretch(np.array([0.0, 0.01, 0.02])))
    far = np.diff(stretch(np.array([10.0, 100.0, 1000.0])))
    assert near[0] == pytest.approx(near[1], rel=1e-3)
    assert far[0] == pytest.approx(far[1], rel=2e-2)


@pytest.mark.parametrize("stretch", STRETCHES)
def test_ticks_are_round_inside_and_apart(stretch):
    ticks = stretch.ticks()
    assert 2 <= len(ticks) <= 4
    assert all(stretch.low <= tick <= stretch.high for tick in ticks)
    assert all(float(f"{tick:.2g}") == pytest.approx(tick) for tick in ticks)
    assert np.diff(stretch(np.array(ticks))).min() > 0.1


@settings(deadline=None, max_examples=60)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_roundest_lies_between_and_has_no_more_digits_than_needed(low, width):
    found = roundest(low, low + width)
    slack = 1e-9 * (abs(low) + width)
    assert low - slack <= found <= low + width + slack
    power = math.floor(math.log10(width))
    step = 10.0 ** (power - 1)
    assert found / step == pytest.approx(round(found / step), abs=1e-4)


def test_faint_pixels_sit_low_and_the_brightest_at_the_top():
    rng = np.random.default_rng(1)
    image = 500 + rng.normal(size=(60, 60)) * 2
    image[28:32, 28:32] = 900
    stretch = flux_stretch(image, np.full_like(image, 2.0))
    assert np.median(stretch(image)) < 0.35
    assert stretch.width == 6.0
    assert stretch(900.0) >= 0.9


def test_masked_and_bad_pixels_do_not_count():
    image = np.zeros((20, 20))
    image[:, 10:] = 1.0
    image[0, 0], image[1, 1], image[5, 5] = np.nan, np.inf, 1e9
    mask = np.ones_like(image, bool)
    mask[5, 5] = False
    assert flux_stretch(image, np.full_like(image, 0.1), mask).high < 2


@pytest.mark.parametrize("value", [np.nan, 0.0, 7.0, -3.0])
def test_an_image_without_structure_still_has_a_scale(value):
    stretch = flux_stretch(np.full((5, 5), value))
    assert stretch.high > stretch.low
    assert np.isfinite(stretch(np.array([0.0, 1.0]))).all()


def test_source_runs_from_nothing_to_its_peak():
    stretch = source_stretch(np.array([[-1.0, 4.0], [np.nan, 2.0]]))
    assert (stretch.low, stretch.high) == (0.0, 4.0)
    assert source_stretch(np.full((3, 3), np.nan)).high == 1.0


def test_arcs_fill_their_scale_and_the_noise_stays_dark():
    rng = np.random.default_rng(4)
    image, noise = rng.normal(size=(50, 50)), np.ones((50, 50))
    arcs = np.zeros((50, 50), bool)
    arcs[20:25] = True
    image[arcs] += 40
    image[0, 0] = 1e6  # a cosmic ray outside the arcs
    stretch = arc_stretch(image, noise, np.ones_like(arcs), arcs)
    assert 40 < stretch.high < 46
    assert np.median(stretch(image[~arcs])) < 0.3
    assert arc_stretch(image, noise, ~arcs, arcs).high > stretch.low
