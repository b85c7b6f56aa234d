"""The factor by which correlated noise weakens a likelihood, on noise whose correlation is known."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from lensmith.modelling.noise_correlation import information_loss

from .mock_lens import gaussian_psf

SIDE, SCALE = 128, 0.05
PSF = gaussian_psf(0.1, SCALE)
EVERYWHERE = np.ones((SIDE, SIDE), bool)
LIGHT = np.zeros((SIDE, SIDE))


def correlated_noise(kernel, seed=0):
    """Noise of unit variance a pixel, smoothed by `kernel`, and what its PSF-shaped sums vary by."""
    white = np.random.default_rng(seed).normal(size=(SIDE + 16, SIDE + 16))
    kernel = kernel / np.sqrt((kernel**2).sum())
    smoothed = fftconvolve(kernel, PSF)
    return fftconvolve(white, kernel, mode="same")[8:-8, 8:-8], (smoothed**2).sum() / (PSF**2).sum()


def loss_of(image, noise=1.0, use=EVERYWHERE):
    return information_loss(image, LIGHT, np.full(image.shape, noise), use, PSF)


def test_white_noise_loses_nothing():
    image, expected = correlated_noise(np.ones((1, 1)))
    assert expected == pytest.approx(1)
    assert loss_of(image) == pytest.approx(1, abs=0.1)


def test_correlated_noise_loses_what_psf_shaped_sums_vary_by():
    image, expected = correlated_noise(np.array([[0.2, 0.5, 0.2], [0.5, 1.0, 0.5], [0.2, 0.5, 0.2]]))
    assert expected > 2
    assert loss_of(image) == pytest.approx(expected, rel=0.15)


def test_an_overstated_noise_map_counts():
    image, _ = correlated_noise(np.ones((1, 1)))
    assert loss_of(image, noise=1.25) == pytest.approx(0.64, abs=0.08)


def test_objects_do_not_count_as_correlation():
    image, _ = correlated_noise(np.ones((1, 1)))
    y, x = np.indices(image.shape) - SIDE / 2
    ring = 8 * np.exp(-0.5 * ((np.hypot(x, y) - 25) / 2) ** 2)
    neighbour = 20 * np.exp(-0.5 * (np.hypot(x - 40, y + 30) / 3) ** 2)
    assert loss_of(image + ring + neighbour) == pytest.approx(loss_of(image), abs=0.2)


def test_too_few_blank_pixels_say_nothing():
    image, _ = correlated_noise(np.ones((5, 5)))
    use = np.zeros_like(EVERYWHERE)
    use[60:70, 60:70] = True
    assert loss_of(image, use=use) == 1.0
