"""From simulated lenses to views, and a training of finder and estimator on a few of them."""

import json

import numpy as np
import pytest

from lensmith.data import DataSetWriter, open_dataset
from lensmith.data.findings import PARAMETERS
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import InputError, SettingsError
from lensmith.nets import NetworkSpec, build_network, load_checkpoint, save_checkpoint
from lensmith.nets.estimator import NAMES
from lensmith.nets.lens_view import SIDE
from lensmith.training import evaluate
from lensmith.training.commands import train_command
from lensmith.training.view_sets import make_views

SHORT = ["loop.epochs=2", "loop.batch=16"]
SIZE = ["net.settings.options={width: 8, kept: 8, hidden: 8}", *SHORT]


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """Forty scenes, every other one a lens."""
    return written(tmp_path_factory.mktemp("strong"), np.arange(40) % 2 == 0)


def written(folder, lens):
    """A folder with scenes of two bands as `simulate strong` writes them: where `lens`, a ring of a known radius."""
    n, side, rng = len(lens), 48, np.random.default_rng(5)
    y, x = np.indices((side, side)) - (side - 1) / 2
    radius = rng.uniform(4, 10, n)
    images = rng.normal(size=(n, 2, side, side))
    images[lens] += 20 * np.exp(-0.5 * (np.hypot(x, y) - radius[lens, None, None, None]) ** 2)
    truth = {"is_lens": lens, "class": np.where(lens, "lens", "star"), "arc_snr": np.where(lens, 50.0, np.nan)}
    names = {"theta_E_eff": 0.2 * radius} | {name: np.zeros(n) for name in ("e1", "e2", "gamma1", "gamma2")}
    names |= {"center_x": rng.normal(0, 0.1, n), "center_y": rng.normal(0, 0.1, n)}
    truth |= names | {"psf_fwhm_g": np.full(n, 0.8), "psf_fwhm_r": np.full(n, 0.7)}
    columns = {
        name: Column({"b": "bool", "U": "str"}.get(v.dtype.kind, "float64"), "", "") for name, v in truth.items()
    }
    bands = [{"name": name, "pixel_scale": 0.2} for name in "gr"]
    about = {"kind": "strong", "survey": {"name": "toy", "bands": bands}, "seed": 1, "versions": {}, "settings": {}}
    spec = ArraySpec((2, side, side), ("band", "y", "x"))
    writer = DataSetWriter(folder, n, {"image": spec}, columns, about)
    writer.append(Samples(np.arange(n), {"image": images.astype(np.float32)}, truth))
    writer.finish()
    return folder


@pytest.fixture(scope="session")
def views(simulated, tmp_path_factory):
    """The data set of views of those scenes."""
    out = tmp_path_factory.mktemp("views") / "views"
    make_views([simulated], out, seed=2)
    return out


def test_views_keep_the_truth(views, simulated):
    made, scenes = open_dataset(views), open_dataset(simulated)
    assert made.arrays["image"].shape == (40, 3, SIDE, SIDE)
    lens = made.column("class") == "lens"
    assert (lens == scenes.column("is_lens")).all()
    assert np.allclose(made.column("theta_E")[lens], scenes.column("theta_E_eff")[lens])
    assert all(np.isnan(made.column(name)[~lens]).all() for name in PARAMETERS)
    assert set(made.column("split")) <= {"train", "val"}
    assert np.ptp(made.column("pixel_scale")) > 0.01


def test_a_test_set_is_as_a_run_sees_it(simulated, tmp_path):
    make_views([simulated], tmp_path / "a", seed=1, test=True)
    make_views([simulated], tmp_path / "b", seed=9, test=True)
    one, other = (open_dataset(tmp_path / name) for name in "ab")
    assert np.array_equal(one.arrays["image"][:], other.arrays["image"][:])
    assert set(one.column("split")) == {"test"}
    assert one.column("pixel_scale") == pytest.approx(0.2)


def test_a_share_of_the_views_is_as_a_run_sees_it(simulated, tmp_path):
    make_views([simulated], tmp_path / "as it is", test=True)
    make_views([simulated], tmp_path / "all", plain=1.0)
    make_views([simulated], tmp_path / "half", plain=0.5)
    seen, every, half = (open_dataset(tmp_path / name).arrays["image"][:] for name in ("as it is", "all", "half"))
    assert np.array_equal(seen, every)
    same = [np.array_equal(one, other) for one, other in zip(seen, half)]
    assert 10 <= sum(same) <= 30
    assert "test" not in open_dataset(tmp_path / "all").column("split")


