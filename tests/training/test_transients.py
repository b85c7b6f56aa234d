"""Transients from data sets, DeepGraviLens files, cutouts and tables through training, evaluation and prediction."""

import csv
import json

import numpy as np
import pytest
from astropy.io import fits

from lensmith.cli import run_command
from lensmith.data import open_dataset
from lensmith.data.deepgravilens import CLASSES
from lensmith.errors import InputError, SettingsError
from lensmith.training import evaluate, load_recipe, predict, train
from lensmith.training.compare import compare
from lensmith.training.seeds import networks_over_seeds, seed_lines
from lensmith.training.source import open_source
from lensmith.training.transient_scores import early_arrays
from training.transients import EARLY, EPOCHS, transients, write_transients

QUICK = ["loop.epochs=2", "loop.batch=32", "data.limit=20"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_transients(tmp_path_factory.mktemp("transients") / "data")


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    # Clipping of gradients and bfloat16 together, as the shipped weights are trained.
    ours = ["net.settings={epochs: 6}", "loop.precision=bf16"]
    for name, more in (("transient", ours), ("gravilens-curve", []), ("gravilens-munet", [])):
        train(load_recipe(name, [*QUICK, *more]), out / name, data, command=f"lensmith train {name}", tell=str)
    return out


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_test_share_is_the_same_for_every_net_and_seed(runs, data, tmp_path):
    names = {run.name: [row["name"] for row in rows(run / "predictions.csv")] for run in runs.iterdir()}
    train(load_recipe("gravilens-curve", [*QUICK, "loop.seed=2"]), tmp_path / "other", data, tell=str)
    names["other"] = [row["name"] for row in rows(tmp_path / "other" / "predictions.csv")]
    assert len({tuple(one) for one in names.values()}) == 1
    assert len(names["other"]) == 24
    assert json.loads((tmp_path / "other" / "run.json").read_text())["judged_on"] == "24 test samples"


def test_what_is_learned_last_travels_with_the_weights(runs):
    from lensmith.nets import load_checkpoint

    munet = load_checkpoint(runs / "gravilens-munet").network
    assert not np.allclose(munet.weight.numpy(), np.tile(np.eye(4) / 3, 3))
    scaling = load_checkpoint(runs / "transient").network.scaling.maps
    assert not np.allclose(scaling[1, 6, :, :4].numpy(), np.eye(4))


@pytest.mark.slow
def test_evaluation_by_epochs_and_conditions_and_against_another(runs, tmp_path):
    fresh = write_transients(tmp_path / "fresh", 80, seed=9)
    evaluate(runs / "gravilens-curve", fresh, tmp_path / "curve", tell=str)
    told = []
    scores = evaluate(runs / "transient", fresh, tmp_path / "ours", told.append, (tmp_path / "curve",))
    assert [one["epochs"] for one in scores["after_epochs"]] == [*EARLY, EPOCHS]
    for one in scores["after_epochs"]:
        value, low, high = one["tpr_at_0.01"]
        assert 0 <= low <= value <= high <= 1
    assert scores["after_epochs"][-1]["accuracy"] == scores["accuracy"]
    assert len(scores["conditions"]["seeing [arcsec], mean of bands"]) == 5
    for name in ("epochs", "early_warning", "conditions"):
        assert (tmp_path / "ours" / f"{name}.png").stat().st_size > 5000
    table = rows(tmp_path / "ours" / "comparison.csv")
    assert [row["name"] for row in table] == ["ours", "curve"]
    difference = float(table[0]["accuracy"]) - float(table[1]["accuracy"])
    assert float(table[1]["accuracy_difference"]) == pytest.approx(difference, abs=1e-5)
    assert any(line.startswith("ours less curve, paired: accuracy") for line in told)


@pytest.mark.slow
def test_seeds_of_a_network_are_averaged_and_compared_seed_by_seed(runs, data, tmp_path):
    for seed in (2, 3):
        train(load_recipe("gravilens-curve", [*QUICK, f"loop.seed={seed}"]), tmp_path / f"run-{seed}", data, tell=str)
    checkpoints = {"ours": runs / "transient", "1": runs / "gravilens-curve"}
    checkpoints |= {f"{seed}": tmp_path / f"run-{seed}" for seed in (2, 3)}
    for name, checkpoint in checkpoints.items():
        evaluate(checkpoint, data, tmp_path / name, tell=str)
    ours, curve = networks_over_seeds([tmp_path / name for name in checkpoints], resamples=200)
    assert (ours["network"], ours["seeds"], curve["network"], curve["seeds"]) == (
        *("transient", [1]),
        *("gravilens-curve", [1, 2, 3]),
    )
    accuracies = [json.loads((tmp_path / f"{seed}/metrics.json").read_text())["accuracy"][0] for seed in (1, 2, 3)]
    mean, low, high = curve["accuracy"]
    assert mean == pytest.approx(np.mean(accuracies))
    # Two degrees of freedom: 4.303 standard errors.
    assert high - mean == pytest.approx(4.3027 * np.std(accuracies, ddof=1) / 3**0.5, rel=1e-4)
    assert mean - low == pytest.approx(high - mean)
    assert np.isnan(ours["accuracy"].low)
    ((seed, value, *_),) = curve["ahead"]
    assert (seed, value) == (1, pytest.approx(ours["accuracy"].value - accuracies[0]))
    assert len(seed_lines([ours, curve])) == 3
    evaluate(runs / "gravilens-curve", data, tmp_path / "again", tell=str)
    assert networks_over_seeds([tmp_path / "1", tmp_path / "again"]) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="evaluate it again"):
        networks_over_seeds([tmp_path / "1", tmp_path / "empty"])


