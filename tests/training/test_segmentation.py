"""Segmenters trained on tiny labelled sets, from labels to scores, and what they refuse."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.labels import CLASSES
from lensmith.data.mask_measures import mask_centre, mask_extent, ring_radius
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import InputError, SettingsError
from lensmith.nets import load_checkpoint
from lensmith.nets.thresholding import Thresholds, threshold_masks, tuned_thresholds
from lensmith.plots.segmentation import segmentation_sheet
from lensmith.training import load_recipe, predict
from lensmith.training.segmentation import train_segmenter
from lensmith.training.segmentation_evaluate import evaluate_segmenter
from lensmith.training.segmentation_mix import mix_segmentation
from lensmith.training.segmentation_module import hard_masks
from lensmith.training.segmentation_report import segmentation_report
from lensmith.training.segmentation_scores import (
    grouped_scores,
    segmentation_score_lines,
    segmentation_scores,
)
from lensmith.training.segmentation_source import open_segmentation

CHAOS = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real")) / "chaos_ct"
TINY = ["loop.batch=8", "loop.workers=0", "schedule.name=constant", "data.augment=none"]
NETS = {
    "unet-small": ["net.settings={encoder: test_resnet, decoder: [32, 16, 16, 8, 8]}"],
    "isnet-small": ["net.settings={width: 0.125, teacher_epochs: 1}"],
    "msrfnet-small": ["net.settings={width: 0.125}"],
}


def scene(seed, side=32):
    """An image with noise 1 and classes ``[y, x]``: a lens, an arc on one side, a neighbour as bright as the arc."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    start, distance = random.uniform(-np.pi, np.pi), random.uniform(7, 9)
    along = np.abs((angle - start + np.pi) % (2 * np.pi) - np.pi)
    lens = 60 * np.exp(-0.5 * (radius / 2.2) ** 2)
    arc = 12 * np.exp(-0.5 * ((radius - distance) / 1.2) ** 2) * (along < 0.9)
    px, py = distance * np.cos(start + np.pi), distance * np.sin(start + np.pi)
    other = 14 * np.exp(-0.5 * (((x - px) ** 2 + (y - py) ** 2) / 1.4**2))
    parts = np.stack([lens, arc, other])
    classes = np.where(parts.max(0) > 2, parts.argmax(0) + 1, 0)
    return (parts.sum(0) + random.normal(size=radius.shape)).astype(np.float32), classes.astype(np.uint8)


def write_labelled(folder, seeds, split, masks=False):
    """A data set as `lensmith label` leaves it."""
    scenes = [scene(seed) for seed in seeds]
    images, classes = np.stack([one[0] for one in scenes])[:, None], np.stack([one[1] for one in scenes])
    labels = np.stack([classes == 1, classes == 2], 1).astype(np.uint8) if masks else classes
    names = ["lens", "arc"] if masks else list(CLASSES)
    axes = ("class", "y", "x") if masks else ("y", "x")
    specs = {"image": ArraySpec(images.shape[1:], ("band", "y", "x"))}
    specs["segmentation"] = ArraySpec(labels.shape[1:], axes, "uint8")
    about = {"kind": "strong", "seed": 1, "survey": None, "settings": {}, "versions": {}}
    about["segmentation"] = {"rule": "truth", "classes": names}
    folder.mkdir(parents=True)
    writer = DataSetWriter(folder, len(seeds), specs, {"split": Column("str")}, about)
    writer.append(Samples(np.arange(len(seeds)), {"image": images, "segmentation": labels}, {"split": np.array(split)}))
    writer.finish()
    return folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    return write_labelled(tmp_path_factory.mktemp("labelled") / "set", range(12), ["train"] * 8 + ["val"] * 4)


@pytest.fixture(scope="module")
def masked(tmp_path_factory):
    split = ["train"] * 8 + ["val"] * 4
    return write_labelled(tmp_path_factory.mktemp("masked") / "set", range(12), split, masks=True)


