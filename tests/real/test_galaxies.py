"""Real galaxies of public catalogues, and lenses painted into real cutouts."""

import os
from pathlib import Path

import numpy as np
import pytest

from lensmith.data.galaxy_catalogue import open_galaxy_catalogue
from lensmith.errors import InputError, MissingError
from lensmith.simulate.strong import StrongSettings, StrongSimulator
from lensmith.simulate.strong.pictures import SIDE, picture_of
from lensmith.simulate.survey import load_survey

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))
SMALL = {"side": 40, "supersampling": 2, "lens_fraction": 1.0}


def folder(name):
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is missing: LENSMITH_REAL_DATA names the folder of real files")
    return path


def test_cosmos_galaxies_have_the_flux_of_their_catalogue():
    catalogue = open_galaxy_catalogue(folder("cosmos/cosmos_23.5_10gal"))
    assert len(catalogue) == 10
    for number in range(10):
        galaxy = catalogue.galaxy(number)
        assert not galaxy.notes
        assert galaxy.band == "F814W"
        assert galaxy.pixel_scale == pytest.approx(0.03, rel=1e-4)
        # The zero-point of F814W in ACS counts a second is 25.94; the catalogue's magnitudes are of a larger aperture.
        assert 25.94 - 2.5 * np.log10(galaxy.image.sum()) == pytest.approx(galaxy.magnitude, abs=0.6)


def test_galaxies_that_share_an_hdu_in_the_table_are_told_apart_by_their_flux():
    catalogue = open_galaxy_catalogue(folder("cosmos/cosmos_23.5_2gal_slsim"))
    first, second = catalogue.galaxy(0), catalogue.galaxy(1)
    assert first.image.shape != second.image.shape
    assert [len(galaxy.notes) for galaxy in (first, second)] == [1, 0]
    assert "HDU 1" in first.notes[0]


def test_both_bands_of_aegis_are_read_with_their_psfs():
    path = folder("cosmos/galsim_aegis")
    for band in ("F606W", "F814W"):
        catalogue = open_galaxy_catalogue(path / f"AEGIS_{band.replace('W', 'w')}_catalog.fits")
        assert set(catalogue.band) == {band}
        for number in range(len(catalogue)):
            assert catalogue.galaxy(number).image.ndim == 2
            assert catalogue.psf(number).sum() == pytest.approx(1)


def test_what_a_set_lacks_is_one_clear_sentence():
    with pytest.raises(MissingError, match=r"the PSF of galaxy 141190 is in .* which is missing"):
        open_galaxy_catalogue(folder("cosmos/cosmos_23.5_10gal")).psf(0)
    with pytest.raises(MissingError, match=r"the image of galaxy 100027 is in .* which is missing"):
        open_galaxy_catalogue(folder("cosmos/galsim_examples/real_galaxy_catalog_23.5_example.fits")).galaxy(0)
    with pytest.raises(InputError, match=r"column \w+ is missing"):
        open_galaxy_catalogue(folder("cosmos/cosmosweb_jwst_1gal/COSMOSWeb_galaxy_catalog.fits"))


def test_a_picture_has_unit_flux_and_the_galaxy_in_its_middle():
    catalogue = open_galaxy_catalogue(folder("cosmos/cosmos_23.5_10gal"))
    for number in range(10):
        picture = picture_of(catalogue.galaxy(number))
        assert picture.image.shape == (SIDE, SIDE)
        assert picture.image.sum() == pytest.approx(1, rel=1e-3)
        at = np.arange(SIDE) - (SIDE - 1) / 2
        assert abs((picture.image.sum(0) * at).sum()) < 4
        assert 2 < picture.half_light_radius < 30


def test_real_galaxies_are_lensed():
    settings = StrongSettings(
        **SMALL,
        components=True,
        catalogue=folder("cosmos/cosmos_23.5_10gal"),
        source={"catalogue_fraction": 1.0},
        selection={"arc_snr": 20.0},
    )
    drawn = StrongSimulator(load_survey("euclid-vis"), settings).samples(3, range(6))
    assert (drawn.truth["magnification"] >= 2.5).all()
    assert (drawn.arrays["source"].sum((1, 2, 3)) > 0).all()
    assert all("source_stamps" in text for text in drawn.truth["profiles"])
    again = StrongSimulator(load_survey("euclid-vis"), settings).samples(3, [4])
    assert (again.arrays["image"][0] == drawn.arrays["image"][4]).all()


def test_arcs_are_painted_into_real_cutouts():
    settings = StrongSettings(
        lens_fraction=0.5,
        supersampling=2,
        components=True,
        bands=("g", "r", "i"),
        into=folder("des") / "manifest.csv",
    )
    simulator = StrongSimulator(load_survey("des"), settings)
    drawn = simulator.samples(1, range(8))
    lens = drawn.truth["is_lens"]
    assert 0 < lens.sum() < 8
    assert set(drawn.truth["class"]) == {"lens", "real"}
    from lensmith.data import find_candidates, read_candidate

    cutouts = {one.id: read_candidate(one).only("g", "r", "i").stack() for one in find_candidates([settings.into])}
    for sample in range(8):
        real = cutouts[drawn.truth["cutout"][sample]]
        painted = drawn.arrays["image"][sample] - real
        arcs = drawn.arrays["source"][sample] + drawn.arrays["points"][sample]
        if lens[sample]:
            # What is added is the arcs and their own photon noise, nothing where there are none.
            assert painted.sum() == pytest.approx(arcs.sum(), rel=0.1)
            dark = arcs < 1e-6 * arcs.max()
            assert np.abs(painted[dark]).max() < 0.05 * arcs.max()
        else:
            assert np.abs(painted).max() < 1e-4 * np.abs(real).max()
