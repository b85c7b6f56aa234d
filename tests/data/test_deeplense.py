import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lensmith.data.deeplense import CLASSES, read_deeplense
from lensmith.data.deeplense_dataset import deeplense_to_dataset
from lensmith.data.deeplense_png import npy_to_png, png_to_npy
from lensmith.errors import InputError, OutputError

SIDE = 12


def make_images(folder: Path, names=CLASSES, splits=("train", "val"), per_class=3, shape=(1, SIDE, SIDE)) -> Path:
    rng = np.random.default_rng(5)
    for split in splits:
        for name in names:
            (folder / split / name).mkdir(parents=True)
            for i in range(per_class):
                image = rng.random(shape)
                image.flat[:2] = 0, 1
                np.save(folder / split / name / f"{i}.npy", image)
    return folder


@pytest.mark.parametrize("names", [("no", "sphere", "vort"), ("no", "sphere", "vol"), ("no_sub", "cdm", "axion")])
def test_classes_by_any_of_their_names(tmp_path, names):
    images = read_deeplense(make_images(tmp_path, names))
    assert len(images) == 18
    assert images.class_names == CLASSES
    for i, path in enumerate(images.paths):
        split, folder, _ = path.split("/")
        assert images.split[i] == split
        assert images.labels[i] == names.index(folder)
    images.check()


@pytest.mark.parametrize("shape", [(SIDE, SIDE), (1, SIDE, SIDE)])
def test_both_shapes_and_values_as_they_are(tmp_path, shape):
    images = read_deeplense(make_images(tmp_path, shape=shape))
    assert images.shape == (1, SIDE, SIDE)
    wanted = np.load(tmp_path / images.paths[4])
    assert images.load(4).dtype == np.float32
    np.testing.assert_allclose(images.load(4).squeeze(), wanted.squeeze(), rtol=1e-6)


def test_no_split_and_a_folder_above(tmp_path):
    make_images(tmp_path / "dataset", splits=("",))
    images = read_deeplense(tmp_path)
    assert set(images.split) == {""}
    assert np.bincount(images.labels).tolist() == [3, 3, 3]


def test_a_split_alone(tmp_path):
    make_images(tmp_path, splits=("train",))
    assert set(read_deeplense(tmp_path).split) == {"train"}


def test_zipped_is_the_same_and_travels_to_another_process(tmp_path):
    folder = make_images(tmp_path / "set")
    (folder / "train" / ".DS_Store").write_bytes(b"x")
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", folder))
    plain, zipped = read_deeplense(folder), read_deeplense(archive)
    assert plain.paths == zipped.paths
    again = pickle.loads(pickle.dumps(zipped))
    for i in (0, 17):
        assert np.array_equal(plain.load(i), zipped.load(i))
        assert np.array_equal(plain.load(i), again.load(i))


def replace_file(folder: Path, content) -> str:
    path = folder / "val" / "sphere" / "1.npy"
    content(path)
    return "1.npy"


BAD_FILES = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "empty": lambda path: path.write_bytes(b""),
    "no array": lambda path: path.write_text("not an array"),
    "a pickle": lambda path: np.save(path, np.array([np.ones((2, 2)), 1.0], dtype=object), allow_pickle=True),
    "text": lambda path: np.save(path, np.array(["a", "b"])),
    "another size": lambda path: np.save(path, np.ones((1, SIDE, SIDE + 1))),
    "three channels": lambda path: np.save(path, np.ones((3, SIDE, SIDE))),
    "NaN": lambda path: np.save(path, np.full((1, SIDE, SIDE), np.nan)),
}


@pytest.mark.parametrize("damage", BAD_FILES)
def test_a_bad_file_is_named_before_training(tmp_path, damage):
    name = replace_file(make_images(tmp_path), BAD_FILES[damage])
    images = read_deeplense(tmp_path)
    with pytest.raises(InputError, match=name):
        images.check()


def test_a_bad_file_in_a_zip_is_named(tmp_path):
    archive = tmp_path / "set.zip"
    folder = make_images(tmp_path / "set")
    replace_file(folder, BAD_FILES["cut short"])
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*.npy"):
            file.write(path, path.relative_to(folder))
    with pytest.raises(InputError, match=r"sphere/1\.npy"):
        read_deeplense(archive).check()


