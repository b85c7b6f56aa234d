import json

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from lensmith.data import labels
from lensmith.data.dataset import open_dataset
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.labelling import label_folder
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.data.segmentation_sets import DesSegmentation, read_des_segmentation, write_des_segmentation
from lensmith.errors import InputError, OutputError, SettingsError

NAMES = ("image", "lens", "source", "other", "points")


def blob(x, y, sigma, side=40):
    rows, columns = np.mgrid[:side, :side]
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * sigma**2)).astype(np.float32)


def scene(n=4, bands=2, side=40):
    """Components ``[n, bands, side, side]`` in units of the noise."""
    light = {"lens": 50 * blob(20, 20, 3), "source": 9 * blob(30, 20, 1.5), "other": 20 * blob(6, 34, 2)}
    light["points"] = np.zeros((side, side), np.float32)
    return {name: np.broadcast_to(image, (n, bands, side, side)).copy() for name, image in light.items()}


def write_scenes(folder, n=4, shards=100, noise=1.0, names=NAMES):
    folder.mkdir()
    arrays = scene(n)
    arrays["source"][n // 2 :] = 0
    image = sum(arrays.values()) + noise * np.random.default_rng(1).normal(size=arrays["lens"].shape)
    arrays["image"] = image.astype(np.float32)
    specs = {name: ArraySpec(arrays[name].shape[1:], ("band", "y", "x")) for name in names}
    about = {"kind": "strong", "seed": 1, "survey": None, "settings": {}, "versions": {}}
    writer = DataSetWriter(folder, n, specs, {"class": Column("str")}, about, shards)
    while writer.room():
        rows = np.arange(writer.done, writer.done + writer.room())
        some = {name: arrays[name][rows] for name in names}
        writer.append(Samples(rows, some, {"class": np.full(len(rows), "lens")}))
    return writer.finish()


def test_truth_gives_a_pixel_to_what_dominates_it_above_the_threshold():
    classes = labels.truth_classes(scene(), np.ones((1, 1, 1, 1)), snr=1)[0]
    assert classes[20, 20] == 1
    assert classes[20, 30] == 2
    assert classes[34, 6] == 3
    assert classes[0, 39] == 0
    louder = labels.truth_classes(scene(), np.full((4, 2, 1, 1), 5.0), snr=1)[0]
    assert 0 < np.sum(louder > 0) < np.sum(classes > 0)


def test_bands_add_up_as_signal_to_noise_does():
    one = {name: image[:, :1] for name, image in scene().items()}
    both = labels.truth_classes(scene(), np.ones(1), snr=np.sqrt(2))
    assert np.array_equal(both, labels.truth_classes(one, np.ones(1), snr=1.0))


def test_the_area_of_the_psf_averages_its_noise():
    area = labels.noise_equivalent_area(np.array([2.5, 4.0]))
    assert area == pytest.approx(np.pi * np.array([2.5, 4.0]) ** 2 / np.log(4), rel=1e-6)
    wide = labels.truth_classes(scene(), np.ones(1), 5.0, np.full((4, 2), 9.0))
    assert np.array_equal(wide, labels.truth_classes(scene(), np.ones(1), 5.0 / 3))
    assert np.array_equal(wide, labels.truth_classes(scene(), np.full(1, 1 / 3), 5.0))


@pytest.mark.parametrize(
    ("lens", "source", "snr", "expected"),
    [(8, 6, 5, 2), (20, 5, 4, 1), (20, 7, 4, 2), (20, 6.1, 7, 1), (8, 6, 7, 0), (8, 0, 5, 0)],
)
def test_the_lens_yields_to_what_stands_out_of_it(lens, source, snr, expected):
    """It needs twice the S/N of others, and an arc three tenths of its light."""
    parts = {name: np.full((1, 1, 2, 2), level, np.float32) for name, level in (("lens", lens), ("source", source))}
    assert (labels.truth_classes(parts, np.ones(1), snr) == expected).all()


def test_percentile_masks_are_the_published_ones():
    random = np.random.default_rng(3)
    lens, arc = random.random((2, 6, 125, 125))
    arc[3:] = 0
    masks = labels.percentile_masks(lens, arc)
    assert np.array_equal(masks[:, 0], lens >= np.percentile(lens, 99, axis=(1, 2), keepdims=True))
    assert np.array_equal(masks[:3, 1], arc[:3] >= np.percentile(arc[:3], 95, axis=(1, 2), keepdims=True))
    assert not masks[3:, 1].any()
    assert masks[0, 0].sum() == 157
    assert masks[0, 1].sum() == 782


def test_enhancing_leaves_its_input_and_brightens_the_arcs():
    composite = labels.to_byte_range(blob(20, 20, 3) + 0.03 * blob(32, 20, 2))[None]
    before = composite.copy()
    out = labels.enhance_arcs(composite)
    assert np.array_equal(composite, before)
    assert out.max() <= 255
    threshold = np.percentile(before, 95)
    tenfold = np.where(before > threshold, before * 10, before)
    core = tenfold > np.percentile(tenfold, 99)
    assert out[core] == pytest.approx(np.minimum(before[core], 255), rel=1e-6)
    ring = (before > threshold) & ~core
    assert ring.any()
    assert out[ring] == pytest.approx(np.minimum(10 * before[ring], 255), rel=1e-6)
    assert np.array_equal(out[before <= threshold], before[before <= threshold])


def test_normalised_images_have_their_percentile_at_one():
    images = np.random.default_rng(0).random((3, 30, 30)).astype(np.float32) * 40
    assert np.percentile(labels.normalised(images), 99, axis=(1, 2)) == pytest.approx(np.ones(3), rel=1e-5)
    assert np.array_equal(labels.normalised(np.zeros((1, 4, 4))), np.zeros((1, 4, 4)))


def test_padding_keeps_the_middle():
    out = labels.padded(np.ones((2, 125, 125)), 128)
    assert out.shape == (2, 128, 128)
    assert out.sum() == 2 * 125**2
    assert out[0, 1:126, 1:126].all()
    with pytest.raises(InputError, match="do not fit"):
        labels.padded(np.ones((130, 130)), 128)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 9))
