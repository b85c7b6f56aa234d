"""Hard limits as smooth coordinates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from lensmith.fitting import Box, importance_sample


@given(st.floats(-5, 5), st.floats(0.01, 10), st.floats(0.001, 0.999))
@settings(deadline=None, max_examples=50)
def test_there_and_back(low, width, share):
    box = Box(np.array([low]), np.array([low + width]))
    theta = np.array([low + share * width])
    np.testing.assert_allclose(box.to_box(box.from_box(theta)), theta, atol=1e-9 * width + 1e-12)


def test_limits_are_never_left_and_points_on_them_are_finite():
    box = Box(np.array([-0.4, 1.4]), np.array([0.4, 2.6]))
    far = box.to_box(np.array([[1e6, -1e6], [-50.0, 50.0]]))
    assert ((far >= box.low) & (far <= box.high)).all()
    assert np.isfinite(box.from_box(box.high)).all()
    assert np.isfinite(box.log_slope(np.array([1e4, -1e4])))


def test_slope_is_the_derivative():
    box = Box(np.array([-0.4, 1.4]), np.array([0.4, 2.6]))
    z = np.array([0.13, -0.7])
    jacobian = jax.jacfwd(box.to_box)(jnp.asarray(z))
    np.testing.assert_allclose(np.diag(jacobian), box.slope(z), rtol=1e-12)
    assert float(box.log_slope(z)) == pytest.approx(np.log(np.diag(jacobian)).sum())
    assert box.slope(box.from_box((box.low + box.high) / 2)) == pytest.approx(1.0)


def test_a_gaussian_cut_by_a_limit_is_sampled_as_such():
    box = Box(np.array([0.0]), np.array([2.0]))
    density = lambda theta: np.exp(-0.5 * ((theta + 0.5) / 0.6) ** 2)  # its maximum lies beyond the limit
    norm, mean = (quad(lambda t, k=k: t**k * density(t), 0, 2)[0] for k in (0, 1))
    target = lambda z: np.log(density(box.to_box(z)[:, 0])) + box.log_slope(z)
    start = box.from_box(np.array([0.3]))
    draws = importance_sample(target, start, np.array([[0.1]]), np.random.default_rng(0), 1000, 2500, 5)
    found = np.exp(draws.log_weights) @ box.to_box(draws.points)[:, 0]
    assert found == pytest.approx(mean / norm, rel=0.04)
    assert draws.log_evidence == pytest.approx(np.log(norm), abs=0.05)