def add_folder(folder: Path, name: str):
    (folder / "train" / name).mkdir()
    np.save(folder / "train" / name / "x.npy", np.ones((1, SIDE, SIDE)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "val" / "vort"), "val has no image of the class vort"),
        (lambda folder: [p.unlink() for p in (folder / "val" / "no").iterdir()], "val has no image of the class no"),
        (lambda folder: add_folder(folder, "wdm"), "lies in wdm, which is no class"),
        (lambda folder: add_folder(folder, "axion"), "two folders of the class vort"),
        (lambda folder: np.save(folder / "train" / "x.npy", np.ones(3)), "lies in no folder"),
        (lambda folder: Image.new("L", (3, 3)).save(folder / "train" / "no" / "x.png"), "mixes .npy and .png"),
    ],
)
def test_folders_that_do_not_fit_the_layout(tmp_path, change, message):
    change(make_images(tmp_path))
    with pytest.raises(InputError, match=message):
        read_deeplense(tmp_path)


def test_what_is_no_data_set(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_deeplense(tmp_path / "absent")
    with pytest.raises(InputError, match="holds no"):
        read_deeplense(tmp_path)
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(InputError, match="neither a folder nor a zip archive"):
        read_deeplense(tmp_path / "text.zip")


def test_to_png_and_back_loses_half_a_grey_level_and_the_scale(tmp_path):
    folder = make_images(tmp_path / "npy")
    there = npy_to_png(folder, tmp_path / "png")
    back = png_to_npy(tmp_path / "png", tmp_path / "back")
    assert there.images == back.images == 18
    assert "256 grey levels" in there.lost
    before, pictures, after = (read_deeplense(tmp_path / name) for name in ("npy", "png", "back"))
    assert [path.removesuffix(".npy") for path in before.paths] == [
        path.removesuffix(".png") for path in pictures.paths
    ]
    for i in range(len(before)):
        assert np.abs(before.load(i) - after.load(i)).max() <= 0.5 / 255 + 1e-6
        assert np.array_equal(pictures.load(i), after.load(i))
    again = npy_to_png(tmp_path / "back", tmp_path / "again")
    assert again.images == 18
    for i, path in enumerate(pictures.paths):
        assert np.array_equal(pictures.load(i), read_deeplense(tmp_path / "again").tree.image(path)), path


def test_png_of_a_raw_image_is_scaled_by_itself(tmp_path):
    (tmp_path / "raw").mkdir()
    np.save(tmp_path / "raw" / "a.npy", np.array([[-3.0, 1.0], [5.0, 5.0]]))
    np.save(tmp_path / "raw" / "flat.npy", np.full((2, 2), 7.0))
    npy_to_png(tmp_path / "raw", tmp_path / "png")
    assert np.asarray(Image.open(tmp_path / "png" / "a.png")).tolist() == [[0, 128], [255, 255]]
    assert np.asarray(Image.open(tmp_path / "png" / "flat.png")).max() == 0


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
def test_grey_pngs_of_any_depth(tmp_path, mode):
    for name in CLASSES:
        (tmp_path / name).mkdir()
        white = 65535 if mode == "I;16" else 255
        Image.fromarray(
            np.full((4, 5, 3) if mode == "RGB" else (4, 5), white, np.uint16 if white > 255 else np.uint8)
        ).save(tmp_path / name / "a.png")
    assert np.array_equal(read_deeplense(tmp_path).load(0), np.ones((1, 4, 5), np.float32))


def test_coloured_and_broken_pngs_are_refused(tmp_path):
    for name in CLASSES:
        (tmp_path / name).mkdir()
        Image.new("L", (4, 4)).save(tmp_path / name / "a.png")
    Image.new("RGB", (4, 4), (9, 0, 0)).save(tmp_path / "sphere" / "a.png")
    with pytest.raises(InputError, match="only grey"):
        read_deeplense(tmp_path).check()
    path = tmp_path / "sphere" / "a.png"
    path.write_bytes((tmp_path / "no" / "a.png").read_bytes()[:40])
    with pytest.raises(InputError, match=r"a.png is no sound PNG"):
        read_deeplense(tmp_path).check()


def test_a_failed_conversion_leaves_nothing(tmp_path):
    folder = make_images(tmp_path / "npy")
    replace_file(folder, BAD_FILES["NaN"])
    with pytest.raises(InputError, match="not finite"):
        npy_to_png(folder, tmp_path / "png")
    assert [path.name for path in tmp_path.iterdir()] == ["npy"]
    with pytest.raises(OutputError, match="exists already"):
        npy_to_png(folder, folder)
    with pytest.raises(InputError, match=r"no \.png file"):
        png_to_npy(folder, tmp_path / "back")


def test_to_the_layout_of_the_simulator(tmp_path):
    images = read_deeplense(make_images(tmp_path / "npy"))
    dataset = deeplense_to_dataset(tmp_path / "npy", tmp_path / "set")
    assert len(dataset) == 18
    for i in (0, 7, 17):
        assert np.array_equal(dataset.arrays["image"][i], images.load(i))
        assert dataset.column("class")[i] == CLASSES[images.labels[i]]
        assert dataset.column("split")[i] == images.split[i]
        assert dataset.column("file")[i] == images.paths[i]
