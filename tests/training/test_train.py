"""A training from recipe to run folder: what it leaves, that it learns, and that a killed one goes on exactly."""

import csv
import json

import numpy as np
import pytest
import torch

from lensmith.errors import FitError, InputError, OutputError, SettingsError
from lensmith.nets import load_checkpoint
from lensmith.training import evaluate, load_recipe, train
from lensmith.training.history import History
from training.rings import TINY, write_rings


def silent(line):
    pass


def history(out):
    with open(out / "history.csv", encoding="utf-8") as file:
        return [
            {name: float(value) for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)
        ]


def test_run_folder_says_everything(trained):
    out, told = trained
    for name in ("recipe.yaml", "history.csv", "curves.png", "metrics.json", "predictions.csv", "card.md"):
        assert (out / name).stat().st_size > 0, name
    assert list((out / "tensorboard").glob("events.*"))
    run = json.loads((out / "run.json").read_text())
    assert run["seed"] == 1
    assert run["settings"]["loop"]["epochs"] == 3
    assert run["versions"]["torch"]
    assert len(run["data"]["sha256"]) == 64
    assert run["data"]["splits"] == {"train": 48, "val": 18}
    scores = json.loads((out / "metrics.json").read_text())
    assert scores["n"] == 18
    assert np.array(scores["confusion"]).sum() == 18
    card = (out / "card.md").read_text()
    for word in ("lensmith train lens-pinn", "Limits", "accuracy", "66 samples"):
        assert word in card
    assert sum(line.startswith("epoch ") for line in told) == 3


def test_no_pickle_is_needed_to_read_what_ships(trained):
    out, _ = trained
    known = load_checkpoint(out)
    assert known.network.spec.name == "lens-pinn"
    assert known.header["judged_on"].startswith("18 validation samples")
    assert known.traces.shape[0] == 48
    torch.load(out / "checkpoints" / "last.ckpt", weights_only=True)


def test_it_trains_in_training_mode(trained):
    # Batch normalisation counts the batches that it has seen in that mode: 48 samples in batches of 16, three epochs.
    state = load_checkpoint(trained[0]).network.state_dict()
    seen = {int(value) for name, value in state.items() if name.endswith("num_batches_tracked")}
    assert seen == {9}


def test_it_learns_and_evaluate_gives_the_same_scores(rings, tmp_path):
    recipe = load_recipe("lens-pinn", [*TINY, "loop.epochs=12", "loop.select=best"])
    scores = train(recipe, tmp_path / "run", rings, tell=silent)
    assert scores["auc"]["macro"][0] > 0.9
    again = evaluate(tmp_path / "run", rings, tmp_path / "scores", tell=silent)
    assert again["trained_on"] == 0
    assert again["confusion"] == scores["confusion"]
    assert again["auc"]["macro"][0] == pytest.approx(scores["auc"]["macro"][0], abs=1e-6)


class Killed(Exception):
    """What stands for a power cut."""


