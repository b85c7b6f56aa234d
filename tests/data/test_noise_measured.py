"""Noise where no map is given, against images whose noise is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lensmith.data import measure_background, measured_noise
from lensmith.data.noise import CORRELATED
from lensmith.errors import InputError


def galaxy(side, radius, peak):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return peak * np.exp(-np.hypot(x, y) / radius)


@settings(max_examples=25, deadline=None)
@given(
    sigma=st.floats(1e-13, 1e6),
    sky=st.floats(-20, 100),
    peak=st.floats(0, 100),
    light=st.sampled_from([(1.0, 0.12), (8.0, 0.12), (40.0, 0.2)]),
    seed=st.integers(0, 99),
)
def test_white_noise_is_found_under_any_galaxy_sky_and_unit(sigma, sky, peak, light, seed):
    """100 sigma at the peak do not matter; light that fills the stamp, slope and all, does little."""
    radius, tolerance = light
    noise = np.random.default_rng(seed).normal(size=(80, 80))
    image = sigma * (sky + galaxy(80, radius, peak) + noise)
    found = measure_background(image, np.ones(image.shape, bool))
    assert found.sigma == pytest.approx(sigma, rel=tolerance)
    assert abs(found.correlation) < CORRELATED


def test_correlated_noise_counts_in_full_and_is_said():
    noise = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(150, 150)), 0.8)
    found = measure_background(noise, np.ones(noise.shape, bool))
    assert found.sigma == pytest.approx(noise.std(), rel=0.1)
    assert found.correlation > 0.5
    assert "correlated" in measured_noise(noise, np.ones(noise.shape, bool), None)[1]


def test_photon_noise_follows_the_light():
    exposure, sigma = 500.0, 0.01
    light = galaxy(100, 8, 5.0)
    rng = np.random.default_rng(2)
    image = rng.poisson(light * exposure) / exposure + rng.normal(0, sigma, light.shape)
    noise, note = measured_noise(image, np.ones(image.shape, bool), exposure)
    truth = np.sqrt(sigma**2 + light / exposure)
    assert note.startswith("noise measured:")
    assert np.median(noise / truth) == pytest.approx(1, rel=0.06)
    bright = light > 1
    assert np.median((noise / truth)[bright]) == pytest.approx(1, rel=0.06)


def test_outliers_and_masked_pixels_do_not_count():
    rng = np.random.default_rng(3)
    image = rng.normal(size=(80, 80))
    image[rng.random(image.shape) < 0.02] = 1e4
    mask = np.ones(image.shape, bool)
    mask[:20] = False
    image[:20] = np.nan
    assert measure_background(image, mask).sigma == pytest.approx(1, rel=0.12)


def test_whole_counts_with_an_empty_sky():
    image = np.random.default_rng(4).poisson(0.05, (60, 60)).astype(float)
    assert 0 < measure_background(image, np.ones(image.shape, bool)).sigma < 1


def test_an_image_without_noise_says_so():
    image = np.zeros((40, 40))
    image[20, 20] = 1.0
    with pytest.raises(InputError, match=r"a\.fits: the noise cannot be measured.*noise map"):
        measure_background(image, np.ones(image.shape, bool), "a.fits")