def test_a_network_is_no_better_than_itself_and_only_compared_on_the_same_samples(runs, tmp_path):
    again = compare(runs / "transient", [runs / "transient"])
    assert again[1]["accuracy_difference"] == [0, 0, 0]
    write_transients(tmp_path / "few", 40)
    evaluate(runs / "transient", tmp_path / "few", tmp_path / "scores", tell=str)
    with pytest.raises(InputError, match="judged on other samples"):
        compare(runs / "transient", [tmp_path / "scores"])
    with pytest.raises(InputError, match="no such file"):
        compare(runs / "transient", [tmp_path])


def test_early_arrays_hold_nothing_of_later_epochs(data):
    dataset = open_dataset(data)
    arrays = early_arrays(dataset, np.array([1, 5]), 0, EARLY[0])
    for name in ("light_curve", "flux", "flux_error", "time"):
        assert arrays[name].shape == (2, EARLY[0], 4)
    assert arrays["light_curve"].min() == 0
    assert arrays["light_curve"].max() == 1
    np.testing.assert_array_equal(arrays["image"], dataset.arrays["image_after"][[1, 5], 0])


def test_cutouts_and_a_table_are_asked_about_like_the_data_set(runs, tmp_path):
    fresh = write_transients(tmp_path / "fresh", 8, seed=3)
    samples = transients(8, seed=3)
    (tmp_path / "cutouts").mkdir()
    with open(tmp_path / "curves.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "band", "time", "flux", "flux_error"])
        for k in range(8):
            for epoch, band in np.ndindex(EPOCHS, 4):
                flux, time = samples.arrays["flux"][k, epoch, band], samples.arrays["time"][k, epoch, band]
                writer.writerow([f"s{k}", "griz"[band], 60000 + time, flux, 1.0])
    for k in range(7):
        hdus = [fits.ImageHDU(plane, name=band) for plane, band in zip(samples.arrays["image"][k], "griz", strict=True)]
        fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "cutouts" / f"s{k}.fits")
    predict(runs / "transient", [fresh], tmp_path / "a.csv", tell=str)
    command = ["predict", str(runs / "transient"), str(tmp_path / "cutouts"), "--light-curves"]
    assert run_command([*command, str(tmp_path / "curves.csv"), "--out", str(tmp_path / "b.csv")]) == 0
    whole, cutouts = rows(tmp_path / "a.csv"), rows(tmp_path / "b.csv")
    assert [row["name"] for row in cutouts] == [f"s{k}" for k in range(8)]
    for one, other in zip(whole[:7], cutouts[:7], strict=True):
        for name in CLASSES:
            assert float(other[f"p_{name}"]) == pytest.approx(float(one[f"p_{name}"]), abs=2e-3)
    assert cutouts[7]["predicted"]  # the light curve alone
    predict(runs / "transient", [fresh], tmp_path / "every.csv", str, every_epoch=True)
    every = rows(tmp_path / "every.csv")
    assert [row["epochs"] for row in every[:EPOCHS]] == [str(k + 1) for k in range(EPOCHS)]
    assert [float(row["p_lens"]) for row in every[EPOCHS - 1 :: EPOCHS]] == pytest.approx(
        [float(row["p_lens"]) for row in whole], abs=1e-5
    )
    with pytest.raises(SettingsError, match="does not tell of single epochs"):
        predict(runs / "gravilens-curve", [fresh], tmp_path / "c.csv", str, every_epoch=True)
    predict(runs / "gravilens-curve", [], tmp_path / "c.csv", str, tmp_path / "curves.csv")
    assert "no cutout" in rows(tmp_path / "c.csv")[0]["problem"]
    with pytest.raises(SettingsError, match="nothing to ask"):
        predict(runs / "transient", [], tmp_path / "d.csv", str)


