"""Every layout of the real data is read, and what is measured agrees with what is given."""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from scipy import ndimage

from lensmith.data import (
    ReadOptions,
    find_candidates,
    frame_offset,
    measured_noise,
    pixel_to_frame,
    psf_fwhm,
    read,
    read_candidate,
)
from lensmith.errors import MissingError

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is missing; set LENSMITH_REAL_DATA to the folder of real data")
    return path


def cutouts(name: str, options: ReadOptions | None = None):
    return [read_candidate(candidate, options) for candidate in find_candidates([real(name)])]


def assert_sound(cutout):
    for band in cutout.bands:
        assert np.isfinite(band.image).all(), (cutout.id, band.name)
        assert np.isfinite(band.noise).all(), (cutout.id, band.name)
        assert band.mask.mean() > 0.8, (cutout.id, band.name)
        assert max(band.psf.shape) <= max(*band.shape, 3)
        peak = np.unravel_index(np.argmax(band.psf), band.psf.shape)
        assert np.abs(np.array(peak) - (np.array(band.psf.shape) - 1) / 2).max() <= 1, (cutout.id, band.name)


def test_hst_lenses():
    lenses = cutouts("hst_lenses")
    assert len(lenses) == 82
    assert sum(len(lens.bands) for lens in lenses) == 161
    for lens in lenses:
        assert_sound(lens)
        for band in lens.bands:
            assert band.notes == (), (lens.id, band.name)
            assert band.oriented
            assert band.exposure > 0
            assert 0.039 < band.pixel_scale < 0.101
            # East is left of North once turned: no image of the sky is mirrored
            assert np.linalg.det(pixel_to_frame(band, lens.bands[0])) > 0


def test_measured_noise_against_the_given_maps():
    """Without their noise maps: the map's median within 25 % (README: the scatter is about 0.8 of ERR), the bright
    pixels', which photon noise rules, within 10 % for nine in ten bands."""
    everywhere, bright = [], []
    for lens in cutouts("hst_lenses"):
        for band in lens.bands:
            noise, _ = measured_noise(band.image.astype(float), band.mask, band.exposure)
            ratio = noise / band.noise
            everywhere.append(np.median(ratio))
            bright.append(np.median(ratio[band.noise > np.quantile(band.noise, 0.95)]))
    assert 0.85 < np.median(everywhere) < 1.0
    assert min(everywhere) > 0.75
    assert max(everywhere) < 1.1
    assert np.mean(np.abs(np.array(bright) - 1) < 0.1) > 0.9


def corner_scatter(corner) -> float:
    """Robust scatter about a plane."""
    rows, columns = np.indices(corner.shape).reshape(2, -1)
    plane = np.stack([np.ones(rows.size), rows, columns], axis=1)
    values = corner.ravel().astype(float)
    return 1.4826 * np.median(np.abs(values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]))


def test_hst_native():
    for lens in cutouts("hst_native"):
        assert_sound(lens)
        (band,) = lens.bands
        assert (band.name, band.unit, band.oriented) == ("F814W", "ELECTRONS/S", True)
        assert band.zero_point == pytest.approx(25.95, abs=0.02)  # ACS F814W in AB, ACS Data Handbook
        assert any(note.startswith("noise measured") for note in band.notes)
        corners = [
            band.image[rows, columns]
            for rows in (slice(15), slice(-15, None))
            for columns in (slice(15), slice(-15, None))
        ]
        assert np.median(band.noise) / min(corner_scatter(corner) for corner in corners) == pytest.approx(1.1, abs=0.2)
        name = lens.id.removeprefix("SDSSJ")  # the name is the position
        place = SkyCoord(f"{name[:2]}h{name[2:4]}m {name[4:7]}d{name[7:9]}m")
        assert place.separation(SkyCoord(lens.ra, lens.dec, unit="deg")).arcmin < 15


def test_hst_autolens_through_the_manifest_and_without():
    (lens,) = cutouts("hst_autolens")
    assert_sound(lens)
    assert (lens.id, lens.z_lens, lens.z_source) == ("SLACSJ0946+1006", 0.222, 0.609)
    (band,) = lens.bands
    assert band.mask.mean() == pytest.approx(0.8704, abs=1e-4)  # 1 = exclude there
    assert band.mask[130:151, 130:151].all()
    folder = real("hst_autolens/slacs0946+1006")
    with pytest.raises(MissingError, match="--pixel-scale"):
        read(folder)
    alone = read(folder, pixel_scale=0.05)
    assert alone.id == "slacs0946+1006"
    np.testing.assert_array_equal(alone.bands[0].mask, band.mask)


