"""Data sets of the simulator, from disk and made on the fly, through a whole training."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lensmith.errors import InputError
from lensmith.simulate import simulate_dataset
from lensmith.training import evaluate, load_recipe, predict, train
from lensmith.training.preflight import inspect
from lensmith.training.recipe import SimulateSection
from lensmith.training.source import label_classes, open_source
from lensmith.training.stream import Stream
from training.rings import TINY

SMALL = [*TINY, "loop.epochs=1", "inputs.side=32", "inputs.scale=asinh"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sim") / "data"
    simulate_dataset("substructure", folder, 30, 3)
    return folder


def test_a_data_set_is_read_with_what_the_network_asks_for(dataset):
    source = open_source(dataset, ("image", "exposure"))
    assert source.classes == ("no", "sphere", "vort")
    assert source.shape == (1, 150, 150)
    assert np.bincount(source.labels).tolist() == [10, 10, 10]
    arrays = source.load([3, 1])
    assert arrays["image"].shape == (2, 1, 150, 150)
    assert arrays["exposure"].dtype == np.float32
    assert source.names[3] == "sample 3"
    with pytest.raises(InputError, match="has no psf"):
        open_source(dataset, ("image", "psf"))


def test_what_a_simulation_drew_afresh_is_no_copy(dataset):
    source = open_source(dataset)
    assert source.made == "substructure, seed 3"
    alike = replace(source, reader=lambda indices: {"image": np.repeat(source.load([0])["image"], len(indices), 0)})
    assert len(inspect(alike, "image").copies) == 0
    # How many links hold the copies together depends on the rounding of the processor; that they hold does not.
    one, other = inspect(replace(alike, made=""), "image").copies.T
    assert connected_components(coo_array((np.ones(len(one)), (one, other)), (30, 30)), directed=False)[0] == 1


def test_training_and_asking_on_a_data_set(dataset, tmp_path):
    train(load_recipe("lens-pinn", SMALL), tmp_path / "run", dataset, tell=str)
    scores = evaluate(tmp_path / "run", dataset, tmp_path / "scores", tell=str)
    assert scores["n"] == 30
    assert scores["trained_on"] == json.loads((tmp_path / "run" / "run.json").read_text())["data"]["samples"] - 3
    assert predict(tmp_path / "run", [dataset], tmp_path / "p.csv", tell=str) == 30


def test_a_stream_is_the_data_set_of_its_seed(dataset):
    section = SimulateSection(kind="substructure", seed=3, epoch=12, validation=9)
    stream = Stream(section, ("image", "exposure"))
    on_disk = open_source(dataset, ("image", "exposure"))
    arrays, labels, _ = stream.load([5, 2])
    assert np.array_equal(arrays["image"], on_disk.load([14, 11])["image"])
    assert np.array_equal(labels, on_disk.labels[[14, 11]])
    apart = stream.validation()
    assert np.array_equal(apart.load([4])["image"], on_disk.load([4])["image"])
    assert len(apart) == 9


def test_training_on_a_stream_resumes_where_it_was(tmp_path):
    section = "data.simulate={kind: substructure, seed: 3, epoch: 16, validation: 9}"
    recipe = load_recipe("lens-pinn", [*SMALL, section, "loop.epochs=2"])
    train(recipe, tmp_path / "run", tell=str)
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert len(rows) == 3
    train(recipe, tmp_path / "run", resume=True, tell=str)
    assert (tmp_path / "run" / "history.csv").read_text().splitlines() == rows


def test_classes_come_in_the_designs_order_or_by_name():
    labels, classes = label_classes({"class": np.array(["vort", "no", "sphere"])}, "x")
    assert (labels.tolist(), classes) == ([2, 0, 1], ("no", "sphere", "vort"))
    labels, classes = label_classes({"label": np.array([1, 0])}, "x")
    assert (labels.tolist(), classes) == ([1, 0], ("0", "1"))
    with pytest.raises(InputError, match="no column of classes"):
        label_classes({"theta_E": np.ones(2)}, "x")
