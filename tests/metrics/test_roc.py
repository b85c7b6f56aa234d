"""ROC and AUC against counting pairs, known curves and shuffled labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lensmith.errors import InputError
from lensmith.metrics import multiclass_auc, roc_auc, roc_curve, true_positive_rate_at


def auc_by_pairs(truth, score):
    positive, negative = score[truth], score[~truth]
    return np.mean((positive[:, None] > negative) + 0.5 * (positive[:, None] == negative))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(1, 6))
def test_auc_is_the_share_of_pairs_in_order_with_ties_half(seed, n, values):
    random = np.random.default_rng(seed)
    truth = random.permutation(np.arange(n) % 2 == 0)
    score = random.integers(0, values, n).astype(float)
    assert roc_auc(truth, score) == pytest.approx(auc_by_pairs(truth, score))


def test_auc_is_the_area_under_the_curve():
    random = np.random.default_rng(1)
    truth = random.random(300) < 0.3
    score = np.round(random.normal(size=300) + truth, 1)
    false, true, threshold = roc_curve(truth, score)
    assert roc_auc(truth, score) == pytest.approx(np.trapezoid(true, false))
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.all(np.diff(threshold) < 0)


def test_rate_at_a_false_positive_rate():
    truth = np.array([True, True, False, True, False, False])
    score = np.array([6.0, 5, 4, 3, 2, 1])
    assert true_positive_rate_at(truth, score, 0.0) == pytest.approx(2 / 3)
    assert true_positive_rate_at(truth, score, 1 / 3) == 1


def test_multiclass_names_each_class_the_mean_and_the_pool():
    random = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2], 80)
    logits = random.normal(size=(240, 3)) + 1.5 * np.eye(3)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    found = multiclass_auc(labels, probabilities, ["no", "sphere", "vort"], resamples=200)
    for k, name in enumerate(("no", "sphere", "vort")):
        assert found[name].value == pytest.approx(auc_by_pairs(labels == k, probabilities[:, k]))
        assert found[name].low < found[name].value < found[name].high
    assert found["macro"].value == pytest.approx(np.mean([found[name].value for name in ("no", "sphere", "vort")]))
    onehot = (labels[:, None] == np.arange(3)).ravel()
    assert found["micro"].value == pytest.approx(auc_by_pairs(onehot, probabilities.ravel()))


def test_a_missing_class_is_nan_and_stays_out_of_the_mean():
    found = multiclass_auc([0, 0, 1, 1], np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.1, 0.9, 0], [0.2, 0.8, 0]]))
    assert np.isnan(found["2"].value)
    assert found["macro"].value == 1


def test_bootstrap_interval_covers_about_as_often_as_it_says():
    """AUC of two unit Gaussians one sigma apart is Phi(1/sqrt 2) = 0.7602."""
    random = np.random.default_rng(3)
    inside = 0
    for trial in range(100):
        truth = np.arange(200) % 2 == 0
        score = random.normal(size=200) + truth
        probabilities = np.stack([-score, score], 1)
        low, high = multiclass_auc(truth.astype(int), probabilities, resamples=100, seed=trial)["1"][1:]
        inside += low <= 0.7602 <= high
    assert 86 <= inside <= 100


@pytest.mark.parametrize(
    ("labels", "probabilities", "says"),
    [
        ([0, 1], np.ones((3, 2)), "pair up"),
        ([0, 2], np.ones((2, 2)), "outside"),
        ([0, 1], [[np.nan, 1], [0, 1]], "NaN"),
    ],
)
def test_what_cannot_be_scored_is_refused(labels, probabilities, says):
    with pytest.raises(InputError, match=says):
        multiclass_auc(labels, probabilities)
