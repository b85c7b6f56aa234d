"""Every layout, from files made here: what is read is what was written."""

import gzip

import h5py
import numpy as np
import pytest
from astropy.io import fits
from make_files import SCALE, SIGMA, header, hst_style, image_hdu, psf, scene, tan_wcs, write_hdus

from lensmith.data import ReadOptions, find_candidates, psf_fwhm, read, read_candidate
from lensmith.errors import InputError, MissingError


def test_hst_style_bands_by_extver(tmp_path):
    cutout = read(hst_style(tmp_path / "lens.fits", ("F814W", "F606W")))
    assert [band.name for band in cutout.bands] == ["F814W", "F606W"]
    for version, band in enumerate(cutout.bands, start=1):
        np.testing.assert_array_equal(band.image, scene(seed=version))
        assert np.all(band.noise == np.float32(SIGMA))
        assert band.pixel_scale == pytest.approx(SCALE)
        assert (band.unit, band.exposure, band.gain, band.notes) == ("ELECTRONS/S", 1000.0, 1.0, ())
        assert psf_fwhm(band.psf) * SCALE == pytest.approx(0.1, rel=0.05)
    assert cutout.id == "lens"


def test_the_psf_of_one_band_is_not_given_to_another(tmp_path):
    path = tmp_path / "lens.fits"
    hdus = [image_hdu(scene(), "SCI", v, BAND=b, PIXSCALE=SCALE) for v, b in ((1, "F814W"), (2, "F606W"))]
    write_hdus(path, *hdus, image_hdu(psf(), "PSF", 1))
    first, second = read(path).bands
    assert not any(note.startswith("PSF assumed") for note in first.notes)
    assert any(note.startswith("PSF assumed") for note in second.notes)


def test_variance_and_data_quality(tmp_path):
    flags = np.zeros((40, 40), np.int32)
    flags[3, 5] = 16
    path = hst_style(tmp_path / "lens.fits", ERR=None, VAR=np.full((40, 40), SIGMA**2), DQ=flags)
    (band,) = read(path).bands
    np.testing.assert_allclose(band.noise, SIGMA, rtol=1e-6)
    assert not band.mask[3, 5]
    assert band.mask.sum() == 40 * 40 - 1


@pytest.mark.parametrize(("scale", "is_inverse"), [(1.0, True), (1e-3, False)])
def test_a_weight_map_is_inverse_variance_only_if_the_scatter_agrees(tmp_path, scale, is_inverse):
    weight = np.full((40, 40), scale / SIGMA**2)
    weight[:, :20] /= 4  # half the exposure gives twice the noise
    image = scene(peak=0.0)
    image[:, :20] *= 2
    (band,) = read(hst_style(tmp_path / "lens.fits", SCI=image, ERR=None, WHT=weight)).bands
    assert any("inverse variance" in note for note in band.notes) == is_inverse
    assert np.median(band.noise[:, :20] / band.noise[:, 20:]) == pytest.approx(2, rel=0.05)
    assert np.median(band.noise[:, 20:]) == pytest.approx(SIGMA, rel=0.4)


def test_euclid_style_names_and_sentinels(tmp_path):
    noise = np.full((40, 40), SIGMA, np.float32)
    noise[:4] = 1e16
    hdus = []
    for band, zero_point in (("VIS", 24.6), ("NIR_Y", 29.8)):
        hdus += [
            image_hdu(scene(), f"{band}_BGSUB", MAGZERO=zero_point, **tan_wcs(40)),
            image_hdu(noise, f"{band}_RMS"),
            image_hdu(psf(), f"{band}_PSF"),
        ]
    cutout = read(write_hdus(tmp_path / "tile.fits", *hdus))
    assert [band.name for band in cutout.bands] == ["VIS", "NIR_Y"]
    assert [band.zero_point for band in cutout.bands] == [24.6, 29.8]
    assert not cutout.bands[0].mask[:4].any()
    assert cutout.bands[0].mask[4:].all()
    assert cutout.bands[0].noise.max() < 1  # the sentinel is gone from the pixels that are masked, too
    assert (cutout.ra, cutout.dec) == pytest.approx((150.0, 2.0), abs=1e-9)


