"""Files that cannot be used: one clear sentence with file and cause, and never another kind of exception."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_files import SCALE, SIGMA, header, hst_style, psf, scene

from lensmith.data import ReadOptions, find_candidates, read, read_candidate
from lensmith.errors import InputError, MissingError, SettingsError


def write(path, array, **cards):
    fits.writeto(path, array, header(**({"PIXSCALE": SCALE} | cards)))


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("dear reader,\nthis is no image\n" * 200)


def truncated(path):
    hst_style(path)
    path.write_bytes(path.read_bytes()[:9000])


def png(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(3000))


def table_only(path):
    fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.zeros(3))]).writeto(path)


BAD = {
    "empty": (empty, "empty"),
    "text": (text, "cannot be read as FITS"),
    "png": (png, "cannot be read as FITS"),
    "truncated": (truncated, "truncated"),
    "table": (table_only, "no extension holds an image"),
    "nan": (lambda p: write(p, np.full((40, 40), np.nan, "f4")), "every pixel is NaN"),
    "infinite": (lambda p: write(p, np.full((40, 40), np.inf, "f4")), "no pixel has a finite value"),
    "constant": (lambda p: write(p, np.full((40, 40), 7.0, "f4")), r"same value \(7\)"),
    "zero": (lambda p: write(p, np.zeros((40, 40), "i2")), r"same value \(0\)"),
    "tiny": (lambda p: write(p, scene(3)), "3x3 pixels, too small"),
    "huge": (lambda p: write(p, np.zeros((4000, 4000), "u1")), "4000x4000 pixels, too large.*cut out"),
    "cube": (lambda p: write(p, np.zeros((40, 40, 5), "f4")), "3 axes.*manifest"),
    "line": (lambda p: write(p, np.zeros(40, "f4")), "no extension holds an image"),
    "negative noise": (lambda p: hst_style(p, ERR=np.full((40, 40), -SIGMA)), "noise map is negative"),
    "zero noise": (lambda p: hst_style(p, ERR=np.zeros((40, 40))), "nowhere positive"),
    "NaN noise": (lambda p: hst_style(p, ERR=np.full((40, 40), np.nan)), "no finite value"),
    "noise of another shape": (lambda p: hst_style(p, ERR=np.ones((20, 20))), r"noise map has shape \(20, 20\)"),
    "PSF of zeros": (lambda p: hst_style(p, PSF=np.zeros((11, 11))), "PSF is zero everywhere"),
    "negative PSF": (lambda p: hst_style(p, PSF=-psf()), "no positive flux"),
    "NaN PSF": (lambda p: hst_style(p, PSF=np.full((11, 11), np.nan)), "PSF has 121 pixels that are not finite"),
    "PSF cube": (lambda p: hst_style(p, PSF=np.ones((2, 11, 11))), "3 axes"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_with_file_and_cause(tmp_path, case):
    make, cause = BAD[case]
    path = tmp_path / "bad.fits"
    make(path)
    (candidate,) = find_candidates([tmp_path])  # the scan is not stopped by it
    with pytest.raises(InputError, match=cause) as caught:
        read_candidate(candidate)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_pixel_scale_names_the_option(tmp_path):
    path = tmp_path / "bare.fits"
    fits.writeto(path, scene())
    with pytest.raises(MissingError, match=r"bare\.fits.*--pixel-scale"):
        read(path)
    assert read(path, pixel_scale=0.2).pixel_scale == pytest.approx(0.2)


def test_a_placeholder_pixel_scale_counts_as_missing(tmp_path):
    path = tmp_path / "degrees.fits"
    cards = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": -1.0, "CDELT2": 1.0, "CRVAL1": 10.0, "CRVAL2": 5.0}
    fits.writeto(path, scene(), header(**cards))
    with pytest.raises(MissingError, match="--pixel-scale"):
        read(path)


def test_missing_inputs_and_empty_folders(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        find_candidates([tmp_path / "nothing.fits"])
    with pytest.raises(InputError, match="no FITS or HDF5"):
        find_candidates([tmp_path])
    path = hst_style(tmp_path / "gone.fits")
    (candidate,) = find_candidates([path])
    path.unlink()
    with pytest.raises(InputError, match=r"gone\.fits: no such file"):
        read_candidate(candidate)


def test_files_that_are_not_hdf5_or_npy(tmp_path):
    for name in ("a.h5", "b.npy", "c.hdf5"):
        path = tmp_path / name
        path.write_text("not what its name says")
        with pytest.raises(InputError, match=name):
            read(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixel_scale": 0.0},
        {"pixel_scale": np.nan},
        {"psf_fwhm": -1.0},
        {"zero_point": np.inf},
        {"psf": "nowhere.fits"},
    ],
)
def test_wrong_options_are_refused_at_once(wrong):
    with pytest.raises(SettingsError):
        ReadOptions(**wrong)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
def test_damaged_files_never_raise_anything_else(tmp_path, cut, flips):
    """Cut anywhere, bytes overwritten anywhere, headers too: either it is read, or an InputError names the file."""
    path = tmp_path / "whole.fits"
    if not path.exists():
        hst_style(path, ("F814W", "F606W"), side=24)
    data = bytearray(path.read_bytes())
    for where, value in flips:
        data[int(where * (len(data) - 1))] = value
    damaged = tmp_path / "damaged.fits"
    damaged.write_bytes(bytes(data[: max(1, int(cut * len(data)))] if cut < 0.9 else data))
    (candidate,) = find_candidates([damaged])
    cutout, error = outcome(candidate)
    if error is not None:
        assert "damaged" in str(error)
    else:
        assert all(np.isfinite(band.image[band.mask]).all() for band in cutout.bands)


def outcome(candidate):
    """The cutout, or the one kind of error that is allowed."""
    try:
        return read_candidate(candidate), None
    except InputError as error:
        return None, error