def test_overfitting_eight_images_beats_thresholding(labelled, tmp_path):
    sets = [
        *TINY,
        *NETS["unet-small"],
        "loop.epochs=40",
        "loop.batch=4",
        "loop.select=last",
        "optimiser.learning_rate=4e-3",
    ]
    told = []
    train_segmenter(load_recipe("unet-small", sets), tmp_path / "run", labelled, command="c", tell=told.append)
    only = write_labelled(tmp_path / "eight", range(8), ["test"] * 8)
    scores = evaluate_segmenter(tmp_path / "run", only, tmp_path / "scores", told.append)
    assert scores["mean_iou"] > scores["thresholding"]["mean_iou"] + 0.05
    assert scores["classes"]["arc"]["iou"][0] > scores["thresholding"]["classes"]["arc"]["iou"][0]
    assert scores["classes"]["point"]["empty_images"] == 8
    assert scores["centre_error_pixels"][0] < 1
    assert (tmp_path / "scores" / "masks.png").stat().st_size > 10_000
    assert json.loads((tmp_path / "scores" / "metrics.json").read_text())["mean_iou"] == scores["mean_iou"]
    said = "\n".join(told)
    for what in ("lens", "arc", "other"):
        assert re.search(rf"^{what}, network: IoU .* boundary F [01]\.\d+ \(8 images\)", said, re.M)
        assert re.search(rf"^{what}, thresholding: IoU .* boundary F [01]\.\d+ \(8 images\)", said, re.M)
    for what in ("network", "thresholding"):
        assert re.search(rf"all classes, {what}: macro IoU .*, calibration error of the pixels 0\.\d+ \[", said)
    assert re.search(r"centre of the lens off by .* pixels \(network\), .* pixels \(thresholding\)", said)
    assert re.search(r"radius of the arcs off .* \(network\), .* \(thresholding\)", said)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unet-small", "masked"),
        ("isnet-small", "masked"),
        ("msrfnet-small", "labelled"),
        ("isnet-percentile", "masked"),
    ],
)
def test_every_network_trains_on_both_kinds_of_labels(name, kind, request, tmp_path):
    told, data = [], request.getfixturevalue(kind)
    sets = [*TINY, *NETS[name.replace("percentile", "small")], "loop.epochs=2"]
    scores = train_segmenter(load_recipe(name, sets), tmp_path / "run", data, command="c", tell=told.append)
    assert scores["n"] == 4
    # What the inputs show by themselves stands beside where they show it.
    assert ("without_learning" in scores) == name.endswith("percentile")
    assert any("ranks alone" in line for line in segmentation_report(scores)) == name.endswith("percentile")
    network = load_checkpoint(tmp_path / "run").network
    assert network.settings.exclusive == (kind == "labelled")
    assert not any("teacher" in key for key in network.state_dict())
    assert any(line.startswith("ground-truth encoder") for line in told) == name.startswith("isnet")
    for file in ("model.safetensors", "metrics.json", "card.md", "history.csv", "run.json", "recipe.yaml", "masks.png"):
        assert (tmp_path / "run" / file).is_file(), file


@pytest.mark.slow
def test_a_resumed_training_ends_like_one_in_a_piece(labelled, tmp_path):
    name = "isnet-small"
    sets = [*TINY, *NETS[name]]
    for folder, epochs in (("whole", 2), ("parts", 1), ("parts", 2)):
        recipe = load_recipe(name, [*sets, f"loop.epochs={epochs}"])
        if epochs == 2 and folder == "parts":
            # A killed training was begun with the same recipe.
            text = (tmp_path / folder / "recipe.yaml").read_text()
            (tmp_path / folder / "recipe.yaml").write_text(text.replace("\n  epochs: 1", "\n  epochs: 2"))
        resume = (tmp_path / folder).exists()
        train_segmenter(recipe, tmp_path / folder, labelled, resume=resume, tell=lambda line: None)
    whole, parts = (load_checkpoint(tmp_path / folder).network.state_dict() for folder in ("whole", "parts"))
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_masks_turn_with_their_images(labelled):
    from lensmith.training.order import turned

    samples = open_segmentation(labelled)
    image, masks = samples.source.load(np.arange(8))["image"], samples.masks(np.arange(8))
    turns = np.arange(8)
    bright = turned(image, turns) > 30
    assert (turned(masks, turns)[:, 1:2] >= bright).all()