@pytest.mark.parametrize("prefix", ["", "SDSS1_"])
def test_autolens_trio_is_one_candidate_named_after_its_folder(tmp_path, prefix):
    folder = tmp_path / "slacs0001"
    folder.mkdir()
    mask = np.zeros((40, 40))
    mask[:5, :5] = 1
    for name, array in {
        "data": scene(),
        "noise_map": np.full((40, 40), SIGMA),
        "psf": psf(),
        "mask_extra_galaxies": mask,
    }.items():
        rest = "" if name.startswith("mask") else prefix
        fits.writeto(folder / f"{rest}{name}.fits", array)
    (candidate,) = find_candidates([tmp_path])
    assert candidate.id == (prefix.rstrip("_") or "slacs0001")
    with pytest.raises(MissingError, match="--pixel-scale"):
        read_candidate(candidate)
    (band,) = read_candidate(candidate, ReadOptions(pixel_scale=SCALE)).bands
    np.testing.assert_array_equal(band.image, scene())
    assert any(note.startswith("pixel scale assumed") for note in band.notes)
    if not prefix:
        assert not band.mask[:5, :5].any()  # AutoLens: 1 = exclude
        assert band.mask.sum() == 1600 - 25
        assert find_candidates([folder / "data.fits"])[0].sources == candidate.sources


def test_separate_files_of_several_bands(tmp_path):
    for band in "gr":
        fits.writeto(tmp_path / f"{band}_data.fits", scene(), header(PIXSCALE=SCALE))
        fits.writeto(tmp_path / f"{band}_psf.fits", psf())
    (candidate,) = find_candidates([tmp_path])
    assert sorted(band.name for band in read_candidate(candidate).bands) == ["g", "r"]


@pytest.mark.parametrize("nested", [False, True])
def test_lenstronomy_hdf5(tmp_path, nested):
    path = tmp_path / "lens.h5"
    matrix = np.array([[-0.03, 0.04], [0.04, 0.03]])
    with h5py.File(path, "w") as file:
        data = file.create_group("kwargs_data") if nested else file
        data["image_data"] = scene().astype(">f8")
        data["background_rms"] = SIGMA
        data["exposure_time"] = 500.0
        data["ra_at_xy_0"] = data["dec_at_xy_0"] = 1.0
        data["transform_pix2angle"] = matrix
        kernel = file.create_group("kwargs_psf") if nested else file
        kernel["kernel_point_source"] = psf()
        kernel["psf_type"] = "PIXEL"
    (band,) = read(path).bands
    np.testing.assert_array_equal(band.image, scene())
    np.testing.assert_allclose(band.noise**2, SIGMA**2 + np.clip(scene(), 0, None) / 500, rtol=1e-5)
    np.testing.assert_allclose(band.pixel_to_sky, matrix)
    assert band.oriented
    assert not any("assumed" in note or "measured" in note for note in band.notes)


def test_hdf5_with_a_group_for_each_band(tmp_path):
    with h5py.File(tmp_path / "lens.hdf5", "w") as file:
        for number, band in enumerate(("F814W", "F475X")):
            file[f"{band}/image_data"] = scene(seed=number)
            file[f"{band}/pixel_size"] = SCALE
            file[f"{band}/fwhm"] = 0.15
    cutout = read(tmp_path / "lens.hdf5")
    assert sorted(band.name for band in cutout.bands) == ["F475X", "F814W"]
    assert psf_fwhm(cutout.bands[0].psf) * SCALE == pytest.approx(0.15, rel=0.05)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["spectrum"] = np.zeros(5)
    with pytest.raises(InputError, match=r"other\.h5: it holds no data set image_data"):
        read(tmp_path / "other.h5")