def test_euclid():
    lenses = cutouts("euclid")
    assert len(lenses) == 2
    for lens in lenses:
        assert_sound(lens)
        names = [band.name for band in lens.bands]
        assert sorted(names) == ["DES_G", "DES_I", "DES_R", "DES_Z", "NIR_H", "NIR_J", "NIR_Y", "VIS"]
        by_name = dict(zip(names, lens.bands, strict=True))
        assert by_name["VIS"].zero_point == pytest.approx(24.6)
        assert psf_fwhm(by_name["VIS"].psf) * 0.1 < 0.25
        # the name of the object is its position, 1e-7 deg: the middle of the cutout is not the tile's
        number = lens.id.partition("NEG")[2]
        ra, dec = int(number[:9]) / 1e7, -int(number[9:]) / 1e7
        separation = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(lens.ra, lens.dec, unit="deg"))
        assert separation.arcsec < 0.2
        assert frame_offset(by_name["NIR_H"], lens.bands[0]) == pytest.approx((0, 0), abs=1e-6)


def test_des_red_galaxies_through_the_manifest():
    galaxies = cutouts("des")
    assert len(galaxies) == 10
    for galaxy in galaxies:
        assert_sound(galaxy)
        assert [band.name for band in galaxy.bands] == ["g", "r", "i"]
        assert galaxy.stack().shape == (3, 50, 50)
        for band in galaxy.bands:
            assert 0.8 < psf_fwhm(band.psf) * band.pixel_scale < 1.4
            assert any(note.startswith("noise measured") for note in band.notes)


def test_des_galaxies_without_noise_and_psf():
    galaxies = cutouts("des/galaxies")
    assert len(galaxies) == 23
    for galaxy in galaxies:
        assert_sound(galaxy)
        assert [band.name for band in galaxy.bands] == ["g", "r", "i", "z", "Y"]
        for band in galaxy.bands:
            assert any(note.startswith("PSF assumed:") for note in band.notes)
            assert any(note.startswith("noise measured:") for note in band.notes)
            assert 0.6 < psf_fwhm(band.psf) * band.pixel_scale < 1.4


def test_bologna_space():
    cases = cutouts("bologna_space")
    assert len(cases) == 16
    for case in cases:
        assert_sound(case)
        (band,) = case.bands
        assert band.pixel_scale == pytest.approx(0.1, rel=1e-3)
        assert (band.oriented, case.ra) == (False, None)
        assert 5e-13 < np.median(band.noise) < 1e-12


@pytest.mark.parametrize("name", ["SDSSJ0044+0113", "SDSSJ0330-0020", "SDSSJ0959+0410"])
def test_bands_overlay_once_turned(name):
    """The second band, turned by `pixel_to_frame`, shows the first one's structure; turned wrongly it does not."""
    first, second = read(real(f"hst_lenses/{name}.fits")).bands[:2]
    turn = pixel_to_frame(second, first)
    assert overlay(first, second, turn) > 0.7
    assert overlay(first, second, turn.T) < 0.3


def overlay(first, second, to_frame) -> float:
    """Largest correlation of the fine structure outside the core, over shifts of a few pixels."""
    rows, columns = (grid.ravel() for grid in np.mgrid[-24:25, -24:25])
    outside = np.hypot(rows, columns) > 8
    there = np.linalg.solve(to_frame, pixel_to_frame(first, first) @ np.stack([columns, rows]))
    images = [np.arcsinh(band.image / np.median(band.noise)) for band in (first, second)]
    fine = [ndimage.gaussian_filter(image, 1) - ndimage.gaussian_filter(image, 4) for image in images]
    middle = [(np.array(band.shape)[:, None] - 1) / 2 for band in (first, second)]
    here = ndimage.map_coordinates(fine[0], middle[0] + [rows, columns], order=1)
    return max(
        np.corrcoef(
            here[outside], ndimage.map_coordinates(fine[1], middle[1] + there[::-1] + [[dy], [dx]], order=1)[outside]
        )[0, 1]
        for dy in range(-3, 4)
        for dx in range(-3, 4)
    )
