"""PSFs: odd, centred, normalised; found, measured or assumed, and said so."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from make_files import SCALE, header, hst_style, psf, scene

from lensmith.data import gaussian_psf, prepare_psf, psf_fwhm, read
from lensmith.errors import InputError


def gaussian(side, centre, sigma=1.5):
    y, x = np.indices((side, side))
    return np.exp(-0.5 * ((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / sigma**2)


def centroid(kernel):
    rows, columns = np.indices(kernel.shape)
    return np.array([(kernel * rows).sum(), (kernel * columns).sum()]) / kernel.sum()


@settings(max_examples=40, deadline=None)
@given(
    side=st.integers(16, 40),
    shift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    total=st.floats(1e-12, 1e12),
    largest=st.integers(9, 60),
)
def test_any_psf_comes_out_odd_centred_and_of_sum_one(side, shift, total, largest):
    centre = (side - 1) / 2 + np.array(shift)
    kernel, _ = prepare_psf(total * gaussian(side, centre), largest, "x")
    assert kernel.shape[0] % 2 == kernel.shape[1] % 2 == 1
    assert kernel.sum() == pytest.approx(1)
    assert max(kernel.shape) <= largest
    allowed = 0.55 if side % 2 else 0.26  # odd kernels are left alone within half a pixel
    assert np.all(np.abs(centroid(kernel) - (np.array(kernel.shape) - 1) / 2) < allowed)
    if min(kernel.shape) > 11:
        assert psf_fwhm(kernel) == pytest.approx(1.5 * 2.355, rel=0.05)


def test_a_whole_pixel_shift_does_not_interpolate():
    even = gaussian(20, (10, 10))
    kernel, notes = prepare_psf(even, 100, "x")
    np.testing.assert_allclose(kernel / kernel.max(), gaussian(kernel.shape[0], [kernel.shape[0] // 2] * 2), atol=1e-12)
    assert "whole pixels" in notes[0]


@pytest.mark.parametrize(
    ("kernel", "cause"),
    [
        (np.zeros((5, 5)), "zero everywhere"),
        (-np.ones((5, 5)), "no positive flux"),
        (np.full((5, 5), np.nan), "not finite"),
        (np.ones(7), "at least 3x3"),
        (np.ones((2, 9)), "at least 3x3"),
        (gaussian(21, (0, 0)), "edge"),
    ],
)
def test_unusable_psfs(kernel, cause):
    with pytest.raises(InputError, match=f"f: .*{cause}"):
        prepare_psf(kernel, 50, "f")


@pytest.mark.parametrize("fwhm", [0.1, 0.2, 0.9])
def test_gaussian_psf_has_the_width_asked_for(fwhm):
    kernel = gaussian_psf(fwhm, SCALE, 101)
    assert psf_fwhm(kernel) * SCALE == pytest.approx(fwhm, rel=0.05)
    assert kernel.sum() == pytest.approx(1)


def notes_of(path, **options):
    (band,) = read(path, **options).bands
    return [note for note in band.notes if note.startswith("PSF")], psf_fwhm(band.psf) * band.pixel_scale


def test_where_the_psf_comes_from_in_order(tmp_path):
    bare = hst_style(tmp_path / "bare.fits", PSF=None)
    notes, width = notes_of(bare)
    assert notes[0].startswith("PSF assumed:")
    assert "--psf-fwhm" in notes[0]
    notes, width = notes_of(bare, psf_fwhm=0.15)
    assert "--psf-fwhm" in notes[0]
    assert not notes[0].startswith("PSF assumed")
    assert width == pytest.approx(0.15, rel=0.05)
    fits.writeto(tmp_path / "mine.fits", gaussian_psf(0.3, SCALE, 31))
    notes, width = notes_of(bare, psf=tmp_path / "mine.fits")
    assert notes == ["PSF from --psf mine.fits"]
    assert width == pytest.approx(0.3, rel=0.05)
    assert notes_of(hst_style(tmp_path / "own.fits"), psf=tmp_path / "mine.fits")[0] == []  # the file's own goes first
    fits.writeto(tmp_path / "seeing.fits", scene(), header(PIXSCALE=SCALE, SEEING=0.22))
    notes, width = notes_of(tmp_path / "seeing.fits", psf_fwhm=0.15)
    assert "from the header" in notes[0]
    assert width == pytest.approx(0.22, rel=0.05)


@pytest.mark.parametrize(
    ("cards", "scale", "fwhm"),
    [({"TELESCOP": "HST"}, 0.05, 0.09), ({"INSTRUME": "DECam"}, 0.263, 1.0), ({}, 0.1, 0.2), ({}, 0.2, 0.76)],
)
def test_assumed_width_by_instrument_else_by_pixels(tmp_path, cards, scale, fwhm):
    fits.writeto(tmp_path / "a.fits", scene(), header(PIXSCALE=scale, **cards))
    notes, width = notes_of(tmp_path / "a.fits")
    assert notes[0].startswith("PSF assumed:")
    assert width == pytest.approx(fwhm, rel=0.08)


def test_a_star_in_the_field_is_measured(tmp_path):
    image = scene(100, peak=2.0)
    image += 5 * gaussian(100, (80.3, 20.6), sigma=0.95 / 0.263 / 2.355).astype(np.float32)
    fits.writeto(tmp_path / "a.fits", image, header(PIXSCALE=0.263))
    notes, width = notes_of(tmp_path / "a.fits")
    assert notes[0].startswith("PSF assumed:")
    assert "star" in notes[0]
    assert width == pytest.approx(0.95, rel=0.05)


def test_an_oversampled_psf_is_binned(tmp_path):
    fits.writeto(tmp_path / "fine.fits", gaussian_psf(0.12, SCALE / 4, 81), header(PIXSCALE=SCALE / 4))
    notes, width = notes_of(hst_style(tmp_path / "a.fits", PSF=None), psf=tmp_path / "fine.fits")
    assert "binned 4 times" in notes[1]
    assert width == pytest.approx(0.126, rel=0.06)
    fits.writeto(tmp_path / "odd.fits", psf(), header(PIXSCALE=SCALE / 1.5))
    with pytest.raises(InputError, match="whole number of times finer"):
        read(tmp_path / "a.fits", psf=tmp_path / "odd.fits")