def write_survey(folder, name, scale, bands, n=6, names=("image", "lens", "source", "other", "points")):
    """A simulated data set that says its pixel scale and PSF; its lens is 6 pixels wide and drowns out a third band."""
    y, x = np.mgrid[:40, :40] - 19.5
    light = np.broadcast_to(50 * (np.hypot(x, y) < 6).astype(np.float32), (n, len(bands), 40, 40))
    star = np.broadcast_to(50 * (np.hypot(x - 15, y - 15) < 2).astype(np.float32), light.shape)
    arrays = {"lens": light, "source": 0 * light, "other": 0 * light, "points": star}
    noise = np.random.default_rng(n).normal(size=light.shape)
    arrays["image"] = (light + star + noise).astype(np.float32)
    specs = {name: ArraySpec(light.shape[1:], ("band", "y", "x")) for name in names}
    survey = {"name": name, "bands": [{"name": band, "pixel_scale": scale} for band in bands]}
    about = {"kind": "strong", "seed": 1, "survey": survey if scale else None, "settings": {}, "versions": {}}
    columns = {f"psf_fwhm_{band}": Column() for band in bands} | {"quasar": Column("bool"), "is_lens": Column("bool")}
    writer = DataSetWriter(folder, n, specs, columns, about)
    truth = {f"psf_fwhm_{band}": np.full(n, 0.8) for band in bands}
    truth |= {"quasar": np.arange(n) == 1, "is_lens": np.arange(n) > 0}
    writer.append(Samples(np.arange(n), {name: arrays[name] for name in names}, truth))
    writer.finish()
    return folder


def test_surveys_are_mixed_on_one_grid(tmp_path):
    for name in ("ground", "space"):
        (tmp_path / name).mkdir()
    folders = [write_survey(tmp_path / "ground", "g", 0.25, "gri"), write_survey(tmp_path / "space", "s", 0.8, "v")]
    assert "12 samples of 2 data sets" in mix_segmentation(folders, tmp_path / "mix")
    mixed = open_segmentation(tmp_path / "mix")
    dataset = mixed.dataset
    assert mixed.classes == CLASSES
    assert dataset.arrays["image"].shape == (12, 1, 64, 64)
    assert set(dataset.column("bands")[6:]) == {1}
    widths = dataset.column("psf_fwhm")
    assert ((widths > 1.1 - 1e-9) & (widths < 4 + 1e-9)).all()
    assert widths * dataset.column("pixel_scale") == pytest.approx(np.full(12, 0.8))
    assert list(dataset.column("is_lens")[:2]) == [False, True]
    for image, masks, row in zip(mixed.source.load(np.arange(12))["image"], mixed.masks(np.arange(12)), range(12)):
        lens = masks[1] > 0
        grown = (0.25 if row < 6 else 0.8) / dataset.column("pixel_scale")[row]
        assert mask_extent(lens) == pytest.approx(6 * grown, rel=0.1)
        assert image[0][lens].mean() > 5 * abs(image[0][~lens].mean())
        # A point is an image of the source where a quasar is lensed, else a star of the Milky Way.
        assert set(np.unique(masks.argmax(0))) <= ({0, 1, 4} if row % 6 == 1 else {0, 1, 3})
    again = tmp_path / "again"
    mix_segmentation(folders[:1], again)
    first = open_segmentation(again).source.load(np.arange(6))["image"]
    assert np.array_equal(first, mixed.source.load(np.arange(6))["image"])


def test_cosmic_rays_are_drawn_into_images_from_space_and_into_no_label(tmp_path, monkeypatch):
    (tmp_path / "space").mkdir()
    folder = write_survey(tmp_path / "space", "s", 0.1, "v")
    for name, share in (("without", 0.0), ("with", 1.0)):
        monkeypatch.setattr("lensmith.training.segmentation_mix.RAYS", share)
        monkeypatch.setattr("lensmith.training.segmentation_mix.RAYS_FWHM", 2.0)
        mix_segmentation([folder], tmp_path / name)
    plain, struck = (open_segmentation(tmp_path / name) for name in ("without", "with"))
    rows = np.arange(6)
    added = struck.source.load(rows)["image"] - plain.source.load(rows)["image"]
    # Some two rays are expected in an image as small as these.
    assert (added > 0.5).any((1, 2, 3)).sum() >= 2
    assert np.median(np.abs(added)) < 0.05
    assert np.array_equal(struck.masks(rows), plain.masks(rows))
    assert list(struck.dataset.column("split")) == list(plain.dataset.column("split"))


