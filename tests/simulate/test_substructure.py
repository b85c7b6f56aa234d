from pathlib import Path

import numpy as np
import pytest

from lensmith.data.dataset import open_dataset
from lensmith.data.deeplense import read_deeplense
from lensmith.errors import SettingsError
from lensmith.simulate.dataset_job import simulate_dataset
from lensmith.simulate.settings import resolve_settings
from lensmith.simulate.substructure import SubstructureSettings, SubstructureSimulator
from lensmith.simulate.survey import load_survey


def simulator(**settings) -> SubstructureSimulator:
    return SubstructureSimulator(None, SubstructureSettings(**settings))


def test_samples_are_the_same_whatever_is_asked_for_beside_them():
    one = simulator(macro="random", model="II", clean=True, substructure_arrays=True)
    many = one.samples(7, range(40))
    few = one.samples(7, [3, 39, 17])
    for name in one.arrays:
        assert np.array_equal(few.arrays[name], many.arrays[name][[3, 39, 17]]), name
    for name in one.columns:
        np.testing.assert_array_equal(few.truth[name], many.truth[name][[3, 39, 17]])
    assert not np.array_equal(one.samples(8, [3]).arrays["image"], few.arrays["image"][:1])


def test_what_is_promised_is_what_comes():
    one = simulator(clean=True, substructure_arrays=True)
    samples = one.samples(1, range(3))
    assert one.arrays["image"].shape == (1, 150, 150)
    assert set(samples.arrays) == set(one.arrays) == {
        "image", "clean", "subhalo_x", "subhalo_y", "subhalo_theta_E",
    }  # fmt: skip
    for name, spec in one.arrays.items():
        assert samples.arrays[name].shape == (3, *spec.shape)
        assert samples.arrays[name].dtype == spec.dtype
    assert set(samples.truth) == set(one.columns)
    assert set(simulator().samples(1, [0]).arrays) == {"image"}
    assert simulator(model="III").samples(1, [0]).arrays["image"].shape == (1, 1, 64, 64)


def test_classes_are_balanced_and_shuffled():
    labels = simulator(model="II").samples(3, range(60)).truth["label"]
    assert np.bincount(labels).tolist() == [20, 20, 20]
    blocks = labels.reshape(-1, 3)
    assert (np.sort(blocks, axis=1) == [0, 1, 2]).all()
    assert len(np.unique(blocks, axis=0)) > 3
    two = simulator(model="II", classes=("no", "vort")).samples(3, range(10)).truth
    assert set(two["class"]) == {"no", "vort"}
    assert np.bincount(two["label"]).tolist() == [5, 0, 5]


def test_truth_sums_up_the_substructure():
    one = simulator(model="II", macro="random", substructure_arrays=True)
    samples = one.samples(5, range(30))
    truth, arrays = samples.truth, samples.arrays
    used = (arrays["subhalo_theta_E"] > 0).sum(axis=1)
    assert np.array_equal(used, truth["n_subhaloes"])
    assert {0: {0}, 1: {25}, 2: {100}} == {label: set(used[truth["label"] == label]) for label in range(3)}
    for i in range(30):
        theta, x, y = (arrays[f"subhalo_{name}"][i, : used[i]] for name in ("theta_E", "x", "y"))
        if truth["class"][i] == "sphere":
            heaviest = np.argmax(theta)
            assert x[heaviest] == pytest.approx(truth["subhalo_x"][i], abs=1e-6)
            distance = np.hypot(x - truth["center_x"][i], y - truth["center_y"][i])
            assert distance.mean() == pytest.approx(truth["subhalo_distance"][i], rel=1e-5)
            assert 0.25 <= distance.min() < distance.max() <= 2.0
        if truth["class"][i] == "vort":
            assert truth["subhalo_mass"][i] == pytest.approx(3e10)
            assert np.hypot(x[-1] - x[0], y[-1] - y[0]) == pytest.approx(2 * truth["vortex_half_length"][i], rel=1e-4)
            assert truth["vortex_half_length"][i] == pytest.approx(0.03e-22 / truth["axion_mass"][i])
        # theta_E^2 is proportional to mass.
        if used[i]:
            share = (theta.max() / np.sqrt((theta.astype(float) ** 2).sum())) ** 2
            assert share == pytest.approx(truth["subhalo_mass_max"][i] / truth["subhalo_mass"][i], rel=1e-4)


def test_random_macro_fills_its_ranges_and_the_fixed_one_stands_still():
    drawn = simulator(model="II", macro="random").samples(2, range(120)).truth
    for name, low, high in (("theta_E", 0.9, 1.6), ("e1", -0.15, 0.15), ("gamma2", -0.06, 0.06), ("n_sersic", 0.7, 2)):
        reach = high - low
        assert low <= drawn[name].min() < low + 0.1 * reach
        assert high - 0.1 * reach < drawn[name].max() <= high
    assert np.abs(drawn["source_x"] - drawn["center_x"]).max() <= 0.35
    fixed = simulator(model="II").samples(2, range(12)).truth
    for name in ("theta_E", "e1", "gamma1", "R_sersic", "source_amp", "center_x"):
        assert len(np.unique(fixed[name])) == 1, name
    assert len(np.unique(fixed["source_x"])) == 12


def test_class_folders_are_what_the_deeplense_reader_reads(tmp_path):
    settings = SubstructureSettings(model="II", layout="deeplense", val_every=4)
    simulate_dataset("substructure", tmp_path / "set", 24, 6, settings=settings)
    dataset, images = open_dataset(tmp_path / "set"), read_deeplense(tmp_path / "set" / "deeplense")
    assert np.bincount(images.labels).tolist() == [8, 8, 8]
    assert (images.split == "val").sum() == 6
    images.check()
    for i, path in enumerate(images.paths):
        sample = int(Path(path).stem)
        assert dataset.column("label")[sample] == images.labels[i]
        image, raw = images.load(i), dataset.arrays["image"][sample]
        assert (image.min(), image.max()) == (0, 1)
        np.testing.assert_allclose(image * np.ptp(raw) + raw.min(), raw, atol=1e-6 * np.abs(raw).max())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"modell": "I"}, "did you mean model"),
        ({"model": "IV"}, "model"),
        ({"z_source": 0.4}, "must exceed z_lens"),
        ({"z_lens": -0.1}, "z_lens"),
        ({"subhalo_mass": (1e10, 1e6)}, "in order"),
        ({"classes": ("no", "no")}, "each class once"),
        ({"axion_mass": {"uniform": [-1, 1]}}, "positive"),
        ({"random_macro": {"theta": 1}}, "random_macro.theta"),
    ],
)
def test_wrong_settings_are_one_sentence(settings, message):
    with pytest.raises(SettingsError, match=message):
        SubstructureSettings(**settings)


def test_recipe_states_the_defaults():
    from lensmith.simulate.settings import RECIPES

    assert resolve_settings("substructure", RECIPES / "substructure.yaml") == SubstructureSettings()
    published = resolve_settings("substructure", preset="published")
    assert published.published
    assert published.slope == -0.9
    assert resolve_settings("substructure", preset="random-macro").macro == "random"


def test_surveys_that_do_not_fit_are_refused():
    survey = load_survey("euclid-vis")
    with pytest.raises(SettingsError, match="Model I has its own detector"):
        SubstructureSimulator(survey, SubstructureSettings())
    with pytest.raises(SettingsError, match="several"):
        SubstructureSimulator(load_survey("des"), SubstructureSettings(model="II"))
