"""Estimates of several views made one."""

import numpy as np
import pytest

from lensmith.nets.estimator import NAMES
from lensmith.nets.pooling import pooled, turned

MEAN = np.array([1.2, 0.2, -0.1, 0.05, 0.02, 0.04, 0.03])
COVARIANCE = np.diag([0.05, 0.02, 0.03, 0.01, 0.01, 0.02, 0.02]) ** 2
E1, E2, X, Y = (NAMES.index(name) for name in ("e1", "e2", "x_lens", "y_lens"))


def shape(phi, size=0.3):
    out = MEAN.copy()
    out[[E1, E2]] = size * np.cos(2 * phi), size * np.sin(2 * phi)
    out[5:7] = 0.1 * out[[E1, E2]]
    return out


@pytest.mark.parametrize("alpha", [0.3, np.pi / 2, -1.0])
def test_shapes_and_centre_turn_with_the_frame(alpha):
    c, s = np.cos(alpha), np.sin(alpha)
    mean, covariance = turned(shape(0.2), COVARIANCE, 0.05 * np.array([[c, -s], [s, c]]))
    expected = shape(0.2 + alpha)
    expected[[X, Y]] = c * MEAN[X] - s * MEAN[Y], s * MEAN[X] + c * MEAN[Y]
    assert mean == pytest.approx(expected)
    assert np.trace(covariance) == pytest.approx(np.trace(COVARIANCE))


def test_shapes_are_mirrored_with_the_frame():
    mean, _ = turned(shape(0.2), COVARIANCE, np.diag([-0.05, 0.05]))
    expected = shape(np.pi - 0.2)
    expected[X] *= -1
    assert mean == pytest.approx(expected)


def test_a_correlation_of_shape_and_centre_turns_with_both():
    """A quarter turn takes an ellipticity along x to one along y, and a centre on the right to one above."""
    covariance = COVARIANCE.copy()
    covariance[E1, X] = covariance[X, E1] = 1e-4
    _, quarter = turned(MEAN, covariance, np.array([[0.0, -1.0], [1.0, 0.0]]))
    assert quarter[E1, Y] == pytest.approx(-1e-4)
    assert quarter[E1, X] == pytest.approx(0, abs=1e-12)


def test_views_that_agree_are_no_surer_than_one():
    mean, covariance = pooled(np.stack([MEAN] * 3), np.stack([COVARIANCE] * 3))
    assert mean == pytest.approx(MEAN)
    assert covariance == pytest.approx(COVARIANCE)


def test_the_surer_view_counts_more_and_the_spread_is_added():
    other = MEAN * [1.3, 1, 1, 1, 1, 1, 1]
    mean, covariance = pooled(np.stack([MEAN, other]), np.stack([COVARIANCE, 25 * COVARIANCE]))
    assert MEAN[0] < mean[0] < MEAN[0] * 1.04
    same, equal = pooled(np.stack([MEAN, other]), np.stack([COVARIANCE] * 2))
    assert covariance[0, 0] < equal[0, 0]
    # The second one's error is as large relative to a larger radius, so it counts a little more.
    expected = np.average(np.log([1.2, 1.56]), weights=[1.2**2, 1.56**2])
    assert np.log(same[0]) == pytest.approx(expected)
    assert equal[0, 0] > 0.05**2 + (0.9 * 0.18) ** 2


def test_the_centre_is_the_first_views():
    other = MEAN.copy()
    other[X] += 1.0
    mean, covariance = pooled(np.stack([MEAN, other]), np.stack([COVARIANCE] * 2))
    assert mean[X] == MEAN[X]
    assert covariance[X, X] == pytest.approx(COVARIANCE[X, X])