def test_what_cannot_be_mixed_is_said(tmp_path):
    for name in ("unsaid", "plain"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="does not say its pixel scale and PSF"):
        mix_segmentation([write_survey(tmp_path / "unsaid", "u", None, "g")], tmp_path / "mix")
    with pytest.raises(InputError, match="components=true"):
        mix_segmentation([write_survey(tmp_path / "plain", "p", 0.2, "g", names=("image",))], tmp_path / "mix")


def test_a_des_training_set_is_a_source(tmp_path):
    from astropy.table import Table

    from lensmith.data.labels import DES_CLASSES, des_masks
    from lensmith.data.segmentation_sets import DesSegmentation, write_des_segmentation

    random = np.random.default_rng(0)
    images, classes = random.normal(size=(5, 3, 45, 45)).astype(np.float32), random.integers(0, 4, (5, 45, 45))
    content = DesSegmentation(images, des_masks(classes), Table({"Z1": np.ones(5)}), images, images)
    write_des_segmentation(content, tmp_path / "set.fits")
    samples = open_segmentation(tmp_path / "set.fits")
    assert samples.classes == DES_CLASSES
    assert samples.exclusive
    assert samples.source.shape == (3, 45, 45)
    assert np.array_equal(samples.source.load([1, 3])["image"], images[[1, 3]])
    assert np.array_equal(samples.masks([1, 3]), des_masks(classes[[1, 3]]))


def test_what_cannot_be_trained_on_is_said(labelled, tmp_path):
    recipe = load_recipe("unet-small", [*TINY, *NETS["unet-small"]])
    with pytest.raises(SettingsError, match="--data"):
        train_segmenter(recipe, tmp_path / "a")
    with pytest.raises(SettingsError, match="leave them out"):
        train_segmenter(load_recipe("unet-small", [*TINY, "inputs.side=16"]), tmp_path / "b", labelled)
    with pytest.raises(InputError, match="no CHAOS slices"):
        open_segmentation(tmp_path)
    (labelled.parent / "bare").mkdir()
    specs = {"image": ArraySpec((1, 8, 8), ("band", "y", "x"))}
    about = {"kind": "strong", "seed": 1, "survey": None, "settings": {}, "versions": {}}
    writer = DataSetWriter(labelled.parent / "bare", 2, specs, {"class": Column("str")}, about)
    images = np.zeros((2, 1, 8, 8), np.float32)
    writer.append(Samples(np.arange(2), {"image": images}, {"class": np.array(["lens", "lens"])}))
    writer.finish()
    with pytest.raises(InputError, match="label it first"):
        open_segmentation(labelled.parent / "bare")


def test_scores_by_hand():
    truth = np.zeros((3, 2, 6, 6), bool)
    truth[:2, 0, 1:3, 1:3] = True
    truth[:1, 1, 4:6, 4:6] = True
    said = truth.copy()
    said[1, 0, 1, 1] = False
    said[2, 1, 0, 0] = True
    scores = segmentation_scores(truth, said, ("lens", "arc"), said.astype(float))
    lens, arc = scores["classes"]["lens"], scores["classes"]["arc"]
    assert lens["images"] == 2
    assert lens["iou"][0] == pytest.approx((1 + 3 / 4) / 2)
    assert lens["recall"] == pytest.approx((1 + 3 / 4) / 2)
    assert lens["empty_left_empty"] == 1
    assert arc["iou"] == [1, 1, 1]
    assert arc["empty_left_empty"] == pytest.approx(1 / 2)
    assert arc["pooled_iou"] == pytest.approx(4 / 5)
    assert scores["mean_iou"] == pytest.approx((7 / 8 + 1) / 2)
    assert scores["ring_radius_error"] == [0, 0, 0]
    assert scores["macro_iou"][0] == pytest.approx(scores["mean_iou"])
    assert scores["macro_iou"][1] <= scores["macro_iou"][0] <= scores["macro_iou"][2]
    assert len(segmentation_score_lines(scores)) == 1
    by_group = grouped_scores(truth, said, ("lens", "arc"), np.array(["a", "b", "b"]))
    assert by_group["a"]["macro_iou"] == [1, 1, 1]
    assert by_group["b"]["n"] == 2
    assert by_group["b"]["lens"] == [0.75, 0.75, 0.75]
    assert "arc" not in by_group["b"]
    report = segmentation_report(scores | {"by_survey": by_group, "thresholding": scores | {"by_survey": by_group}})
    line = (
        "survey a, 1 samples: macro IoU 1.000 [1.000, 1.000] (network), 1.000 [1.000, 1.000] (thresholding); arc 1.000"
    )
    assert any(one.startswith(line) for one in report)
    assert "lens, network: IoU 0.875" in "\n".join(report)


