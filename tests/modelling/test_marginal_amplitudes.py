"""The source's amplitudes are marginalised over: the gradient of the loss holds with the log-determinant in it."""

import numpy as np
import pytest

from lensmith.modelling.joint import JointObjective, SourceGrid, field_band
from lensmith.modelling.lens_light import fit_lens_light
from lensmith.modelling.prepare import prepare_band
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.source_grid import source_grid

from .mock_lens import TRUTH, mock_band

CORE = np.array([np.log(1.2), 2.0, 0.1, -0.05, 0, 0, 0.03, 0.02, 0.1, -0.08, 0.02, 0.01, np.log(0.05)])
MOVING = range(10)
"""The shape and size of the source's Gaussians do not move its grid."""


@pytest.fixture(scope="module")
def objective():
    settings = ModelSettings()
    band = mock_band(side=64)
    prepared = prepare_band(band, band.pixel_scale * np.eye(2), ((64 - 1) / 2 + 1.2, (64 - 1) / 2 - 0.8))
    light = fit_lens_light(prepared, settings)
    unit_grid, unit = source_grid(CORE, np.ones(5))
    amplitude = 50.0  # structure of about the true source's brightness
    grid = SourceGrid(unit_grid.spacing, unit / amplitude**2)
    return JointObjective([field_band(prepared, light, settings, 1.55, None, grid=grid)])


def difference(objective, index, step, value):
    ends = []
    for sign in (1, -1):
        theta = CORE.copy()
        theta[index] += sign * step
        ends.append(value(objective.evaluate(theta)))
    return (ends[0] - ends[1]) / (2 * step)


def test_the_log_determinant_counts_in_the_loss(objective):
    state = objective.evaluate(CORE)
    part = state.bands[0]
    assert part.log_determinant != 0
    assert objective.cost(state) == pytest.approx(part.chi2 + part.penalty + part.log_determinant)


def test_the_gradient_of_the_log_determinant(objective):
    """Also a guard against what XLA did to it: docs/decisions/0005-marginal-source.md."""
    state = objective.evaluate(CORE)
    analytic = objective.bands[0].projected._log_determinant_gradient(CORE, state.bands[0])
    numeric = [0.5 * difference(objective, k, 1e-3, lambda s: s.bands[0].log_determinant) for k in MOVING]
    scale = np.abs(numeric).max()
    np.testing.assert_allclose(analytic[list(MOVING)], numeric, rtol=0.05, atol=0.02 * scale)
    assert scale > 1


def test_the_truth_stands_near_the_lens(objective):
    """The mock's centre is where the grid's frame has it, else the gradients above were taken anywhere."""
    assert TRUTH["theta_E"] == pytest.approx(np.exp(CORE[0]))
    assert objective.evaluate(CORE).bands[0].chi2 < 2 * objective.bands[0].projected.n_pixels
