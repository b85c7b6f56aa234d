"""Non-negative least squares against SciPy's, and its warm start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from lensmith.fitting import solve_nonnegative


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), columns=st.integers(1, 12))
def test_agrees_with_scipy(seed, columns):
    rng = np.random.default_rng(seed)
    design, data = rng.normal(size=(40, columns)), rng.normal(size=40)
    amplitudes, passive = solve_nonnegative(design.T @ design, design.T @ data, np.zeros(columns, bool))
    expected, _ = nnls(design, data)
    np.testing.assert_allclose(amplitudes, expected, atol=2e-6)
    assert (amplitudes[~passive] == 0).all()


def test_free_columns_may_be_negative():
    design = np.eye(3)
    amplitudes, _ = solve_nonnegative(design, np.array([-1.0, -2.0, 3.0]), np.array([True, False, False]))
    np.testing.assert_allclose(amplitudes, [-1, 0, 3], atol=1e-6)


@pytest.mark.parametrize("start", [np.ones(8, bool), np.arange(8) % 2 == 0])
def test_start_does_not_change_the_solution(start):
    rng = np.random.default_rng(3)
    design, data = rng.normal(size=(30, 8)), rng.normal(size=30)
    gram, vector, free = design.T @ design, design.T @ data, np.zeros(8, bool)
    cold, _ = solve_nonnegative(gram, vector, free)
    warm, _ = solve_nonnegative(gram, vector, free, start)
    np.testing.assert_allclose(warm, cold, atol=1e-6)


def test_nearly_parallel_columns_stay_solvable():
    base = np.linspace(0, 1, 50)
    design = np.stack([base, base * (1 + 1e-9), 1 - base], 1)
    amplitudes, _ = solve_nonnegative(design.T @ design, design.T @ (2 * base), np.zeros(3, bool))
    np.testing.assert_allclose(design @ amplitudes, 2 * base, atol=1e-5)
