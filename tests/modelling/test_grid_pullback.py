"""What is gone through backwards by hand is the derivative of what is drawn."""

import jax.numpy as jnp
import numpy as np
import pytest

from lensmith.fitting.jax_setup import use_double_precision
from lensmith.modelling.grid_pullback import MODE_BLOCK, grid_pullback
from lensmith.modelling.lensed_source import GRID_SIDE, node_columns

use_double_precision()

SIDE, SCALE, SPACING = 32, 0.1, 0.03
CORE = np.array([np.log(0.8), 2.1, 0.1, -0.05, 0.013, 0.021, 0.03, -0.02, 0.1, -0.05, 0.1, 0.05, np.log(0.11)])
OF_THE_LENS = range(10)
"""The shape and size of the source's Gaussians do not move its grid."""


@pytest.mark.parametrize(("supersampling", "modes"), [(2, MODE_BLOCK + 5), (1, 3)])
def test_against_differences(supersampling, modes):
    rng = np.random.default_rng(3)
    steps = (np.arange(SIDE * supersampling) - (SIDE * supersampling - 1) / 2) * SCALE / supersampling
    x, y = np.meshgrid(steps, steps)
    kernel = np.zeros((SIDE, SIDE))
    kernel[:4, :3] = rng.uniform(0.1, 1, (4, 3))
    observed_with = jnp.asarray(np.fft.rfft2(kernel / kernel.sum())), SIDE, supersampling
    vectors, cotangent = rng.normal(size=(GRID_SIDE**2, modes)), rng.normal(size=(modes, SIDE**2))

    def total(core):
        nodes = np.asarray(node_columns(jnp.asarray(core), SPACING, jnp.asarray(x), jnp.asarray(y), *observed_with))
        return np.sum((vectors.T @ nodes.reshape(GRID_SIDE**2, -1)) * cotangent)

    expected = [
        (total(CORE + 1e-5 * step) - total(CORE - 1e-5 * step)) / 2e-5 for step in np.eye(len(CORE))[OF_THE_LENS]
    ]
    found = grid_pullback(CORE, vectors, cotangent, SPACING, x, y, *observed_with)
    assert (found[len(OF_THE_LENS) :] == 0).all()
    # Points beyond the reach of the nodes are left out of one and not of the other.
    np.testing.assert_allclose(found[OF_THE_LENS], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    assert (np.abs(expected) > 1e-3 * np.abs(expected).max()).sum() >= len(OF_THE_LENS) - 2


def test_a_grid_that_lights_up_nothing_has_no_gradient():
    steps = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(steps, steps)
    far = CORE.copy()
    far[8] = 50.0
    observed_with = jnp.asarray(np.fft.rfft2(np.eye(SIDE))), SIDE, 1
    found = grid_pullback(far, np.ones((GRID_SIDE**2, 1)), np.ones((1, SIDE**2)), SPACING, x, y, *observed_with)
    np.testing.assert_array_equal(found, np.zeros(len(CORE)))