def test_a_curve_of_nan_is_a_row_that_says_so(runs, tmp_path):
    samples = transients(4, seed=3)
    samples.arrays["light_curve"][2, 1] = np.nan
    fresh = write_transients(tmp_path / "fresh", samples=samples)
    predict(runs / "gravilens-curve", [fresh], tmp_path / "a.csv", tell=str)
    problems = [row["problem"] for row in rows(tmp_path / "a.csv")]
    assert problems == ["", "", "light_curve has values that are not finite", ""]
    assert [bool(row["predicted"]) for row in rows(tmp_path / "a.csv")] == [True, True, False, True]
    with pytest.raises(InputError, match="fresh, sample 2: light_curve has values that are not finite"):
        evaluate(runs / "gravilens-curve", fresh, tmp_path / "scores", tell=str)


@pytest.mark.parametrize(
    ("recipe", "name", "change", "words"),
    [
        ("transient", "flux_error", lambda a: a[:, :3], r"bad: flux_error of a sample is \(3, 4\); .* is needed"),
        ("transient", "time", lambda a: a[..., 0], r"bad: time of a sample is \(6,\)"),
        ("transient", "flux_error_after", lambda a: a[:, :1], r"bad: flux_error_after of a sample is \(1, 6, 4\)"),
        (
            "transient",
            "flux_error",
            lambda a: a - np.float32(2),
            "sample 0: flux_error is",
        ),
        ("gravilens-curve", "light_curve", lambda a: a.reshape(80, 24), r"bad: light_curve of a sample is \(24,\)"),
        ("gravilens-munet", "light_curve", lambda a: a[..., :3], r"\(6, 3\); \(any number, 4\) is needed"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, recipe, name, change, words):
    samples = transients(80)
    samples.arrays[name] = change(samples.arrays[name])
    data = write_transients(tmp_path / "bad", samples=samples)
    with pytest.raises(InputError, match=words):
        train(load_recipe(recipe, QUICK), tmp_path / "run", data, tell=str)


def test_one_class_alone_is_not_trained_on(tmp_path):
    samples = transients(80)
    samples.truth["label"][:] = "nova"
    data = write_transients(tmp_path / "bad", samples=samples)
    with pytest.raises(InputError, match="all samples are nova"):
        train(load_recipe("gravilens-curve", QUICK), tmp_path / "run", data, tell=str)


def write_groups(folder, samples):
    """Samples as the public files of six epochs, and the metadata of each group."""
    groups = [np.arange(k, len(samples.indices), 4) for k in range(4)]
    notes = {k: [{"id": int(i)} for i in group] for k, group in enumerate(groups)}
    for k, group in enumerate(groups):
        np.save(folder / f"GROUP_{k + 1}_ims_6.npy", samples.arrays["image"][group])
        np.save(folder / f"GROUP_{k + 1}_lcs_6.npy", samples.arrays["light_curve"][group])
        np.save(folder / f"GROUP_{k + 1}_mds_6.npy", dict(enumerate(notes[k])), allow_pickle=True)
    return notes


def save_split(folder, notes):
    for split, part in (("train", slice(0, 12)), ("validation", slice(12, 16)), ("test", slice(16, 20))):
        entries = [note for one in notes.values() for note in one[part]]
        np.save(folder / f"des_deep_data_{split}_md_6.npy", dict(enumerate(entries)), allow_pickle=True)


def test_a_split_of_refused_pickles_is_left_out_and_one_that_does_not_fit_is_an_error(tmp_path):
    notes = write_groups(tmp_path, transients(80))
    save_split(tmp_path, notes | {0: notes[1]})
    with pytest.raises(InputError, match=r"md_6\.npy: sample \d+ is in none of the groups"):
        open_source(tmp_path, ("image", "light_curve"))
    save_split(tmp_path, notes)
    np.save(tmp_path / "GROUP_2_mds_6.npy", np.array({0: print}, dtype=object), allow_pickle=True)
    source = open_source(tmp_path, ("image", "flux"))
    assert (source.split == "").all()
    assert "GROUP_2_mds_6.npy: its pickle holds builtins.print" in source.notes[0]
    assert source.notes[1].endswith("has no flux: all that this network learns from is image")


def test_deepgravilens_files_are_trained_on_in_their_split(tmp_path):
    samples = transients(80)
    notes = write_groups(tmp_path, samples)
    assert (open_source(tmp_path, ("image", "light_curve")).split == "").all()
    save_split(tmp_path, notes)
    source = open_source(tmp_path, ("image", "light_curve"))
    assert [int(np.sum(source.split == name)) for name in ("train", "val", "test")] == [48, 16, 16]
    assert source.classes == CLASSES
    assert source.names[21] == "GROUP_2 1"
    np.testing.assert_array_equal(source.load([21])["light_curve"][0], samples.arrays["light_curve"][5])
    train(load_recipe("gravilens-curve", ["loop.epochs=1"]), tmp_path / "run", tmp_path, tell=str)
    assert len(rows(tmp_path / "run" / "predictions.csv")) == 16
