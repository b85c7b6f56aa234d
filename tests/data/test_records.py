"""Records: any numbers in, checked and unchangeable records out; and what readers make of any pixels."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from make_files import SCALE, SIGMA, image_hdu, psf, scene

from lensmith.data import Band, Cutout, read
from lensmith.errors import InputError

DTYPES = [">f4", "<f4", ">f8", "<f8", ">i2", ">i4", "u1", ">i8"]


def make(**changes):
    values = {
        "name": "r",
        "image": scene(),
        "noise": np.full((40, 40), SIGMA),
        "psf": psf(),
        "mask": np.ones((40, 40), bool),
        "pixel_to_sky": SCALE * np.eye(2),
    }
    return Band(**(values | changes))


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    dtype=st.sampled_from(DTYPES),
    data=st.data(),
)
def test_bands_are_native_float32_and_read_only(shape, dtype, data):
    image = data.draw(hnp.arrays(np.dtype(dtype), shape, elements={"min_value": 0, "max_value": 100}))
    mask = data.draw(hnp.arrays(bool, shape))
    mask.flat[0] = True
    band = make(image=image, noise=np.ones(shape, dtype), mask=mask)
    assert band.image.dtype == np.float32
    assert band.image.dtype.isnative
    np.testing.assert_array_equal(band.image, image.astype(np.float32))
    for array in (band.image, band.noise, band.mask, band.psf, band.pixel_to_sky):
        assert not array.flags.writeable
    before = image.astype(np.float32)
    image += 1
    np.testing.assert_array_equal(band.image, before)  # a copy, not a view


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros((4, 4, 4))}, "two axes"),
        ({"noise": np.ones((3, 3))}, "noise has shape"),
        ({"mask": np.zeros((40, 40), bool)}, "no usable pixel"),
        ({"image": np.full((40, 40), np.nan)}, "not finite"),
        ({"noise": np.zeros((40, 40))}, "finite and positive"),
        ({"psf": np.full((4, 4), 1 / 16)}, "odd sides"),
        ({"psf": np.ones((3, 3))}, "sum to 1"),
        ({"pixel_to_sky": np.zeros((2, 2))}, "invertible"),
    ],
)
def test_bands_are_checked(change, message):
    with pytest.raises(InputError, match=f"band r: .*{message}"):
        make(**change)


def test_cutouts_are_checked_and_stacked():
    cutout = Cutout("x", (make(), make(name="i")))
    assert cutout.stack().shape == (2, 40, 40)
    assert [band.name for band in cutout.only("i").bands] == ["i"]
    with pytest.raises(InputError, match="do not share a grid"):
        Cutout("x", (make(), make(name="i", pixel_to_sky=2 * SCALE * np.eye(2)))).stack()
    for wrong in ({"bands": ()}, {"bands": (make(), make())}, {"bands": (make(),), "z_lens": -1.0}):
        with pytest.raises(InputError):
            Cutout(**({"id": "x"} | wrong))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    dtype=st.sampled_from(DTYPES),
    holes=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e30])), max_size=5
    ),
    sentinel=st.sampled_from([1e8, 1e16, 1e30, np.inf, np.nan, 0.0]),
    scale=st.sampled_from([1e-12, 1.0, 1e3]),
)
def test_reader_makes_a_sound_band_of_any_image_or_says_why_not(tmp_path, shape, dtype, holes, sentinel, scale):
    rng = np.random.default_rng(0)
    real = np.dtype(dtype).kind == "f"
    image = (scale * rng.normal(10, 3, shape) if real else rng.integers(0, 100, shape)).astype(dtype)
    noise = np.full(shape, 3 * scale if real else 10.0, ">f4")
    bad = {(int(r * (shape[0] - 1)), int(c * (shape[1] - 1))): value for r, c, value in holes}
    for (row, column), value in bad.items() if real else ():
        image[row, column] = value
    noise[-1, -1] = sentinel
    hdus = [fits.PrimaryHDU(), image_hdu(image, "SCI", PIXSCALE=SCALE), image_hdu(noise, "ERR")]
    fits.HDUList(hdus).writeto(tmp_path / "any.fits", overwrite=True)
    if min(shape) < 16:
        with pytest.raises(InputError, match="any"):
            read(tmp_path / "any.fits", psf_fwhm=0.1)
        return
    (band,) = read(tmp_path / "any.fits", psf_fwhm=0.1).bands
    assert band.shape == shape
    assert not band.mask[-1, -1]
    assert not any(band.mask[place] for place in bad if real)
    assert np.isfinite(band.image).all()
    assert np.isfinite(band.noise).all()
    assert band.noise.max() < 1e3 * band.noise.min()
    kept = band.mask
    np.testing.assert_allclose(band.image[kept], image[kept].astype(np.float32), rtol=1e-6)
