"""Completeness in bins, priors and purity."""

import numpy as np
import pytest

from lensmith.errors import InputError
from lensmith.metrics import Interval, at_prior, completeness, purity


def test_bins_hold_every_finite_value_once():
    values = np.r_[np.random.default_rng(0).normal(size=97), np.nan]
    bins = completeness(values, values > 0, bins=5)
    assert sum(one.n for one in bins) == 97
    assert sum(one.found for one in bins) == (values > 0).sum()
    assert bins[0].share.value == 0
    assert bins[-1].share.value == 1
    assert all(one.share.low <= one.share.value <= one.share.high for one in bins)


def test_one_value_or_none():
    (only,) = completeness([2.0] * 4, [True, True, False, False])
    assert only.share.value == 0.5
    assert completeness([], []) == []


def test_a_rarer_lens_is_less_probable_and_back():
    p = np.linspace(0.01, 0.99, 9)
    rare = at_prior(p, 1e-3)
    assert (rare < p).all()
    assert at_prior(rare, 0.5, 1e-3) == pytest.approx(p)
    assert at_prior([0.5], 1e-3) == pytest.approx([1e-3])
    with pytest.raises(InputError, match="prior"):
        at_prior(p, 0)


def test_purity_is_bayes():
    found = purity(Interval(0.9, 0.8, 0.95), Interval(0.01, 0.005, 0.02), 1e-3)
    assert found.value == pytest.approx(0.9e-3 / (0.9e-3 + 0.01 * 0.999))
    assert found.low < found.value < found.high