def test_calibration_by_hand():
    """A quarter of the pixels that are called 0.75 is wrong: they are calibrated; said to be sure they are 0.25 off."""
    truth = np.zeros((2, 2, 4, 4), bool)
    truth[:, 0] = True
    truth[:, 0, 0] = False
    truth[:, 1] = ~truth[:, 0]
    honest = np.stack([np.full((2, 4, 4), 0.75), np.full((2, 4, 4), 0.25)], 1)
    names = ("background", "lens")
    assert segmentation_scores(truth, truth, names, honest)["calibration_error"] == [0, 0, 0]
    sure = np.round(honest)
    assert segmentation_scores(truth, truth, names, sure)["calibration_error"] == [0.25, 0.25, 0.25]


def test_einstein_radii_are_compared_with_the_truth():
    y, x = np.mgrid[:41, :41] - 20.0
    lens, ring = np.hypot(x, y) < 4, np.abs(np.hypot(x, y) - 12) < 1
    truth = np.stack([np.stack([lens, ring])] * 3)
    said = truth.copy()
    said[2, 1] = False
    scores = segmentation_scores(truth, said, ("lens", "arc"), theta_E=np.array([12.0, 10.0, 12.0]))
    assert scores["theta_E_bias"][0] == pytest.approx(0.1, abs=0.02)
    assert scores["theta_E_error_of_true_masks"][0] < 0.02
    assert scores["without_radius"] == 1
    assert scores["centre_error_pixels"] == [0, 0, 0]


def test_hard_masks_of_exclusive_classes_cover_every_pixel_once():
    shares = torch.rand(2, 4, 5, 5)
    assert (hard_masks(shares, True).sum(1) == 1).all()
    assert torch.equal(hard_masks(shares, False), shares > 0.5)


def test_measures_of_masks():
    y, x = np.mgrid[:41, :61]
    disc = np.hypot(x - 33, y - 18) <= 6
    ring = np.abs(np.hypot(x - 33, y - 18) - 12) <= 1
    assert mask_centre(disc) == pytest.approx((3.0, -2.0))
    assert mask_extent(disc) == pytest.approx(6, abs=0.2)
    assert ring_radius(ring, mask_centre(disc)) == pytest.approx(12, abs=0.2)
    nothing = np.zeros((5, 5), bool)
    assert np.isnan([*mask_centre(nothing), mask_extent(nothing), ring_radius(nothing, (0, 0))]).all()
    assert np.isnan(ring_radius(ring, (np.nan, np.nan)))


def test_thresholds_are_tuned_and_find_the_lens():
    scenes = [scene(seed) for seed in range(20, 26)]
    images = np.stack([image for image, _ in scenes])[:, None]
    masks = np.stack([[classes == k for k in range(5)] for _, classes in scenes])
    best = tuned_thresholds(images, masks, CLASSES)
    found = threshold_masks(images, CLASSES, best)
    assert found.shape == masks.shape
    tuned, plain = (
        segmentation_scores(masks, one, CLASSES) for one in (found, threshold_masks(images, CLASSES, Thresholds()))
    )
    assert tuned["mean_iou"] >= plain["mean_iou"] - 0.02
    assert tuned["classes"]["lens"]["iou"][0] > 0.5
    assert threshold_masks(np.zeros((1, 1, 9, 9)), ("lens",), best).shape == (1, 1, 9, 9)


