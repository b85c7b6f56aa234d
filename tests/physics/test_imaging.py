"""Pixel grid, PSF kernels, convolution, rendering and noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from lensmith.errors import SettingsError
from lensmith.physics import imaging
from lensmith.physics.light import LIGHT, gaussian

SIDES = st.integers(1, 9)


@given(rows=SIDES, columns=SIDES, scale=st.floats(0.01, 1.0), factor=st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_the_grid_is_centred_and_its_subpixels_average_to_its_pixels(rows, columns, scale, factor):
    x, y = imaging.pixel_grid((rows, columns), scale)
    assert x.shape == (rows, columns)
    np.testing.assert_allclose(x[0], (np.arange(columns) - (columns - 1) / 2) * scale, atol=1e-12)
    np.testing.assert_allclose(y[:, 0], (np.arange(rows) - (rows - 1) / 2) * scale, atol=1e-12)
    fine = imaging.pixel_grid((rows, columns), scale, factor)
    for coarse, subpixels in zip((x, y), fine):
        np.testing.assert_allclose(imaging.bin_pixels(subpixels, factor), coarse, atol=1e-12)


def test_a_matrix_turns_the_grid():
    matrix = 0.1 * np.array([[0.0, -1.0], [1.0, 0.0]])
    columns, rows = imaging.pixel_grid((3, 5), 1.0)
    x, y = imaging.pixel_grid((3, 5), matrix)
    np.testing.assert_allclose(x, -0.1 * rows)
    np.testing.assert_allclose(y, 0.1 * columns)


@pytest.mark.parametrize("fwhm", [0.05, 0.1, 0.4])
def test_gaussian_psf_is_the_gaussian_averaged_over_pixels(fwhm):
    psf = imaging.gaussian_psf(fwhm, 0.05, size=41)
    fine = gaussian.surface_brightness(*imaging.pixel_grid((41, 41), 0.05, 41), 1.0, fwhm / np.sqrt(8 * np.log(2)))
    np.testing.assert_allclose(psf, imaging.bin_pixels(fine, 41) * 0.05**2, atol=1e-3 * psf.max())
    np.testing.assert_allclose(psf.sum(), 1.0)
    assert psf.argmax() == psf.size // 2


def test_moffat_psf_falls_to_half_at_its_fwhm():
    psf = imaging.moffat_psf(2.0, 0.1, beta=3.0)
    assert psf.shape[0] % 2 == 1
    center = psf.shape[0] // 2
    np.testing.assert_allclose(psf[center, center + 10] / psf[center, center], 0.5, rtol=5e-3)
    np.testing.assert_allclose(psf.sum(), 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: imaging.gaussian_psf(0.0, 0.05), "FWHM of a PSF must be a positive"),
        (lambda: imaging.gaussian_psf(-0.1, 0.05), "FWHM of a PSF must be a positive"),
        (lambda: imaging.gaussian_psf(0.1, float("nan")), "pixel scale of a PSF must be a positive"),
        (lambda: imaging.gaussian_psf(0.1, 0.05, size=4), "must be odd and positive, not 4"),
        (lambda: imaging.moffat_psf(0.1, 0.05, beta=0.5), "beta of a Moffat PSF must exceed 1"),
    ],
)
def test_impossible_kernels_are_an_error(make, message):
    with pytest.raises(SettingsError, match=message):
        make()


@pytest.mark.parametrize("library", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("shape", "size"), [((12, 15), 5), ((7, 8), 11), ((2, 9, 10), 3)])
def test_convolution_against_scipy(library, shape, size):
    random = np.random.default_rng(2)
    image, kernel = random.random(shape), random.random((size, size))
    expected = np.stack(
        [
            fftconvolve(np.pad(plane, size), kernel, mode="same")[size:-size, size:-size]
            for plane in np.atleast_3d(image.T).T
        ]
    ).reshape(shape)
    if library == "jax":
        import jax.numpy as jnp

        image, kernel = jnp.asarray(image), jnp.asarray(kernel)
    elif library == "torch":
        import torch

        image, kernel = torch.tensor(image), torch.tensor(kernel)
    found = imaging.convolve(image, kernel)
    assert type(found) is type(image)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-4 if library == "jax" else 1e-12)


def test_convolution_of_two_gaussians_is_a_gaussian():
    sky = imaging.pixel_grid((81, 81), 0.05)
    narrow = gaussian.surface_brightness(*sky, 1.0, 0.3) * 0.05**2
    psf = gaussian.surface_brightness(*imaging.pixel_grid((61, 61), 0.05), 1.0, 0.2) * 0.05**2
    expected = gaussian.surface_brightness(*sky, 1.0, np.hypot(0.3, 0.2)) * 0.05**2
    np.testing.assert_allclose(imaging.convolve(narrow, psf), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["GAUSSIAN_ELLIPSE", "MULTI_GAUSSIAN_ELLIPSE", "SERSIC_ELLIPSE"])
@pytest.mark.parametrize("supersampling", [1, 3])
def test_rendering_keeps_the_flux(name, supersampling):
    profile = LIGHT[name]
    parameters = profile.example | ({"n_sersic": 1.0} if "n_sersic" in profile.example else {})
    grid = imaging.pixel_grid((300, 300), 0.05, supersampling)
    psf = imaging.gaussian_psf(0.12, 0.05)
    image = imaging.render(
        lambda x, y: profile.surface_brightness(x, y, **parameters), *grid, 0.05**2, psf, supersampling
    )
    assert image.shape == (300, 300)
    np.testing.assert_allclose(image.sum(), float(profile.total_flux(**parameters)), rtol=2e-3)


def test_noise_has_the_variance_it_claims_and_follows_its_seed():
    flux = np.full((400, 400), 3.0)
    sigma = imaging.noise_sigma(flux, 0.5, 20.0)
    np.testing.assert_allclose(sigma, np.sqrt(0.25 + 0.15))
    noisy = imaging.add_noise(flux, 0.5, 20.0, seed=4)
    np.testing.assert_allclose((noisy - flux).std(), sigma[0, 0], rtol=0.01)
    np.testing.assert_allclose((noisy - flux).mean(), 0.0, atol=5e-3)
    np.testing.assert_array_equal(noisy, imaging.add_noise(flux, 0.5, 20.0, seed=4))
    assert (noisy != imaging.add_noise(flux, 0.5, 20.0, seed=5)).any()


def test_negative_flux_brings_no_poisson_noise():
    np.testing.assert_allclose(imaging.noise_sigma(np.array([-5.0]), 0.5, 20.0), [0.5])
