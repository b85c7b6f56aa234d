"""NUTS on densities whose moments are known."""

import numpy as np
import pytest

from lensmith.fitting import bulk_ess, r_hat, sample_nuts

from .densities import BANANA_BEND, banana

pytest.importorskip("numpyro")


def test_a_banana_gets_its_moments():
    chains = sample_nuts(banana, np.zeros(2), np.diag([1, 2.0]), seed=1, warm_up=200, draws=500)
    assert chains.points.shape == (4, 500, 2)
    assert chains.diverging.shape == chains.steps.shape == chains.log_target.shape == (4, 500)
    assert max(r_hat(chains.points[..., i]) for i in range(2)) < 1.03
    assert min(bulk_ess(chains.points[..., i]) for i in range(2)) > 200
    flat = chains.points.reshape(-1, 2)
    np.testing.assert_allclose(flat.mean(0), 0, atol=0.15)
    np.testing.assert_allclose(flat.var(0), [1, 1 + 2 * BANANA_BEND**2], rtol=0.25)
    np.testing.assert_allclose(chains.log_target.ravel(), banana(flat), rtol=1e-6)
