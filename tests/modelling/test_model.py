"""The whole fit on simulated lenses of known truth."""

from dataclasses import replace

import numpy as np
import pytest

from lensmith.data import Cutout, Findings, Steering
from lensmith.modelling import ModelSettings, model
from lensmith.modelling import judged as judged_module

from .mock_lens import TRUTH, mock_band, mock_cutout
from .test_verdict import GOOD


@pytest.fixture(scope="module")
def fit():
    return model(mock_cutout())


def test_parameters_are_recovered(fit):
    p = fit.parameters
    assert p["theta_E"].best == pytest.approx(TRUTH["theta_E"], rel=0.01)
    assert p["x_lens"].best == pytest.approx(TRUTH["x_lens"], abs=0.01)
    assert p["y_lens"].best == pytest.approx(TRUTH["y_lens"], abs=0.01)
    for name in ("e1", "e2", "gamma1", "gamma2"):
        assert p[name].best == pytest.approx(TRUTH[name], abs=0.05), name


def test_a_sound_lens_is_accepted(fit):
    assert fit.verdict.value == "accept", fit.verdict.reasons


def test_residual_is_noise(fit):
    band = fit.bands[0]
    assert 0.8 < band.chi2_red < 1.2
    np.testing.assert_allclose(band.model, band.lens_light + band.arcs, atol=1e-6)
    np.testing.assert_allclose(band.residual[band.mask], ((band.image - band.model) / band.noise)[band.mask], atol=1e-3)


def test_records_fit_together(fit):
    assert fit.bands[0].image.shape == fit.bands[0].model.shape
    assert set(fit.draws) == set(fit.parameters)
    assert sum(mode.weight for mode in fit.modes) == pytest.approx(1)
    assert all(e.lo <= e.stat_lo <= e.median <= e.stat_hi <= e.hi for e in fit.parameters.values())
    assert fit.parameters["theta_E_eff"].best == pytest.approx(TRUTH["theta_E"], rel=0.02)


def test_critical_curve_lies_at_the_einstein_radius(fit):
    curve = fit.critical_curves[0]
    radius = np.hypot(curve[:, 0] - TRUTH["x_lens"], curve[:, 1] - TRUTH["y_lens"])
    assert radius.mean() == pytest.approx(TRUTH["theta_E"], rel=0.03)


def test_source_flux_and_place_are_recovered(fit):
    band = fit.bands[0]
    area = (band.source_width / band.source.shape[0]) ** 2
    assert band.source.sum() * area == pytest.approx(6.0, rel=0.15)
    assert band.source_centre[0] == pytest.approx(TRUTH["x_lens"] + 0.12, abs=0.03)
    assert band.source_centre[1] == pytest.approx(TRUTH["y_lens"] - 0.10, abs=0.03)


def test_same_input_same_result(fit):
    again = model(mock_cutout())
    assert again.parameters == fit.parameters
    np.testing.assert_array_equal(again.draws["theta_E"], fit.draws["theta_E"])


@pytest.mark.slow
def test_two_bands_of_different_grid_and_orientation():
    turn = np.deg2rad(35)
    first = 0.05 * np.array([[-1.0, 0], [0, 1]])
    second = 0.04 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    to_frame = lambda matrix: 0.05 * np.linalg.inv(first) @ matrix
    # Both are drawn in the frame of the first band; the second one's middle is 0.11 arcsec away from the first's.
    one = mock_band("F814W", 100, 0.05, seed=1)
    two = mock_band("F475X", 120, 0.04, 0.08, seed=2, matrix=to_frame(second), centre=(0.10, -0.05), lens_flux=60)
    bands = [replace(one, pixel_to_sky=first, oriented=True), replace(two, pixel_to_sky=second)]
    joint = model(Cutout("two", bands))
    assert joint.parameters["theta_E"].best == pytest.approx(TRUTH["theta_E"], rel=0.01)
    assert [band.name for band in joint.bands] == ["F814W", "F475X"]
    middle = (np.array(two.shape[::-1]) - 1) / 2
    expected = middle - np.linalg.solve(to_frame(second), [0.10, -0.05])
    np.testing.assert_allclose(joint.bands[1].origin, expected, atol=0.5)
    assert joint.verdict.value == "accept", joint.verdict.reasons


