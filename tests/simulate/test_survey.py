"""The surveys against an independent code, against real images, and what a wrong one says."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits

from lensmith.data.psf import psf_fwhm
from lensmith.errors import SettingsError
from lensmith.simulate.survey import SURVEYS, Survey, load_survey

NAMES = ("des", "des-deep", "desi-dot", "euclid", "euclid-vis", "hsc", "hst-acs", "jwst-nircam", "lsst", "lsst-wide")


def test_the_surveys_that_were_asked_for():
    assert SURVEYS == NAMES


def single_band(name: str, band: str, **options) -> tuple[object, dict]:
    """lenstronomy's instrument for a band of one of its surveys, and its keyword arguments."""
    from lenstronomy.SimulationAPI.observation_api import SingleBand

    module = importlib.import_module(f"lenstronomy.SimulationAPI.ObservationConfig.{name}")
    keywords = getattr(module, name)(band=band, psf_type="GAUSSIAN", **options).kwargs_single_band()
    return SingleBand(**keywords), keywords


SAME = [("des", "DES", band) for band in "griz"] + [("lsst", "LSST", band) for band in "griz"]


@pytest.mark.parametrize(("survey", "theirs", "name"), SAME)
def test_ground_surveys_are_those_of_lenstronomy(survey, theirs, name):
    (band,) = load_survey(f"{survey}:{name}").bands
    reference, keywords = single_band(theirs, name)
    assert band.background_rms == pytest.approx(reference.background_noise, rel=1e-6)
    assert band.flux(21.3) == pytest.approx(reference.magnitude2cps(21.3), rel=1e-6)
    assert band.electrons_per_unit == pytest.approx(reference.flux_iid(1.0), rel=1e-6)
    assert band.pixel_scale == reference.pixel_scale
    assert band.psf.fwhm.at(0.5) == pytest.approx(keywords["seeing"], rel=0.02)


@pytest.mark.parametrize("name", ["F115W", "F150W", "F277W", "F444W"])
def test_webb_is_that_of_lenstronomy_on_the_detectors_pixels(name):
    """Ours is resampled to 0.03 arcsec, as the mosaics are: sky and read noise go with the pixel's area."""
    (band,) = load_survey(f"jwst-nircam:{name}").bands
    reference, keywords = single_band("JWST", name)
    native = band.model_copy(update={"pixel_scale": band.native_scale})
    assert native.background_rms == pytest.approx(reference.background_noise, rel=1e-6)
    assert band.background_rms / native.background_rms == pytest.approx(0.03 / reference.pixel_scale, rel=1e-6)
    assert band.flux(25.0) == pytest.approx(reference.magnitude2cps(25.0), rel=1e-6)
    assert band.psf.fwhm.at(0.5) == keywords["seeing"]


def test_euclid_differs_from_lenstronomy_in_zero_point_and_pixel_alone():
    """lenstronomy's zero-point of 24.0 is 1.9 mag too bright for the Q1 noise maps; its pixel is 0.101 arcsec."""
    (band,) = load_survey("euclid-vis").bands
    reference, keywords = single_band("Euclid", "VIS")
    like_theirs = band.model_copy(update={"zero_point": 24.0, "pixel_scale": 0.101})
    assert like_theirs.background_rms == pytest.approx(reference.background_noise, rel=1e-6)
    assert like_theirs.flux(20.0) == pytest.approx(reference.magnitude2cps(20.0), rel=1e-6)
    assert band.electrons_per_unit == pytest.approx(reference.flux_iid(1.0), rel=1e-6)
    assert band.psf.fwhm.at(0.5) == pytest.approx(keywords["seeing"], rel=1e-6)


def test_hubble_has_another_filter_than_lenstronomy():
    """lenstronomy knows WFC3 F160W only: the arithmetic is compared with the settings of ours."""
    from lenstronomy.SimulationAPI.observation_api import SingleBand

    (band,) = load_survey("hst-acs").bands
    reference = SingleBand(
        pixel_scale=0.05,
        exposure_time=507,
        magnitude_zero_point=25.94,
        read_noise=4.2,
        ccd_gain=2,
        sky_brightness=22.0,
        seeing=0.1,
        num_exposures=4,
    )
    assert band.background_rms == pytest.approx(reference.background_noise, rel=1e-6)
    assert band.flux(24.0) == pytest.approx(reference.magnitude2cps(24.0), rel=1e-6)


def test_counts_in_adu_are_those_of_lenstronomy():
    from lenstronomy.SimulationAPI.observation_api import SingleBand

    band = load_survey("des").bands[1].model_copy(update={"unit": "ADU/s"})
    reference = SingleBand(**single_band("DES", "r")[1], data_count_unit="ADU")
    assert band.background_rms == pytest.approx(reference.background_noise, rel=1e-6)
    assert band.flux(21.0) == pytest.approx(reference.magnitude2cps(21.0), rel=1e-6)
    assert band.electrons_per_unit == pytest.approx(reference.flux_iid(1.0), rel=1e-6)
    assert band.magnitude(band.flux(21.0)) == pytest.approx(21.0)


