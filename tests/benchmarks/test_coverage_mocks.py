"""A mock of the model itself whose best minimum the fit used to miss."""

import numpy as np
import pytest
from benchmarks.coverage_mocks import draw_mock, settings

from lensmith.modelling import model


@pytest.mark.slow
@pytest.mark.parametrize("index", [164, 298])
def test_the_best_minimum_in_ellipticity_and_shear_is_found(index):
    mock = draw_mock(index)
    fit = model(mock.cutout, settings("laplace", index))
    for name, place in (("e1", 2), ("e2", 3), ("gamma1", 6), ("gamma2", 7)):
        away = (np.median(fit.draws[name]) - mock.core[place]) / np.std(fit.draws[name])
        assert abs(away) < 4, (name, away)
    assert fit.verdict.value == "accept", fit.verdict.reasons


@pytest.mark.slow
def test_other_masses_find_a_solution_that_the_search_misses():
    # Without them it ends 28 % low.
    mock = draw_mock(643, seed=1)
    fit = model(mock.cutout, settings("laplace", 643).model_copy(update={"search_masses": 6}))
    assert abs(fit.parameters["theta_E"].median / np.exp(mock.core[0]) - 1) < 0.03
