import numpy as np
import pytest
from astropy.io import fits

from lensmith.data.dataset import open_dataset
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.des_double import COLUMNS, read_des_double, write_des_double
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import InputError, OutputError


def make_dataset(folder, n=4, bands=3, names=("image", "source", "lens")):
    folder.mkdir()
    rng = np.random.default_rng(2)
    shape = (bands, 45, 45)
    specs = {name: ArraySpec(shape, ("band", "y", "x"), unit="e-/s") for name in names}
    columns = {name: Column("float64", "arcsec" if "theta_E" in name else "") for name in COLUMNS.values()}
    columns |= {"cutout": Column("str"), "attempts": Column("int64")}
    arrays = {name: rng.normal(size=(n, *shape)).astype(np.float32) for name in names}
    truth = {name: rng.random(n) for name in COLUMNS.values()}
    truth |= {"cutout": np.array(["", "DES_1", "DES_22", ""]), "attempts": np.arange(n)}
    about = {"kind": "double-plane", "seed": 1, "survey": None, "settings": {}, "versions": {}}
    writer = DataSetWriter(folder, n, specs, columns, about)
    writer.append(Samples(np.arange(n), arrays, truth))
    writer.finish()
    return open_dataset(folder)


def test_there_and_back(tmp_path):
    dataset = make_dataset(tmp_path / "set")
    write_des_double(dataset, tmp_path / "sample.fits")
    back = read_des_double(tmp_path / "sample.fits")
    assert len(back) == 4
    for name, array in (("complete", "image"), ("source", "source"), ("lens", "lens")):
        assert getattr(back, name).shape == (4, 3, 45, 45)
        assert np.array_equal(getattr(back, name), dataset.arrays[array])
    for theirs, ours in COLUMNS.items():
        assert np.array_equal(back.table[theirs], dataset.column(ours)), theirs
    assert back.table["attempts"].tolist() == [0, 1, 2, 3]
    assert [str(name) for name in back.table["cutout"]] == ["", "DES_1", "DES_22", ""]


def test_the_layout_is_that_of_the_pipeline(tmp_path):
    write_des_double(make_dataset(tmp_path / "set"), tmp_path / "sample.fits")
    with fits.open(tmp_path / "sample.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "COMPLETE", "SOURCE", "LENS", "TABLE"]
        assert [hdu.shape for hdu in hdus[1:4]] == [(4, 3, 45, 45)] * 3
        assert hdus[4].columns["EINSTEIN_RADIUS2"].unit == "arcsec"
        assert {"Z_LENS", "Z1", "LENSED_MAG1", "ISOLATION2", "MAGNIFICATION1", "POSITION2", "MG1"} <= set(
            hdus[4].columns.names
        )


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(InputError, match="bands g, r, i"):
        write_des_double(make_dataset(tmp_path / "one", bands=1), tmp_path / "a.fits")
    with pytest.raises(InputError, match="lacks source"):
        write_des_double(make_dataset(tmp_path / "two", names=("image", "lens")), tmp_path / "a.fits")
    assert not (tmp_path / "a.fits").exists()
    with pytest.raises(OutputError, match="cannot be written"):
        write_des_double(make_dataset(tmp_path / "three"), tmp_path / "absent" / "a.fits")


def test_bad_files_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_des_double(tmp_path / "absent.fits")
    (tmp_path / "text.fits").write_text("no FITS")
    with pytest.raises(InputError, match=r"text\.fits"):
        read_des_double(tmp_path / "text.fits")
    fits.HDUList([fits.PrimaryHDU(np.ones((2, 2)))]).writeto(tmp_path / "plain.fits")
    with pytest.raises(InputError, match="three images and a table"):
        read_des_double(tmp_path / "plain.fits")
    write_des_double(make_dataset(tmp_path / "set"), tmp_path / "sample.fits")
    with fits.open(tmp_path / "sample.fits") as hdus:
        hdus["LENS"].data = hdus["LENS"].data[:3]
        hdus.writeto(tmp_path / "short.fits")
    with pytest.raises(InputError, match="must all be"):
        read_des_double(tmp_path / "short.fits")
