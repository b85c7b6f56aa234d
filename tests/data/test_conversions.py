"""Which conversion is meant, from the paths alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lensmith.data import conversions, convert, open_dataset
from lensmith.data.conversions import CONVERSIONS, layout_of
from lensmith.errors import InputError, OutputError, SettingsError


@pytest.fixture
def npy_folder(tmp_path):
    (tmp_path / "classes/no").mkdir(parents=True)
    np.save(tmp_path / "classes/no/1.npy", np.zeros((4, 4)))
    return tmp_path / "classes"


def test_every_conversion_is_there():
    for conversion in CONVERSIONS:
        assert callable(conversion.load())


def test_layouts(npy_folder, tmp_path):
    assert layout_of(npy_folder) == ".npy images"
    assert layout_of(npy_folder / "no" / "1.npy") == ".npy"
    (tmp_path / "set").mkdir()
    assert layout_of(tmp_path / "set") == "something else"
    (tmp_path / "set/dataset.json").write_text("{}")
    assert layout_of(tmp_path / "set") == "data set"


def test_an_unknown_pair_lists_what_is_known(npy_folder, tmp_path):
    with pytest.raises(SettingsError) as caught:
        convert(npy_folder, tmp_path / "out.fits")
    message = str(caught.value)
    assert "(.npy images)" in message
    assert "data set to fits" in message
    assert ".png images to npy" in message
    assert "\n" not in message


def test_missing_half_written_and_existing(npy_folder, tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        convert(tmp_path / "nothing", tmp_path / "out")
    with pytest.raises(SettingsError, match="exists already"):
        convert(npy_folder, tmp_path)
    (tmp_path / "half").mkdir()
    (tmp_path / "half/.plan.json").write_text("{}")
    with pytest.raises(InputError, match="only half-written"):
        convert(tmp_path / "half", tmp_path / "out.fits")


def test_a_full_disk_is_one_sentence_and_leaves_nothing(npy_folder, tmp_path, monkeypatch):
    def fails(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(conversions.Conversion, "load", lambda self: fails)
    with pytest.raises(OutputError, match="No space left"):
        convert(npy_folder, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["classes"]


def test_what_is_lost_is_said_and_the_target_may_be_named(npy_folder, tmp_path):
    said = convert(npy_folder, tmp_path / "sub/out")
    assert "a .png for each .npy" in said
    assert "256 grey levels" in said
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["out"]
    assert "a .npy for each .png" in convert(tmp_path / "sub/out", tmp_path / "back")
    for kind in ("sphere", "vort"):
        (npy_folder / kind).mkdir()
        np.save(npy_folder / kind / "1.npy", np.eye(4))
    convert(npy_folder, tmp_path / "set", to="data-set")
    assert len(open_dataset(tmp_path / "set")) == 3


def test_a_zip_archive_is_read_as_a_folder_is(npy_folder, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "images"), "zip", npy_folder)
    assert layout_of(Path(archive)) == ".npy images"
    convert(archive, tmp_path / "pngs")
    assert [path.name for path in (tmp_path / "pngs").rglob("*.png")] == ["1.png"]
