from collections import Counter

import numpy as np
import pytest

from lensmith.errors import SettingsError
from lensmith.simulate.survey import load_survey
from lensmith.simulate.transient import CLASSES, SYSTEMS, TransientSettings, TransientSimulator
from lensmith.simulate.transient.deepzipper import mean_image
from lensmith.simulate.transient.systems import system_of

N = 48


@pytest.fixture(scope="module")
def simulator():
    return TransientSimulator(load_survey("des-deep"), TransientSettings(cubes=True, early={"epochs": (3, 14)}))


@pytest.fixture(scope="module")
def samples(simulator):
    return simulator.samples(5, range(N))


def test_samples_are_the_same_whatever_is_asked_for_beside_them(simulator, samples):
    few = simulator.samples(5, [3, 47, 17])
    for name in simulator.arrays:
        assert np.array_equal(few.arrays[name], samples.arrays[name][[3, 47, 17]]), name
    for name in simulator.columns:
        np.testing.assert_array_equal(few.truth[name], samples.truth[name][[3, 47, 17]])
    assert not np.array_equal(simulator.samples(6, [3]).arrays["image"], few.arrays["image"][:1])


@pytest.mark.slow  # compiles everything once more
def test_samples_are_the_same_with_float64_switched_on(simulator, samples):
    import jax

    with jax.enable_x64(True):
        few = simulator.samples(5, [3, 47])
    for name in ("image", "light_curve", "flux"):
        assert few.arrays[name].dtype == np.float32
        np.testing.assert_allclose(
            few.arrays[name], samples.arrays[name][[3, 47]], atol=2e-4 * np.ptp(few.arrays[name])
        )


def test_what_is_promised_is_what_comes(simulator, samples):
    assert simulator.arrays["image"].shape == (4, 45, 45)
    assert simulator.arrays["light_curve"].shape == (14, 4)
    assert set(samples.arrays) == set(simulator.arrays)
    for name, spec in simulator.arrays.items():
        assert samples.arrays[name].shape == (N, *spec.shape), name
        assert samples.arrays[name].dtype == spec.dtype
        assert np.isfinite(samples.arrays[name]).all()
    assert set(samples.truth) == set(simulator.columns)


def test_what_was_known_early_is_what_the_first_epochs_say(samples):
    arrays = samples.arrays
    np.testing.assert_allclose(arrays["flux_after"][:, 1], arrays["flux"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(arrays["flux_error_after"][:, 1], arrays["flux_error"], rtol=1e-4)
    assert not arrays["flux_after"][:, 0, 3:].any()
    assert np.array_equal(arrays["flux_error_after"][:, 0] > 0, np.broadcast_to(np.arange(14)[:, None] < 3, (N, 14, 4)))
    first = mean_image(arrays["epochs"][7, :3])
    assert np.array_equal(arrays["image_after"][7, 0], first)
    assert np.array_equal(arrays["image_after"][:, 1], arrays["image"])


def test_more_early_epochs_than_nights_are_refused():
    with pytest.raises(SettingsError, match="goes to 15, but the survey has 14"):
        TransientSimulator(load_survey("des-deep"), TransientSettings(early={"epochs": (15,)}))
    with pytest.raises(SettingsError, match="whole numbers from 1 upwards"):
        TransientSettings(early={"epochs": (5, 3)})


def test_classes_are_balanced_and_systems_even():
    systems = [system_of(9, index) for index in range(3600)]
    assert Counter(system.label for system in systems) == dict.fromkeys(CLASSES, 900)
    for start in (0, 4, 1232):
        assert {system.label for system in systems[start : start + 4]} == set(CLASSES)
    of_class = Counter(system.name for system in systems if system.label == "no_lens")
    assert len(of_class) == 9
    # 100 of each are expected, with a scatter of 9.4.
    assert min(of_class.values()) > 60
    assert max(of_class.values()) < 140


def test_the_seventeen_systems_are_in_their_classes():
    members = {label: {system.name for system in SYSTEMS if system.label == label} for label in CLASSES}
    assert members["lens"] == {
        "galaxy_galaxy_lens", "many_galaxies", "galaxy_galaxy_lens_with_star", "many_galaxies_with_star",
    }  # fmt: skip
    assert members["lensed_snia"] == {"lensed_snia", "lensed_snia_with_star"}
    assert members["lensed_sncc"] == {"lensed_sncc", "lensed_sncc_with_star"}
    assert len(members["no_lens"]) == 9
    assert len(SYSTEMS) == 17


def test_truth_belongs_to_the_class(samples):
    truth = samples.truth
    assert Counter(truth["label"]) == dict.fromkeys(CLASSES, N // 4)
    lensed = truth["label"] != "no_lens"
    assert (truth["theta_E"][lensed] >= 0.5).all()
    assert (truth["theta_E"][~lensed] == 0).all()
    assert (truth["z_source"][lensed] > truth["z_lens"][lensed]).all()
    assert set(truth["sn_type"][truth["label"] == "lensed_snia"]) == {"Ia"}
    assert set(truth["sn_type"][truth["label"] == "lensed_sncc"]) <= {"IIP", "IIL", "Ibc"}
    assert set(truth["sn_type"][truth["label"] == "lens"]) == {""}
    assert (truth["n_images"][np.isin(truth["label"], ["lensed_snia", "lensed_sncc"])] >= 2).all()


def test_unlensed_supernovae_are_not_magnified():
    simulator = TransientSimulator(load_survey("des-deep"), TransientSettings())
    wanted = [i for i in range(400) if system_of(2, i).name.startswith("unlensed")][:6]
    truth = simulator.samples(2, wanted).truth
    assert (truth["n_images"] == 1).all()
    assert (truth["image_mu_1"] == 1).all()
    assert (truth["image_dt_1"] == 0).all()
    assert (truth["magnification"] == 1).all()
    assert np.isnan(truth["image_x_2"]).all()
    np.testing.assert_array_equal(truth["image_x_1"], truth["sn_x"])


def test_supernovae_are_detected_where_that_is_asked_for(simulator, samples):
    """Differential photometry sees what the selection promised: most kept supernovae, few others."""
    ratio = (samples.arrays["flux"] / samples.arrays["flux_error"]).max(axis=(1, 2))
    with_supernova = samples.truth["sn_type"] != ""
    assert np.median(ratio[with_supernova]) > 8
    assert np.median(ratio[~with_supernova]) < 5


def test_des_wide_has_seven_epochs():
    simulator = TransientSimulator(load_survey("des"), TransientSettings())
    assert simulator.arrays["light_curve"].shape == (7, 4)
    assert simulator.exposures(1, [0, 1]).flux.shape[2:] == (7, 4)


@pytest.mark.parametrize(("survey", "exposure"), [("desi-dot", 60), ("lsst", 30), ("des", 90), ("des-deep", 200)])
def test_exposures_of_a_visit(survey, exposure):
    simulator = TransientSimulator(load_survey(survey), TransientSettings())
    np.testing.assert_array_equal(simulator.visits.exposure, exposure)


def test_des_deep_is_the_default_and_its_nights_are_weekly():
    simulator = TransientSimulator(None, TransientSettings())
    np.testing.assert_array_equal(simulator.visits.nights, np.arange(14) * 7)


def test_times_are_near_their_nights_and_differ_by_band(samples):
    late = samples.arrays["time"] - np.arange(14)[:, None] * 7
    assert (late >= 0).all()
    assert late.max() < 0.3
    assert (np.diff(samples.arrays["time"], axis=-1) > 0).all()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"galaxy": {"z": {"uniform": [-0.1, 0.5]}}}, "redshift"),
        ({"galaxy": {"z": 0.5}, "source": {"z": 0.3}}, "in front of"),
        ({"mass": {"theta_E_min": 2, "theta_E_max": 1}}, "theta_E_max"),
        ({"supernova": {"mangitude_ia": 3}}, "no setting"),
    ],
)
def test_settings_that_cannot_be(settings, word):
    with pytest.raises(SettingsError, match=word):
        TransientSettings(**settings)