def test_des_masks_there_and_back(seed, side):
    classes = np.random.default_rng(seed).integers(0, 4, (3, side, side))
    masks = labels.des_masks(classes)
    assert (masks.sum(1) == 1).all()
    assert np.array_equal(labels.classes_of_des_masks(masks), classes)


def test_points_are_source_for_the_des_pipeline():
    assert labels.des_masks(np.full((1, 2, 2), 4))[0, 0].all()


@pytest.mark.parametrize("shards", [100, 3])
def test_label_by_truth_adds_classes_to_a_data_set(tmp_path, shards):
    write_scenes(tmp_path / "set", shards=shards)
    told = label_folder(tmp_path / "set", "truth")
    assert "4 samples labelled by truth" in told
    dataset = open_dataset(tmp_path / "set")
    classes = np.asarray(dataset.arrays["segmentation"])
    assert classes.shape == (4, 40, 40)
    assert np.isin([1, 3], classes[3]).all()
    assert (classes[0] == 2).any()
    assert not (classes[3] == 2).any()
    assert dataset.description["segmentation"]["classes"][2] == "arc"
    with pytest.raises(SettingsError, match="labelled already"):
        label_folder(tmp_path / "set", "truth")


def test_label_by_percentile_from_components(tmp_path):
    write_scenes(tmp_path / "set", n=20)
    label_folder(tmp_path / "set", "percentile")
    made = open_dataset(tmp_path / "set" / "percentile")
    assert made.arrays["image"].shape == (20, 1, 128, 128)
    assert made.arrays["segmentation"].shape == (20, 2, 128, 128)
    assert sorted(made.column("split"), key=str).count("train") == 16
    assert np.array_equal(made.column("has_arc"), np.arange(20) < 10)
    assert np.array_equal(made.arrays["segmentation"][:, 1].any((1, 2)), np.arange(20) < 10)


@pytest.mark.parametrize("enhance", [False, True])
def test_label_by_percentile_from_the_public_stack(tmp_path, enhance):
    lens, arc = 255 * blob(60, 60, 5, 125), 40 * blob(90, 60, 4, 125)
    stack = np.stack([lens + arc, lens, arc], -1)
    bare = np.stack([lens, lens, 0 * arc], -1)
    np.save(tmp_path / "images.npy", np.stack([stack, bare] * 5))
    label_folder(tmp_path, "percentile", enhance=enhance)
    made = open_dataset(tmp_path / "percentile")
    plain = labels.percentile_masks(np.stack([lens] * 2), np.stack([arc, 0 * arc]))
    assert np.array_equal(made.arrays["segmentation"][:2, :, 1:126, 1:126], plain)
    image = made.arrays["image"][0, 0]
    assert (image[61, 91] > 0.6 * image[61, 61]) == enhance
    assert json.loads((tmp_path / "percentile" / "dataset.json").read_text())["segmentation"]["enhanced"] is enhance