def test_dolphin_files_pair_image_and_psf(tmp_path):
    for band in ("F814W", "F475X"):
        with h5py.File(tmp_path / f"image_J1_{band}.h5", "w") as file:
            file["image_data"] = scene()
            file["background_rms"] = SIGMA
            file["transform_pix2angle"] = SCALE * np.eye(2)
        with h5py.File(tmp_path / f"psf_J1_{band}.h5", "w") as file:
            file["kernel_point_source"] = psf()
    (candidate,) = find_candidates([tmp_path])
    assert candidate.id == "J1"
    cutout = read_candidate(candidate)
    assert sorted(band.name for band in cutout.bands) == ["F475X", "F814W"]
    assert not any(note.startswith("PSF") for band in cutout.bands for note in band.notes)
    assert not cutout.bands[0].oriented  # the identity says nothing of the sky


def test_images_without_names_are_bands_in_order(tmp_path):
    hdus = [fits.ImageHDU(scene(seed=k), header(BAND="i", PIXSCALE=SCALE)) for k in (1, 2, 3)]
    cutout = read(write_hdus(tmp_path / "des.fits", *hdus))
    assert [band.name for band in cutout.bands] == ["i-1", "i-2", "i-3"]
    np.testing.assert_array_equal(cutout.bands[1].image, scene(seed=2))
    assert any("order in the file" in note for note in cutout.bands[0].notes)


@pytest.mark.parametrize("suffix", ["npy", "fits"])
def test_a_stack_is_many_candidates(tmp_path, suffix):
    stack = np.stack([[scene(seed=10 * n + b) for b in range(2)] for n in range(3)])
    path = tmp_path / f"stack.{suffix}"
    np.save(path, stack) if suffix == "npy" else fits.writeto(path, stack)
    found = find_candidates([path])
    assert [candidate.id for candidate in found] == ["stack_00000", "stack_00001", "stack_00002"]
    cutout = read_candidate(found[2], ReadOptions(pixel_scale=SCALE, psf_fwhm=0.1))
    np.testing.assert_array_equal(cutout.stack(), stack[2])


def test_compressed_files(tmp_path):
    plain = hst_style(tmp_path / "a.fits")
    packed = tmp_path / "b.fits.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_array_equal(read(packed).bands[0].image, read(plain).bands[0].image)
    tiled = fits.CompImageHDU(scene(), header(PIXSCALE=SCALE), name="SCI", compression_type="GZIP_1", quantize_level=0)
    fits.HDUList([fits.PrimaryHDU(), tiled]).writeto(tmp_path / "c.fits.fz")
    np.testing.assert_array_equal(read(tmp_path / "c.fits.fz").bands[0].image, scene())


def test_an_axis_of_length_one_is_dropped_and_a_cube_is_an_error(tmp_path):
    fits.writeto(tmp_path / "one.fits", scene()[None], header(PIXSCALE=SCALE))
    np.testing.assert_array_equal(read(tmp_path / "one.fits").bands[0].image, scene())
    fits.writeto(tmp_path / "cube.fits", np.stack([scene()] * 3, axis=-1), header(PIXSCALE=SCALE))
    with pytest.raises(InputError, match=r"cube.fits.*3 axes \(40, 40, 3\).*manifest.*cube.fits\[0\]\[:,:,0\]"):
        read(tmp_path / "cube.fits")


def test_one_usable_band_is_enough(tmp_path):
    hdus = [image_hdu(np.full((40, 40), np.nan), "SCI", 1, BAND="g", PIXSCALE=SCALE)]
    hdus.append(image_hdu(scene(), "SCI", 2, BAND="r", PIXSCALE=SCALE))
    cutout = read(write_hdus(tmp_path / "edge.fits", *hdus))
    assert [band.name for band in cutout.bands] == ["r"]
    assert any("band g is left out" in note and "NaN" in note for note in cutout.notes)