def test_exposures_and_nights_of_the_transient_sets():
    exposure = {
        name: load_survey(name).bands[0].visit().total_exposure
        for name in ("desi-dot", "lsst", "lsst-wide", "des", "des-deep")
    }
    assert exposure == {"desi-dot": 60, "lsst": 30, "lsst-wide": 30, "des": 90, "des-deep": 200}
    assert load_survey("des-deep").nights == tuple(range(0, 98, 7))
    assert [len(load_survey(name).nights) for name in ("des-deep", "desi-dot", "lsst", "des")] == [14, 14, 14, 7]
    assert all(load_survey(name).band_names == tuple("griz") for name in exposure)
    assert load_survey("lsst-wide").nights == load_survey("lsst").nights


@pytest.mark.parametrize("name", "griz")
def test_a_visit_of_the_public_lsst_set_is_lenstronomys_with_one_read_out(name):
    (band,) = load_survey(f"lsst-wide:{name}").bands
    reference, keywords = single_band("LSST", name)
    single = type(reference)(**keywords | {"exposure_time": 30.0, "num_exposures": 1})
    assert band.visit().background_rms == pytest.approx(single.background_noise, rel=1e-6)
    assert band.psf.fwhm.support == (keywords["seeing"], keywords["seeing"])


@pytest.mark.parametrize("name", NAMES)
def test_every_survey_is_whole(name):
    survey = load_survey(name)
    assert survey.name == name
    assert survey.description
    assert survey.pixel_scale > 0
    for band in survey.bands:
        kernel = band.psf_kernel(side=survey.psf_side)
        assert kernel.shape == (survey.psf_side, survey.psf_side)
        assert kernel.sum() == pytest.approx(1)
        low, high = band.psf.fwhm.support
        draws = [band.draw_seeing(np.random.default_rng(i)) for i in range(20)]
        assert low <= min(draws) <= max(draws) <= high
        # Where the pixels are much smaller than the PSF, its width is that of the seeing.
        seeing = float(band.psf.fwhm.at(0.5))
        if seeing > 3 * band.pixel_scale:
            assert psf_fwhm(kernel) * band.pixel_scale == pytest.approx(seeing, rel=0.1)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("dess", "did you mean des?"),
        ("zzz", "known are des, des-deep"),
        ("des:g,q", "survey des has no band 'q'"),
        ("mine.yaml", "No such file"),
    ],
)
def test_unknown_surveys(name, says):
    with pytest.raises(SettingsError) as caught:
        load_survey(name)
    assert says in str(caught.value)


def own(tmp_path: Path, **changes) -> Path:
    band = {"name": "r", "pixel_scale": 0.2, "zero_point": 27, "exposure": 30, "gain": 2, "read_noise": 5}
    band |= {"sky_brightness": 21, "psf": {"fwhm": 0.8}} | changes
    content = {"name": "own", "sources": ["me"], "side": 40, "psf_side": 21, "bands": [band]}
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_survey_of_ones_own_with_a_kernel(tmp_path):
    kernel = np.zeros((5, 5), np.float32)
    kernel[1:4, 1:4] = [[0, 1, 0], [1, 4, 1], [0, 1, 0]]
    fits.writeto(tmp_path / "psf.fits", kernel)
    path = own(tmp_path, psf={"profile": "kernel", "kernel": "psf.fits", "fwhm": 0.3})
    (band,) = load_survey(path).bands
    assert np.allclose(band.psf_kernel(), kernel / 8)
    assert np.allclose(band.psf_kernel(side=7)[1:-1, 1:-1], kernel / 8)
    assert np.allclose(band.psf_kernel(side=3), kernel[1:4, 1:4] / 8)
    fits.writeto(tmp_path / "psf.fits", kernel[:4, :4], overwrite=True)
    (band,) = load_survey(path).bands
    with pytest.raises(SettingsError, match="square image of odd side"):
        band.psf_kernel()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"exposure": 0}, "bands.0.exposure = 0"),
        ({"expsure": 3}, "bands.0.expsure"),
        ({"psf": {"fwhm": {"uniform": [0, 1]}}}, "FWHM of a PSF must be positive"),
        ({"psf": {"fwhm": {"unform": [0.5, 1]}}}, "a distribution is a number or a mapping"),
        ({"psf": {"profile": "kernel", "fwhm": 1}}, "`kernel` names a FITS file"),
    ],
)
def test_wrong_surveys_of_ones_own(tmp_path, changes, says):
    with pytest.raises(SettingsError) as caught:
        load_survey(own(tmp_path, **changes))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_survey_goes_through_json_and_back():
    survey = load_survey("euclid")
    assert Survey(**survey.model_dump(mode="json")) == survey