def test_copies_differ_and_stay_on_one_side_of_the_split(simulated, tmp_path):
    make_views([simulated], tmp_path / "twice", seed=3, copies=2)
    made = open_dataset(tmp_path / "twice")
    assert len(made) == 80
    assert (made.column("row") == np.repeat(np.arange(40), 2)).all()
    split = made.column("split").reshape(40, 2)
    assert (split[:, 0] == split[:, 1]).all()
    assert not np.array_equal(made.arrays["image"][0], made.arrays["image"][1])


def test_a_ring_lies_where_its_truth_says(views):
    made = open_dataset(views)
    rows, columns = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    for k in np.flatnonzero(made.column("class") == "lens")[:10]:
        d, known, _ = made.arrays["image"][k]
        ring = np.maximum(d - 3, 0) * known
        radius = (ring * np.hypot(rows, columns)).sum() / ring.sum()
        assert radius * made.column("pixel_scale")[k] == pytest.approx(made.column("theta_E")[k], rel=0.12)


def test_what_says_no_class_is_refused(views, tmp_path):
    with pytest.raises(InputError, match="which samples are lenses"):
        make_views([views], tmp_path / "out")


def test_the_finder_is_trained_and_calibrated(views, tmp_path):
    train_command("finder", tmp_path / "run", views, SIZE, None, False, tell=str)
    network = load_checkpoint(tmp_path / "run").network
    assert network.spec.classes == ("impostor", "lens")
    assert float(network.temperature) != 1
    assert (tmp_path / "run/reliability.png").is_file()


def test_the_estimator_is_trained_the_same_again(views, tmp_path):
    train_command("estimator", tmp_path / "whole", views, SIZE, None, False, tell=str)
    scores = json.loads((tmp_path / "whole/metrics.json").read_text())
    assert set(scores["parameters"]) == set(NAMES)
    train_command("estimator", tmp_path / "again", views, SIZE, None, False, tell=str)
    whole, again = (load_checkpoint(tmp_path / name).network.state_dict() for name in ("whole", "again"))
    assert all(np.array_equal(whole[name], again[name]) for name in whole)
    assert "68 % intervals" in (tmp_path / "whole/card.md").read_text()
    again = evaluate(tmp_path / "whole", views, tmp_path / "scores", tell=str)
    assert again["parameters"]["theta_E"]["median_error"] == pytest.approx(
        scores["parameters"]["theta_E"]["median_error"], rel=1e-3
    )


@pytest.mark.parametrize("name", ["finder", "estimator"])
def test_encoders_of_timm_are_trained_too(name, views, tmp_path):
    size = ["net.settings.encoder=resnet10t", "net.settings.options={channels: [8, 8, 16, 16], stem_width: 8}", *SHORT]
    train_command(name, tmp_path / "run", views, size, None, False, tell=str)
    assert load_checkpoint(tmp_path / "run").network.spec.settings["encoder"] == "resnet10t"


def test_an_estimator_needs_views_and_no_folds(views, tmp_path):
    with pytest.raises(SettingsError, match="lensmith mix"):
        train_command("estimator", tmp_path / "run", None, SIZE, None, False, tell=str)
    with pytest.raises(SettingsError, match="folds"):
        train_command("estimator", tmp_path / "run", views, SIZE, 3, False, tell=str)


def test_an_estimator_needs_no_impostors(tmp_path):
    lenses = tmp_path / "lenses"
    lenses.mkdir()
    make_views([written(lenses, np.ones(40, bool))], tmp_path / "views", seed=2)
    train_command("estimator", tmp_path / "run", tmp_path / "views", SIZE, None, False, tell=str)
    assert load_checkpoint(tmp_path / "run").network.spec.shape == (3, SIDE, SIDE)
    with pytest.raises(InputError, match="no sample of the class"):
        train_command("finder", tmp_path / "finder", tmp_path / "views", SIZE, None, False, tell=str)


def test_weights_of_two_planes_are_judged_on_views_with_colour(views, tmp_path):
    """Networks from before views had colour read the planes that they know; the other way round is refused."""
    spec = {"settings": {"encoder": "polar", "options": {"width": 8, "kept": 8, "hidden": 8}}, "shape": (2, SIDE, SIDE)}
    finder = build_network(NetworkSpec(name="finder", classes=("impostor", "lens"), **spec))
    save_checkpoint(tmp_path / "finder.safetensors", finder, {})
    assert evaluate(tmp_path / "finder.safetensors", views, tmp_path / "scores", tell=str)
    wider = build_network(NetworkSpec(name="estimator", classes=NAMES, **(spec | {"shape": (4, SIDE, SIDE)})))
    save_checkpoint(tmp_path / "wider.safetensors", wider, {})
    with pytest.raises(InputError, match="3 planes"):
        evaluate(tmp_path / "wider.safetensors", views, tmp_path / "other", tell=str)