def test_a_lens_can_be_cut_at_a_percentile():
    y, x = np.mgrid[:50, :50] - 24.5
    image = np.exp(-np.hypot(x, 1.5 * y) / 4)
    cut = Thresholds("percentile", 90.0, 0.0, 0.75, 96.0)
    lens, arc = threshold_masks(image[None, None], ("lens", "arc"), cut)[0]
    assert np.array_equal(lens, image >= np.percentile(image, 96))
    assert np.array_equal(lens | arc, image >= np.percentile(image, 90))


def test_the_sheet_shows_four_panels_a_sample():
    image, classes = scene(1)
    masks = np.stack([classes == 1, classes == 2])[None]
    figure = segmentation_sheet(image[None], masks, ~masks, ["lens", "arc"])
    assert len(figure.axes) == 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["lens", "arc", "missed", "added"]
    with pytest.raises(ValueError, match="do not belong together"):
        segmentation_sheet(image[None], masks, masks[:, :1], ["lens", "arc"])


@pytest.mark.skipif(not CHAOS.is_dir(), reason="no chaos_ct in LENSMITH_REAL_DATA")
@pytest.mark.parametrize(
    "name", ["unet-small", *(pytest.param(name, marks=pytest.mark.slow) for name in list(NETS)[1:])]
)
def test_chaos_trains_for_a_few_steps(name, tmp_path):
    sets = [*TINY, *NETS[name], "loop.epochs=1", "loop.batch=4", "inputs.scale=standard"]
    scores = train_segmenter(load_recipe(name, sets), tmp_path / "run", CHAOS, tell=lambda line: None)
    assert set(scores["classes"]) == {"background", "liver"}
    assert scores["n"] == 1
    assert predict(tmp_path / "run", [CHAOS], tmp_path / "masks.npz", tell=lambda line: None) == 10
    masks = np.load(tmp_path / "masks.npz")
    assert masks["probabilities"].shape == (10, 2, 128, 128)
    assert masks["probabilities"].sum(1) == pytest.approx(np.ones((10, 128, 128)), abs=2e-3)
    assert not any(masks["problems"])


def test_masks_of_images_without_labels(labelled, tmp_path):
    sets = [*TINY, *NETS["unet-small"], "loop.epochs=1", "data.limit=5", "data.validation_limit=3"]
    told = []
    train_segmenter(load_recipe("unet-small", sets), tmp_path / "run", labelled, tell=told.append)
    assert any(line.startswith("training on 5, validation 3,") for line in told)
    images = np.stack([scene(seed)[0] for seed in range(3)])[:, None]
    images[1, 0, 0, 0] = np.nan
    np.save(tmp_path / "stack.npy", images)
    quiet = {"tell": lambda line: None}
    assert predict(tmp_path / "run", [tmp_path / "stack.npy"], tmp_path / "masks.npz", **quiet) == 3
    found = np.load(tmp_path / "masks.npz")
    network = load_checkpoint(tmp_path / "run").network
    assert list(found["classes"]) == list(CLASSES)
    by_name = dict(zip(found["names"], found["probabilities"]))
    first, bad = (next(name for name in by_name if name.endswith(end)) for end in ("[0]", "[1]"))
    assert by_name[first] == pytest.approx(network.probabilities({"image": images[:1]})[0], abs=2e-3)
    assert np.isnan(by_name[bad]).all()
    masks = dict(zip(found["names"], found["masks"]))
    assert np.array_equal(masks[first].sum(0), np.ones(images.shape[-2:]))
    assert not masks[bad].any()
    assert "not finite" in dict(zip(found["names"], found["problems"]))[bad]
    with pytest.raises(SettingsError, match=r"\.npz"):
        predict(tmp_path / "run", [tmp_path / "stack.npy"], tmp_path / "masks.csv", **quiet)
    np.save(tmp_path / "bad.npy", images[1:2])
    with pytest.raises(InputError, match="no sample can be segmented"):
        predict(tmp_path / "run", [tmp_path / "bad.npy"], tmp_path / "masks.npz", **quiet)
