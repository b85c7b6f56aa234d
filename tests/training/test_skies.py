"""Skies in the trainings: the example's picture folders and the simulator's data sets, and what is said of them."""

import csv
import importlib

import numpy as np
import pytest

from lensmith.data.dark_worlds import write_sky
from lensmith.data.shear_grid import CELLS, HALO_CELLS
from lensmith.data.sky_pictures import SkyPictureWriter
from lensmith.errors import InputError
from lensmith.simulate import simulate_dataset
from lensmith.simulate.sky import SkySettings
from lensmith.simulate.sky.catalogue import draw_sky
from lensmith.simulate.sky.picture import paint_sky
from lensmith.training import evaluate, load_recipe, predict, train
from lensmith.training.commands import train_command
from lensmith.training.source import open_source

SIDE = 96
SETTINGS = SkySettings(n_galaxies=60, picture={"side": SIDE, "radius": 2.0})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The example's layout: 10 pictures to train on, 6 to validate, every other one with a halo."""
    root = tmp_path_factory.mktemp("pictures")
    for part, numbers in (("training", range(10)), ("validation", range(10, 16))):
        with SkyPictureWriter(root, part) as writer:
            for number in numbers:
                sky = SETTINGS.model_copy(update={"n_haloes": type(SETTINGS.shape_noise)(value=number % 2)})
                catalogue, haloes, _ = draw_sky(3, number, sky)
                image = paint_sky(3, number, catalogue, SETTINGS)
                writer.add(f"sky-{number:03d}", image, haloes[:, 1::-1] * SIDE / 4200 - 0.5)
    return root


def test_pictures_are_joined_with_their_labels(folder):
    source = open_source(folder, ("image",))
    assert source.classes == ("none", "halo")
    assert source.shape == (3, SIDE, SIDE)
    assert source.labels.tolist() == [k % 2 for k in range(16)]
    assert (source.split == "train").sum() == 10
    assert source.notes == ()
    assert source.load([0, 1])["image"].shape == (2, 3, SIDE, SIDE)


def test_labels_that_name_no_picture_are_joined_in_order_and_that_is_said(folder, tmp_path):
    import shutil

    root = tmp_path / "copy"
    shutil.copytree(folder, root)
    (root / "training-lenses.csv").unlink()
    rows = ["a,count", *(f"other{k},{k % 2}" for k in range(10))]
    (root / "training-labels.csv").write_text("\n".join(rows))
    told = []
    recipe = load_recipe("sky-resnet18", ["inputs.bin=3", "loop.epochs=1", "loop.batch=5"])
    train(recipe, tmp_path / "run", root, tell=told.append)
    assert any("sorted order" in line for line in told)
    (root / "training-labels.csv").write_text("\n".join(rows[:-1]))
    with pytest.raises(InputError, match="9 rows for 10 pictures"):
        open_source(root)


def test_the_example_s_classifier_trains_and_shows_its_predictions(folder, tmp_path):
    recipe = load_recipe("sky-resnet18", ["inputs.bin=3", "loop.epochs=1", "loop.batch=5"])
    scores = train(recipe, tmp_path / "run", folder, tell=lambda line: None)
    assert scores["n"] == 6
    assert (tmp_path / "run" / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert evaluate(tmp_path / "run", folder, tmp_path / "scores", lambda line: None)["n"] == 6
    assert (tmp_path / "scores" / "samples.png").exists()


def test_galaxies_in_pictures_are_measured_for_sky_net(folder):
    pytest.importorskip("galsim")
    found = open_source(folder, ("shear", "halo_map")).load([0, 1])
    assert found["shear"].shape == (2, 4, CELLS, CELLS)
    assert 30 < found["shear"][0, 2].sum() < 80
    assert found["halo_map"].shape == (2, 1, HALO_CELLS, HALO_CELLS)
    np.testing.assert_allclose(found["halo_map"].sum((1, 2, 3)), [0, 1], atol=1e-5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """sky-net after two short epochs on simulated catalogues."""
    out = tmp_path_factory.mktemp("sky-net") / "run"
    sets = ["loop.epochs=2", "data.simulate.epoch=16", "data.simulate.validation=24", "loop.batch=8"]
    return out, train(load_recipe("sky-net", sets), out, tell=lambda line: None)


def test_sky_net_trains_on_skies_that_are_made_meanwhile(trained):
    out, scores = trained
    assert scores["auc"]["macro"][0] > 0.8
    assert (out / "card.md").exists()


def test_the_command_trains_sky_net_as_it_does_classifiers(monkeypatch, tmp_path):
    asked = []
    module = importlib.import_module("lensmith.training.train")
    monkeypatch.setattr(module, "train", lambda recipe, *rest: asked.append(recipe.net.name))
    monkeypatch.setattr("lensmith.training.commands.score_lines", lambda scores: ["scores"])
    assert train_command("sky-net", tmp_path / "run", None, [], None, False)[0] == "scores"
    assert asked == ["sky-net"]


def test_sky_net_is_judged_on_a_data_set_of_skies(trained, tmp_path):
    simulate_dataset("sky", tmp_path / "data", 12, 5)
    assert evaluate(trained[0], tmp_path / "data", tmp_path / "scores", lambda line: None)["n"] == 12


def test_predictions_say_whether_and_where(trained, tmp_path):
    sky = SkySettings(n_haloes=1, first=({"amplitude": 0.5, "scale": 332},))
    catalogue, haloes, _ = draw_sky(8, 0, sky)
    write_sky(tmp_path / "Sky1.csv", catalogue)
    (tmp_path / "Sky2.csv").write_text("x,y,e1\n1,2,0.1\n")
    assert predict(trained[0], [tmp_path / "Sky1.csv", tmp_path / "Sky2.csv"], tmp_path / "out.csv") == 2
    with open(tmp_path / "out.csv", newline="") as file:
        good, bad = csv.DictReader(file)
    assert float(good["p_halo"]) > 0.9
    assert np.hypot(float(good["x"]) - haloes[0, 0], float(good["y"]) - haloes[0, 1]) < 200
    assert float(good["r68"]) > 10
    assert "e2" in bad["problem"]
    assert bad["p_halo"] == ""
