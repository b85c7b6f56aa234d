"""Catalogues of galaxies in GalSim's format: what is read, and what is wrong with them in one sentence."""

import numpy as np
import pytest
from astropy.io import fits

from lensmith.data.galaxy_catalogue import open_galaxy_catalogue
from lensmith.errors import InputError, MissingError


def write_catalogue(folder, hdus=(0, 1, 2), images=3, flux=True):
    """Three galaxies, their images and PSFs."""
    random = np.random.default_rng(1)
    pictures = [random.random((20 + k, 30)).astype(np.float32) * (k + 1) for k in range(images)]
    fits.HDUList([fits.PrimaryHDU(pictures[0]), *map(fits.ImageHDU, pictures[1:])]).writeto(folder / "images.fits")
    fits.HDUList([fits.PrimaryHDU(np.ones((5, 4)))] * 1).writeto(folder / "psfs.fits")
    sums = [float(pictures[k].sum()) if k < images else 1.0 for k in range(3)]
    columns = [
        fits.Column("IDENT", "J", array=[11, 12, 13]),
        fits.Column("MAG", "D", array=[21.0, 22.0, 23.0]),
        fits.Column("BAND", "5A", array=["F814W"] * 3),
        fits.Column("GAL_FILENAME", "20A", array=["images.fits"] * 3),
        fits.Column("PSF_FILENAME", "20A", array=["psfs.fits", "psfs.fits", "none.fits"]),
        fits.Column("GAL_HDU", "J", array=list(hdus)),
        fits.Column("PSF_HDU", "J", array=[0, 5, 0]),
        fits.Column("PIXEL_SCALE", "D", array=[0.03] * 3),
    ]
    if flux:
        columns.append(fits.Column("stamp_flux", "D", array=sums))
    fits.BinTableHDU.from_columns(columns).writeto(folder / "catalogue.fits")
    return pictures


@pytest.mark.parametrize("named", ["file", "folder"])
def test_galaxies_come_with_their_images(tmp_path, named):
    pictures = write_catalogue(tmp_path)
    catalogue = open_galaxy_catalogue(tmp_path if named == "folder" else tmp_path / "catalogue.fits")
    assert list(catalogue.ident) == [11, 12, 13]
    for number, picture in enumerate(pictures):
        galaxy = catalogue.galaxy(number)
        assert (galaxy.image == picture).all()
        assert (galaxy.ident, galaxy.band, galaxy.magnitude) == (11 + number, "F814W", 21.0 + number)
        assert not galaxy.notes
    assert catalogue.psf(0) == pytest.approx(np.full((5, 4), 0.05))


def test_a_wrong_hdu_is_found_by_the_flux_and_noted(tmp_path):
    pictures = write_catalogue(tmp_path, hdus=(2, 9, 2))
    catalogue = open_galaxy_catalogue(tmp_path)
    assert (catalogue.galaxy(0).image == pictures[0]).all()
    assert "names HDU 2; HDU 0" in catalogue.galaxy(0).notes[0]
    assert (catalogue.galaxy(1).image == pictures[1]).all()
    assert not catalogue.galaxy(2).notes


def test_an_image_that_is_nowhere_is_an_error(tmp_path):
    write_catalogue(tmp_path, images=2)
    with pytest.raises(InputError, match="no HDU there has its flux"):
        open_galaxy_catalogue(tmp_path).galaxy(2)


def test_without_fluxes_the_table_is_believed(tmp_path):
    pictures = write_catalogue(tmp_path, hdus=(1, 0, 7), flux=False)
    catalogue = open_galaxy_catalogue(tmp_path)
    assert (catalogue.galaxy(0).image == pictures[1]).all()
    with pytest.raises(InputError, match="HDU 7 of a file with 3"):
        catalogue.galaxy(2)


def test_missing_files_and_columns_are_named(tmp_path):
    write_catalogue(tmp_path)
    catalogue = open_galaxy_catalogue(tmp_path)
    with pytest.raises(MissingError, match=r"the PSF of galaxy 13 is in none.fits, which is missing"):
        catalogue.psf(2)
    with pytest.raises(InputError, match="HDU 5 of a file with 1"):
        catalogue.psf(1)
    (tmp_path / "images.fits").unlink()
    with pytest.raises(MissingError, match=r"the image of galaxy 11 is in images.fits"):
        catalogue.galaxy(0)
    with pytest.raises(InputError, match="no table"):
        open_galaxy_catalogue(tmp_path / "psfs.fits")
    with pytest.raises(InputError, match="no such file"):
        open_galaxy_catalogue(tmp_path / "nowhere.fits")
    fits.BinTableHDU.from_columns([fits.Column("IDENT", "J", array=[1])]).writeto(tmp_path / "other.fits")
    with pytest.raises(InputError, match="column MAG is missing"):
        open_galaxy_catalogue(tmp_path / "other.fits")


def test_a_folder_without_or_with_two_catalogues_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="found none"):
        open_galaxy_catalogue(tmp_path / "empty")
    write_catalogue(tmp_path)
    (tmp_path / "copy.fits").write_bytes((tmp_path / "catalogue.fits").read_bytes())
    with pytest.raises(InputError, match=r"catalogue.fits, copy.fits|copy.fits, catalogue.fits"):
        open_galaxy_catalogue(tmp_path)
