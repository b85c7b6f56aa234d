"""Two sources at two distances behind one lens, and what only looks like that."""

from dataclasses import replace

import numpy as np
import pytest

from lensmith.data import Findings
from lensmith.modelling import double_plane, model
from lensmith.modelling.modes import Parity
from lensmith.modelling.second_source import GAIN_OF_ARC, GAIN_OF_MISFIT, SecondSource
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.solve import solve
from lensmith.modelling.verdict import judge

from .mock_lens import TRUTH, mock_band, mock_cutout
from .test_verdict import GOOD

FACTOR = 1.5
THETA_E_2 = TRUTH["theta_E"] * FACTOR ** (1 / (TRUTH["gamma"] - 1))
"""Where the mean convergence, larger by the factor, is 1."""


def two_sources(**options):
    return mock_cutout(mock_band(side=128, second=(FACTOR, 0.15, 0.05, 2.0), **options))


@pytest.fixture(scope="module")
def fit():
    return model(two_sources(), findings=Findings(p_lens=0.99, prior=0.5))


@pytest.mark.slow
def test_both_einstein_radii_are_found(fit):
    assert fit.parameters["theta_E"].best == pytest.approx(TRUTH["theta_E"], rel=0.01)
    assert fit.derived["theta_E_2"].best == pytest.approx(THETA_E_2, rel=0.02)
    assert fit.derived["x_source_2"].best == pytest.approx(TRUTH["x_lens"] + 0.15, abs=0.05)


@pytest.mark.slow
def test_the_record_says_that_there_are_two(fit):
    assert any(note.startswith("a second source lies behind the first") for note in fit.notes)
    assert fit.verdict.value == "accept", fit.verdict.reasons


@pytest.mark.slow
def test_the_model_shows_both_systems_and_the_residual_is_noise(fit):
    band = fit.bands[0]
    np.testing.assert_allclose(band.model, band.lens_light + band.arcs, atol=1e-6)
    far = np.hypot(*(np.indices(band.arcs.shape) - 63.5)) * 0.05 > 1.45
    assert band.arcs[far & np.isfinite(band.arcs)].max() > 5 * np.median(band.noise[band.mask])
    assert band.chi2_red < 1.2


@pytest.mark.slow
def test_one_source_stays_one():
    solved = solve(mock_cutout(), ModelSettings())
    assert double_plane.add_second_source(solved).second is None


@pytest.mark.slow
def test_a_try_that_breaks_down_leaves_the_first_fit(monkeypatch):
    def breaks_down(*_):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(double_plane, "_fit_second", breaks_down)
    solved = solve(mock_cutout(), ModelSettings())
    assert double_plane.add_second_source(solved).final is solved.final


@pytest.mark.parametrize(
    ("parity", "lensed"),
    [
        (Parity(500.0, 300.0, 1.0, 0.9, 2000.0), True),
        (Parity(500.0, 5.0, 1.0, 0.9, 2000.0), False),
        (Parity(500.0, 300.0, 1.0, 0.3, 2000.0), False),
        (Parity(90.0, 80.0, 1.0, 1.0, 300.0), False),
    ],
)
def test_images_must_be_those_of_one_source(parity, lensed):
    assert SecondSource(np.zeros(13), np.eye(13), parity, ()).is_lensed(1, GAIN_OF_ARC) is lensed


def test_ill_fitted_arcs_alone_call_for_more():
    second = SecondSource(np.zeros(13), np.eye(13), Parity(500.0, 300.0, 1.0, 0.9, 2000.0), ())
    assert second.is_lensed(1, GAIN_OF_ARC)
    assert not second.is_lensed(1, GAIN_OF_MISFIT)


def test_a_finder_must_be_sure_of_two_sources():
    twice = replace(GOOD, second_radius=2.1)
    assert judge(replace(twice, p_lens=0.99)).value == "accept"
    verdict = judge(replace(twice, p_lens=0.6))
    assert verdict.value == "check"
    assert "second source" in verdict.reasons[0]