def test_what_cannot_be_labelled_is_said(tmp_path):
    with pytest.raises(SettingsError, match="truth or percentile"):
        label_folder(tmp_path, "eye")
    write_scenes(tmp_path / "bare", names=("image",))
    with pytest.raises(InputError, match="components=true"):
        label_folder(tmp_path / "bare", "truth")
    write_scenes(tmp_path / "quiet", noise=0.0)
    with pytest.raises(InputError, match="no noise"):
        label_folder(tmp_path / "quiet", "truth")
    with pytest.raises(SettingsError, match="S/N"):
        label_folder(tmp_path / "quiet", "truth", snr=0)
    np.save(tmp_path / "images.npy", np.zeros((3, 5, 5)))
    with pytest.raises(InputError, match="composite, lens and arcs"):
        label_folder(tmp_path, "percentile")
    with pytest.raises(InputError, match="not positive"):
        labels.truth_classes(scene(), np.zeros(1))
    with pytest.raises(InputError, match="no component"):
        labels.truth_classes({"halo": np.zeros((1, 1, 4, 4))}, np.ones(1))


def des_content(candidates, n=5):
    random = np.random.default_rng(2)
    images = random.normal(size=(n, 3, 45, 45)).astype(np.float32)
    masks = labels.des_masks(random.integers(0, 4, (n, 45, 45))).astype(np.float32)
    if not candidates:
        return DesSegmentation(images, masks, Table({"Z_LENS": random.random(n)}), images / 2, images / 3)
    table = Table({"COADD_OBJECT_ID": np.arange(n) + 10**9})
    for band in "GRI":
        table[f"FWHM_WMEAN_{band}"] = random.uniform(0.8, 1.2, n)
    return DesSegmentation(images, masks, table)


@pytest.mark.parametrize("candidates", [False, True])
def test_des_files_there_and_back(tmp_path, candidates):
    content = des_content(candidates)
    write_des_segmentation(content, tmp_path / "set.fits")
    back = read_des_segmentation(tmp_path / "set.fits")
    assert back.candidates == candidates
    assert np.array_equal(back.images, content.images)
    assert np.array_equal(back.masks, content.masks)
    assert back.table.colnames == content.table.colnames
    if candidates:
        assert back.psf_fwhm.shape == (5, 3)
        assert np.array_equal(back.psf_fwhm[:, 2], content.table["FWHM_WMEAN_I"])
    else:
        assert np.array_equal(back.lens, content.lens)


def test_des_layouts_are_those_of_the_pipeline(tmp_path):
    from astropy.io import fits

    for candidates, masks, table in ((False, 4, 5), (True, 2, 3)):
        write_des_segmentation(des_content(candidates), tmp_path / f"{table}.fits")
        with fits.open(tmp_path / f"{table}.fits") as hdus:
            assert hdus[1].shape == (5, 3, 45, 45)
            assert hdus[masks].shape == (5, 4, 45, 45)
            assert isinstance(hdus[table], fits.BinTableHDU)


def test_des_files_that_are_not_sound(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_des_segmentation(tmp_path / "none.fits")
    (tmp_path / "text.fits").write_text("no FITS")
    with pytest.raises(InputError, match="no sound FITS"):
        read_des_segmentation(tmp_path / "text.fits")
    content = des_content(True)
    with pytest.raises(OutputError, match="cannot be written"):
        write_des_segmentation(content, tmp_path / "no" / "folder" / "set.fits")
    content.table.remove_column("FWHM_WMEAN_G")
    with pytest.raises(InputError, match="FWHM_WMEAN_G"):
        write_des_segmentation(content, tmp_path / "set.fits")
    with pytest.raises(InputError, match="do not belong"):
        DesSegmentation(content.images, content.masks[:, :2], content.table)


def test_the_command(tmp_path, capsys):
    from lensmith.cli import run_command

    write_scenes(tmp_path / "set")
    assert run_command(["label", str(tmp_path / "set"), "--rule", "truth", "--snr", "2"]) == 0
    assert "4 samples labelled by truth" in capsys.readouterr().out
    assert open_dataset(tmp_path / "set").description["segmentation"]["snr"] == 2
    assert run_command(["label", str(tmp_path / "set"), "--rule", "eye"]) == 2
    assert "truth or percentile" in capsys.readouterr().err
