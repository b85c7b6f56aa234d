"""Stamps, coordinates, kernels and binning."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from lensmith.modelling.prepare import bin_band, fft_side_of, grid_side, prepare_band, psf_fwhm

from .mock_lens import gaussian_psf, mock_band


@pytest.mark.parametrize(("fwhm", "scale"), [(0.09, 0.05), (0.15, 0.1), (0.9, 0.263)])
def test_fwhm_of_a_gaussian(fwhm, scale):
    assert psf_fwhm(gaussian_psf(fwhm, scale), scale) == pytest.approx(fwhm, rel=0.12)


def test_grid_is_the_smallest_class_that_holds_the_field_or_the_image():
    assert grid_side((300, 300), 0.05, 0.09) == 128
    assert grid_side((60, 60), 0.1, 0.15) == 64
    assert grid_side((45, 45), 0.263, 0.9) == 48
    assert grid_side((40, 20), 0.05, 0.09) == 48


@pytest.mark.parametrize("need", [48, 79, 148, 200])
def test_fft_sides_are_fast_and_large_enough(need):
    side = fft_side_of(need)
    assert side >= need
    assert side % 16 == 0
    for factor in (2, 3, 5):
        while side % factor == 0:
            side //= factor
    assert side == 1


def test_lens_is_centred_and_coordinates_follow_the_matrix():
    band = mock_band(side=100)
    matrix = 0.05 * np.array([[0.0, -1.0], [1.0, 0.0]])
    prepared = prepare_band(band, matrix, ((100 - 1) / 2,) * 2)
    middle = prepared.side // 2
    assert prepared.x[middle, middle] == prepared.y[middle, middle] == 0
    # One column on is +y in this frame, one row on is -x.
    assert prepared.y[middle, middle + 1] == pytest.approx(0.05)
    assert prepared.x[middle + 1, middle] == pytest.approx(-0.05)
    column, row = prepared.centre_pixel
    assert np.hypot((column - 49.5) * 0.05 - 0.06, (row - 49.5) * 0.05 + 0.04) < 0.06


def test_pixels_outside_the_image_are_not_used():
    prepared = prepare_band(mock_band(side=70), 0.05 * np.eye(2), (34.5, 34.5))
    assert prepared.side == 96
    assert not prepared.use[0].any()
    assert prepared.use.sum() <= 70 * 70


def test_binning_keeps_flux_noise_and_places():
    prepared = prepare_band(mock_band(side=140), 0.05 * np.eye(2), (69.5, 69.5))
    binned = bin_band(prepared)
    inside = binned.inside & binned.use
    np.testing.assert_allclose(binned.x[inside], prepared.x.reshape(64, 2, 64, 2).mean((1, 3))[inside])
    fine = binned.fine_x.reshape(64, 2, 64, 2).mean((1, 3))
    np.testing.assert_allclose(fine, binned.x, atol=1e-5)
    # Weights by the inverse variance pull the mean of a steep, photon-limited core down a little.
    assert binned.image[inside].mean() == pytest.approx(prepared.image[prepared.use].mean(), rel=0.04)
    assert np.median(binned.noise[inside] / prepared.noise[::2, ::2][inside]) == pytest.approx(0.5, rel=0.05)


def test_convolution_by_fft_is_the_direct_one():
    from lensmith.modelling.lensed_source import observe

    prepared = prepare_band(mock_band(side=140), 0.05 * np.eye(2), (69.5, 69.5))
    image = np.random.default_rng(0).normal(size=(2, prepared.side, prepared.side)).astype(np.float32)
    got = np.asarray(observe(image, prepared.kernel_fft, prepared.fft_side, 1))
    want = np.stack([fftconvolve(one, prepared.kernel, mode="same") for one in image.astype(float)])
    np.testing.assert_allclose(got, want, atol=2e-5)


@pytest.mark.parametrize(("pixel_scale", "points"), [(0.05, 1), (0.1, 2), (0.2, 3)])
def test_coarse_pixels_get_more_points(pixel_scale, points):
    band = mock_band(side=64, pixel_scale=pixel_scale, fwhm=2.5 * pixel_scale)
    prepared = prepare_band(band, pixel_scale * np.eye(2), (31.5, 31.5))
    assert prepared.supersampling == points
    side = prepared.side
    for fine, coarse in ((prepared.fine_x, prepared.x), (prepared.fine_y, prepared.y)):
        np.testing.assert_allclose(fine.reshape(side, points, side, points).mean((1, 3)), coarse, atol=1e-5)
