"""Accuracy, calibration, masks, coverage and the bootstrap against values worked out by hand."""

import math

import numpy as np
import pytest

from lensmith import metrics
from lensmith.errors import InputError


def test_wilson_interval_of_a_textbook_case():
    """Newcombe 1998, Statistics in Medicine 17, 857, table I: 81 of 263, and 0 of 20."""
    found = metrics.wilson_interval(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    found = metrics.wilson_interval(0, 20)
    assert (found.value, found.low, round(found.high, 4)) == (0, 0, 0.1611)
    assert math.isnan(metrics.wilson_interval(0, 0).value)


def test_confusion_rows_are_the_truth():
    confusion = metrics.confusion_matrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2], 3)
    assert confusion.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    precision, recall = metrics.precision_and_recall(confusion)
    assert precision == pytest.approx([1 / 2, 1 / 2, 1])
    assert recall == pytest.approx([1 / 2, 1, 2 / 3])


def test_accuracy_counts_the_most_probable_class():
    found = metrics.accuracy([0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    assert found.value == pytest.approx(2 / 3)


def test_calibration_of_probabilities_that_tell_the_truth_and_of_some_that_boast():
    random = np.random.default_rng(0)
    right = random.uniform(0.5, 1, 20000)
    labels = (random.random(20000) >= right).astype(int)
    honest = np.stack([right, 1 - right], 1)
    assert metrics.expected_calibration_error(labels, honest) < 0.015
    boasting = np.full((20000, 2), [0.99, 0.01])
    expected = 0.99 - np.mean(labels == 0)
    assert metrics.expected_calibration_error(labels, boasting) == pytest.approx(expected, abs=1e-9)


def test_reliability_bins_hold_equally_many():
    found = metrics.reliability(np.linspace(0, 1, 100), np.ones(100, bool), bins=10)
    assert found.count.tolist() == [10] * 10
    assert np.all(np.diff(found.confidence) > 0)


def test_brier_and_log_loss():
    assert metrics.brier_score([0, 1], [[1, 0], [1, 0]]) == 1
    assert metrics.log_loss([0], [[0.25, 0.75]]) == pytest.approx(math.log(4))


def test_masks_and_the_rule_of_empty_ones():
    truth, predicted = np.zeros((2, 4, 8, 8), bool)
    truth[:2, 2:6, 2:6] = True
    predicted[0, 2:6, 4:8] = True
    predicted[2, 0, 0] = True
    found = metrics.mask_scores(truth, predicted)
    assert found.iou == pytest.approx([8 / 24, 0, 0, 1])
    assert found.dice == pytest.approx([0.5, 0, 0, 1])
    assert found.precision == pytest.approx([0.5, np.nan, 0, 1], nan_ok=True)
    assert found.recall == pytest.approx([0.5, 0, np.nan, 1], nan_ok=True)


def test_boundary_f_forgives_a_shift_within_the_tolerance_only():
    truth, near, far = np.zeros((3, 40, 40), bool)
    truth[10:20, 10:20] = near[10:20, 11:21] = far[10:20, 26:36] = True
    assert metrics.boundary_f(truth, truth) == 1
    assert metrics.boundary_f(truth, near, tolerance=1) == 1
    assert 0 < metrics.boundary_f(truth, near, tolerance=0.5) < 1
    assert metrics.boundary_f(truth, far) == 0
    assert metrics.boundary_f(truth, truth & False) == 0
    assert metrics.boundary_f(truth & False, truth & False) == 1
    assert metrics.boundary(truth).sum() == 36


def test_coverage_and_ranks_of_a_right_and_of_a_narrow_posterior():
    random = np.random.default_rng(4)
    truth = random.normal(size=3000)
    right, narrow = random.normal(size=(2, 3000, 99)) * [[[1.0]], [[0.5]]]
    inner, outer = metrics.posterior_coverage(truth, right, [0.68, 0.95])
    assert inner.low < 0.68 < inner.high
    assert abs(outer.value - 0.95) < 0.02
    assert metrics.posterior_coverage(truth, narrow, [0.68])[0].high < 0.5
    ranks = metrics.sbc_ranks(truth, right)
    assert ranks.min() >= 0
    assert ranks.max() <= 99
    assert metrics.rank_uniformity(ranks, 99) > 1e-3
    assert metrics.rank_uniformity(metrics.sbc_ranks(truth, narrow), 99) < 1e-6


def test_paired_bootstrap_sees_a_difference_that_unpaired_intervals_hide():
    random = np.random.default_rng(5)
    hard = random.random(1000) < 0.5
    first = hard
    second = hard & (random.random(1000) < 0.95)
    share = lambda correct: lambda count: float(count @ correct / count.sum())
    found = metrics.paired_bootstrap(share(first), share(second), 1000, resamples=300)
    assert found.low > 0
    alone = metrics.bootstrap_interval(share(first), 1000, resamples=300)
    assert alone.low < np.mean(second)


def test_wrong_use_is_refused():
    with pytest.raises(InputError, match="do not pair up"):
        metrics.sbc_ranks([1, 2], [[1, 2]])
    with pytest.raises(InputError, match="cannot be compared"):
        metrics.mask_scores(np.ones((2, 2), bool), np.ones((3, 3), bool))
    with pytest.raises(InputError, match="between 0 and the number of draws"):
        metrics.rank_uniformity([12], 10)