@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
def test_a_killed_training_resumes_with_the_same_losses(rings, tmp_path, monkeypatch, schedule):
    sets = [*TINY, "loop.epochs=4", f"schedule.name={schedule}", "schedule.patience=0", "optimiser.name=adamw"]
    recipe = load_recipe("lens-pinn", sets)
    whole = train(recipe, tmp_path / "whole", rings, tell=silent)
    epoch_start = History.on_train_epoch_start

    def kill_in_third_epoch(self, trainer, module):
        if trainer.current_epoch == 2:
            raise Killed
        epoch_start(self, trainer, module)

    monkeypatch.setattr(History, "on_train_epoch_start", kill_in_third_epoch)
    with pytest.raises(Killed):
        train(recipe, tmp_path / "killed", rings, tell=silent)
    monkeypatch.undo()
    assert len(history(tmp_path / "killed")) == 2
    resumed = train(recipe, tmp_path / "killed", rings, resume=True, tell=silent)
    assert history(tmp_path / "killed") == history(tmp_path / "whole")
    assert resumed == whole
    first, second = (load_checkpoint(tmp_path / name).network.state_dict() for name in ("whole", "killed"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_training_is_not_trained_again(trained, rings):
    out, _ = trained
    before, told = history(out), []
    train(load_recipe("lens-pinn", list(TINY)), out, rings, resume=True, tell=told.append)
    assert history(out) == before
    assert not any(line.startswith("epoch ") for line in told)


def test_early_stopping_stops(rings, tmp_path):
    sets = [*TINY, "loop.epochs=30", "loop.early_stopping=1", "optimiser.learning_rate=1e-9", "schedule.name=constant"]
    train(load_recipe("lens-pinn", sets), tmp_path / "run", rings, tell=silent)
    rows = history(tmp_path / "run")
    assert len(rows) < 30
    assert rows[-1]["val_loss"] >= min(row["val_loss"] for row in rows)


@pytest.mark.slow
def test_folds_leave_every_sample_out_once(rings, tmp_path):
    sets = [*TINY, "loop.epochs=1"]
    scores = train(load_recipe("lens-pinn", sets), tmp_path / "cv", rings, folds=3, tell=silent)
    with open(tmp_path / "cv" / "out_of_fold.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == scores["n"] == 66
    assert sorted({row["fold"] for row in rows}) == ["0", "1", "2"]
    for fold in range(3):
        held = {row["name"] for row in rows if row["fold"] == str(fold)}
        with open(tmp_path / "cv" / f"fold-{fold}" / "predictions.csv", encoding="utf-8") as file:
            assert {row["name"] for row in csv.DictReader(file)} == held
    started = [load_checkpoint(tmp_path / "cv" / f"fold-{k}" / "checkpoints" / "start.safetensors") for k in range(2)]
    weights = [known.network.state_dict()["dense.1.weight"] for known in started]
    ended = [load_checkpoint(tmp_path / "cv" / f"fold-{k}").network.state_dict()["dense.1.weight"] for k in range(2)]
    assert torch.equal(*weights)
    assert not torch.equal(*ended)
    resumed = train(load_recipe("lens-pinn", sets), tmp_path / "cv", rings, folds=3, resume=True, tell=silent)
    assert resumed["confusion"] == scores["confusion"]


def test_copies_are_found_and_not_trained_on(tmp_path):
    folder = write_rings(tmp_path / "rings")
    for i in range(3):
        image = np.load(folder / "train" / "no" / f"{i:03d}.npy")
        turned = np.round(np.rot90(image[0], i + 1) * 255) / 255
        np.save(folder / "val" / "no" / f"copy{i}.npy", turned.astype(np.float32))
    told = []
    train(load_recipe("lens-pinn", [*TINY, "loop.epochs=1"]), tmp_path / "run", folder, tell=told.append)
    data = json.loads((tmp_path / "run" / "run.json").read_text())["data"]
    assert (data["copies"], data["copies_across_splits"], data["copies_exact"]) == (3, 3, 0)
    assert any(line.startswith("3 training samples are left out") for line in told)


def test_evaluating_on_training_samples_is_noticed(trained, rings, tmp_path):
    out, _ = trained
    told = []
    flat = tmp_path / "flat"
    for kind in ("no", "sphere", "vort"):
        (flat / kind).mkdir(parents=True)
        for split, count in (("train", 2), ("val", 4)):
            for path in sorted((rings / split / kind).iterdir())[:count]:
                np.save(flat / kind / f"{split}{path.name}", np.load(path)[:, ::-1])
    scores = evaluate(out, flat, tmp_path / "scores", tell=told.append)
    assert scores["trained_on"] == 6
    assert scores["without_them"]["n"] == 12
    assert any("WARNING: 6 of 18" in line for line in told)


def test_images_of_another_size_are_refused(trained, tmp_path):
    """Networks that pool would answer about any size."""
    out, _ = trained
    other = write_rings(tmp_path / "rings", 1, 1, side=40)
    with pytest.raises(InputError, match=r"images of 1x40x40 .* knows 1x32x32"):
        evaluate(out, other, tmp_path / "scores", tell=silent)


def test_a_limit_takes_that_many_of_each_class(rings, tmp_path):
    told = []
    train(load_recipe("lens-pinn", [*TINY, "loop.epochs=1", "data.limit=5"]), tmp_path / "run", rings, tell=told.append)
    assert any(line.startswith("training on 15, validation 18") for line in told)


def test_a_used_folder_asks_for_resume_and_refuses_another_recipe(trained, rings):
    out, _ = trained
    with pytest.raises(SettingsError, match="--resume"):
        train(load_recipe("lens-pinn", list(TINY)), out, rings, tell=silent)
    other = load_recipe("lens-pinn", [*TINY, "optimiser.learning_rate=0.01"])
    with pytest.raises(SettingsError, match=r"optimiser.learning_rate = 0.001, not 0.01"):
        train(other, out, rings, resume=True, tell=silent)


def test_a_loss_that_is_not_finite_stops_the_training(rings, tmp_path):
    sets = [*TINY, "optimiser.name=sgd", "optimiser.learning_rate=1e12"]
    with pytest.raises(FitError, match=r"optimiser\.learning_rate"):
        train(load_recipe("lens-pinn", sets), tmp_path / "run", rings, tell=silent)


def corrupt(folder):
    (folder / "train" / "no" / "003.npy").write_bytes(b"\x93NUMPY nothing")


def wrong_shape(folder):
    np.save(folder / "train" / "sphere" / "004.npy", np.zeros((1, 20, 32), np.float32))


def not_finite(folder):
    np.save(folder / "val" / "vort" / "002.npy", np.full((1, 32, 32), np.nan, np.float32))


def extra_folder(folder):
    (folder / "train" / "galaxies").mkdir()
    np.save(folder / "train" / "galaxies" / "0.npy", np.zeros((1, 32, 32), np.float32))


def empty_class(folder):
    for path in (folder / "train" / "vort").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (corrupt, "no/003.npy"),
        (wrong_shape, "sphere/004.npy"),
        (not_finite, "vort/002.npy"),
        (extra_folder, "galaxies"),
        (empty_class, "vort"),
    ],
)
def test_bad_data_are_refused_before_an_epoch(tmp_path, spoil, says):
    folder = write_rings(tmp_path / "rings", train=6, val=4)
    spoil(folder)
    with pytest.raises(InputError) as caught:
        train(load_recipe("lens-pinn", list(TINY)), tmp_path / "run", folder, tell=silent)
    assert says in str(caught.value)
    assert not (tmp_path / "run" / "history.csv").exists()


def test_a_full_disk_is_refused_before_an_epoch(rings, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10**6})
    monkeypatch.setattr("lensmith.training.preflight.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(OutputError, match="1 MB free"):
        train(load_recipe("lens-pinn", list(TINY)), tmp_path / "run", rings, tell=silent)


def test_folds_and_several_devices_exclude_each_other(rings, tmp_path):
    with pytest.raises(SettingsError, match="one device"):
        train(load_recipe("lens-pinn", [*TINY, "loop.devices=2"]), tmp_path / "cv", rings, folds=3, tell=silent)


def test_without_data_it_says_how_to_give_some(tmp_path):
    with pytest.raises(SettingsError, match="--data"):
        train(load_recipe("lens-pinn"), tmp_path / "run", tell=silent)