@pytest.mark.slow
def test_a_plain_galaxy_is_not_accepted():
    galaxy = model(mock_cutout(mock_band(source_flux=0.0)))
    assert galaxy.verdict.value != "accept"
    assert galaxy.verdict.reasons


@pytest.mark.slow
def test_a_band_without_arcs_does_not_stop_the_fit():
    bands = (mock_band(), mock_band("F160W", seed=5, source_flux=0.0))
    joint = model(mock_cutout(*bands))
    assert joint.parameters["theta_E"].best == pytest.approx(TRUTH["theta_E"], rel=0.01)


def test_a_blurred_band_is_left_out_wherever_it_stands(fit):
    blurred = mock_band("NIR", fwhm=0.5, seed=7)
    joint = model(mock_cutout(blurred, mock_band()))
    assert [band.name for band in joint.bands] == ["F814W"]
    assert joint.parameters == fit.parameters
    assert any(note.startswith("not fitted") and "NIR" in note for note in joint.notes)


def test_a_blurred_band_is_fitted_where_the_sharp_ones_show_no_source(monkeypatch):
    asked = []

    def weighed(cutout, settings, findings):
        asked.append([band.name for band in cutout.bands])
        return None, (), replace(GOOD, arc_snr=3.0)

    monkeypatch.setattr(judged_module, "solve_and_weigh", weighed)
    cutout = mock_cutout(mock_band(), mock_band("NIR", fwhm=0.5))
    fitted, *_, evidence = judged_module.solve_sharp_bands(cutout, ModelSettings(), Findings(p_lens=0.1, prior=0.1))
    assert fitted is cutout
    assert evidence.p_lens == pytest.approx(0.5)  # among as many lenses as impostors
    assert asked == [["F814W"], ["F814W", "NIR"]]


@pytest.mark.slow
def test_steering_holds_theta_E_in_its_range():
    steered = model(mock_cutout(steering=Steering(theta_E_min=1.05, theta_E_max=1.35)))
    assert steered.parameters["theta_E"].best == pytest.approx(TRUTH["theta_E"], rel=0.01)
    elsewhere = model(mock_cutout(steering=Steering(theta_E_min=0.5, theta_E_max=0.7)))
    assert elsewhere.parameters["theta_E"].best < 0.7 * 1.21
    assert elsewhere.verdict.value != "accept"


def told_by_a_network(theta_E):
    names = ("theta_E", "e1", "e2", "gamma1", "gamma2")
    mean = np.array([theta_E, 0.05, 0.0, 0.0, 0.0])
    return Findings(parameters=names, mean=mean, covariance=np.eye(5) * 0.08**2)


def test_a_search_where_a_network_looks_saves_work_and_changes_nothing(fit):
    settings = ModelSettings(network_start="instead")
    told = model(mock_cutout(), settings, findings=told_by_a_network(1.3))
    assert told.parameters["theta_E"].best == pytest.approx(fit.parameters["theta_E"].best, rel=0.002)
    assert told.diagnostics["n_like"] < 0.7 * fit.diagnostics["n_like"]


def test_a_network_that_is_wrong_does_no_harm_where_its_starts_are_added(fit):
    told = model(mock_cutout(), findings=told_by_a_network(0.6))
    assert told.parameters["theta_E"].best == pytest.approx(fit.parameters["theta_E"].best, rel=0.002)
    assert told.verdict.value == fit.verdict.value == "accept"


@pytest.mark.slow  # compiles the whole fit for one more shape
def test_coarse_pixels_are_supersampled():
    band = mock_band("r", 40, 0.263, 0.9, sigma=0.05, lens_flux=120.0, source_flux=40.0)
    fit = model(mock_cutout(band))
    assert fit.parameters["theta_E"].best == pytest.approx(TRUTH["theta_E"], rel=0.06)


def test_settings_reject_unknown_names():
    with pytest.raises(ValueError, match="Extra inputs"):
        ModelSettings(theta_e_max=3.0)