def test_a_survey_without_nights_or_gaussian_psf_is_refused():
    survey = load_survey("des-deep")
    with pytest.raises(SettingsError, match="nights"):
        TransientSimulator(survey.model_copy(update={"nights": ()}), TransientSettings())
    with pytest.raises(SettingsError, match="gaussian"):
        TransientSimulator(load_survey("euclid-vis").model_copy(update={"nights": (0.0, 7.0)}), TransientSettings())


def test_what_cannot_be_found_stops_with_a_sentence():
    faint = TransientSettings(selection={"snr": 1e6, "attempts": 3})
    index = next(i for i in range(100) if system_of(1, i).supernova)
    with pytest.raises(SettingsError, match=r"selection\.snr"):
        TransientSimulator(None, faint).samples(1, [index])
    narrow = TransientSettings(mass={"theta_E_min": 50, "theta_E_max": 51}, selection={"attempts": 3})
    index = next(i for i in range(100) if system_of(1, i).source)
    with pytest.raises(SettingsError, match="theta_E"):
        TransientSimulator(None, narrow).samples(1, [index])


def test_sncosmo_is_asked_for_and_missing(monkeypatch):
    import sys

    from lensmith.simulate.transient import sncosmo_supernova

    monkeypatch.setitem(sys.modules, "sncosmo", None)
    sncosmo_supernova._model.cache_clear()
    index = next(i for i in range(100) if system_of(1, i).supernova)
    with pytest.raises(SettingsError, match="templates: analytic"):
        TransientSimulator(None, TransientSettings(supernova={"templates": "sncosmo"})).samples(1, [index])


def test_sncosmo_spectra_become_magnitudes(monkeypatch):
    """With a stand-in of flat AB spectra the magnitude is the absolute one, the modulus and -2.5 log10(1 + z)."""
    from lensmith.simulate.transient import sncosmo_supernova

    class Flat:
        def set(self, **parameters):
            pass

        def set_peakmag(self, magnitude, band, system):
            self.magnitude = magnitude

        def minwave(self):
            return 1000.0

        def maxwave(self):
            return 20000.0

        def flux(self, phase, wavelength):
            return 10 ** (-0.4 * (self.magnitude + 2.40795)) / np.asarray(wavelength) ** 2

    flat = Flat()
    flat.source = flat
    monkeypatch.setattr(sncosmo_supernova, "_model", lambda kind: (flat, "bessellv"))
    supernova = sncosmo_supernova.SncosmoSupernova("IIP", -17.0, 1.0, 0.0, 0.5, 42.0)
    magnitudes = supernova.magnitudes(np.zeros((3, 1)), np.array([4800.0, 6400.0]))
    np.testing.assert_allclose(magnitudes, 25 - 2.5 * np.log10(1.5))
    assert magnitudes.shape == (3, 2)
