"""A strange mass is held to that of lens galaxies where that costs the data little, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from lensmith.data import Findings
from lensmith.modelling import ModelSettings, model
from lensmith.modelling.held import hold_to_population
from lensmith.modelling.solve import solve

from .mock_lens import TRUTH, mock_band, mock_cutout

GAMMA, SHEAR = 1, slice(6, 8)


def bent(solved, **change):
    """The same with the mass of its final fit changed, whatever the data say."""
    theta = solved.final.theta.copy()
    theta[GAMMA] = change.get("gamma", theta[GAMMA])
    theta[SHEAR] = change.get("shear", theta[SHEAR])
    final = replace(solved.final, theta=theta, state=solved.final.objective.evaluate(theta))
    return replace(solved, final=final)


def test_a_mass_that_the_data_do_not_ask_for_is_given_up():
    solved = solve(mock_cutout(), ModelSettings())
    strange = bent(solved, gamma=1.4, shear=[0.2, 0.1])
    held = hold_to_population(strange)
    assert held.free is strange.final
    assert np.exp(held.final.theta[0]) == pytest.approx(TRUTH["theta_E"], rel=0.02)
    assert held.final.theta[GAMMA] == pytest.approx(solved.run.settings.slope_mean, abs=0.1)
    assert np.hypot(*held.final.theta[SHEAR]) < 0.06
    assert held.solutions[0].score == strange.solutions[0].score, "rivals have not been held: no gain over them"
    assert "held" in held.seconds


@pytest.mark.slow
def test_a_strong_shear_that_the_data_do_ask_for_stays():
    truth = TRUTH | {"gamma1": 0.14, "gamma2": -0.1}
    solved = solve(mock_cutout(mock_band(truth=truth, sigma=0.001, source_flux=20.0)), ModelSettings())
    assert np.hypot(*solved.final.theta[SHEAR]) > 0.15
    kept = hold_to_population(solved)
    assert kept.final is solved.final
    assert kept.free is None


@pytest.mark.slow
def test_the_record_says_that_the_mass_was_held(monkeypatch):
    monkeypatch.setattr("lensmith.modelling.judged.has_strange_mass", lambda evidence: True)
    monkeypatch.setattr(
        "lensmith.modelling.judged.solve", lambda *given: bent(solve(*given), gamma=1.4, shear=[0.2, 0.1])
    )
    fit = model(mock_cutout(), findings=Findings(p_lens=0.99))
    (note,) = [note for note in fit.notes if "held" in note]
    assert "left free the fit has theta_E 1.2" in note
    assert "gamma 1.40" in note
    assert fit.verdict.value == "accept"
