"""A simulated lens whose truth is known: EPL + shear, Sersic-like lens and Gaussian source, Gaussian PSF, white noise.

Drawn with its own few lines in NumPy and lensmith's NumPy physics, not with the JAX code that fits it.
"""

import numpy as np
from scipy.signal import fftconvolve

from lensmith.data import Band, Cutout
from lensmith.physics.mass import epl, shear

TRUTH = {
    "theta_E": 1.2,
    "gamma": 2.05,
    "e1": 0.10,
    "e2": -0.05,
    "x_lens": 0.06,
    "y_lens": -0.04,
    "gamma1": 0.03,
    "gamma2": 0.02,
}


def gaussian_psf(fwhm, pixel_scale, side=25):
    line = (np.arange(side) - side // 2) * pixel_scale
    r2 = line**2 + line[:, None] ** 2
    psf = np.exp(-0.5 * r2 / (fwhm / 2.3548) ** 2)
    return psf / psf.sum()


def elliptical_gaussian(x, y, sigma, flux, q=0.8, angle=0.5):
    c, s = np.cos(angle), np.sin(angle)
    u, v = c * x + s * y, -s * x + c * y
    return flux * np.exp(-0.5 * (q * u**2 + v**2 / q) / sigma**2) / (2 * np.pi * sigma**2)


def frame_grid(side, matrix, supersampling, centre):
    steps = (np.arange(side * supersampling) - (supersampling - 1) / 2) / supersampling - (side - 1) / 2
    column, row = np.meshgrid(steps, steps)
    return np.tensordot(matrix, np.stack([column, row]), 1) + np.asarray(centre)[:, None, None]


def observed(
    side, pixel_scale, fwhm, matrix=None, centre=(0, 0), source_flux=6.0, lens_flux=120.0, truth=TRUTH, second=None
):
    """Noise-free image ``[y, x]`` in flux a pixel; `centre` is the frame position of the image's middle.

    `second` is (factor, x, y, flux): a second source at (x, y) from the lens [arcsec], for which every deflection is
    larger by the factor.
    """
    matrix = pixel_scale * np.eye(2) if matrix is None else matrix
    n = 4
    x, y = frame_grid(side, matrix, n, centre)
    x, y = x - truth["x_lens"], y - truth["y_lens"]
    alpha = epl.deflection(x, y, truth["theta_E"], truth["gamma"], truth["e1"], truth["e2"])
    tide = shear.deflection(x, y, truth["gamma1"], truth["gamma2"])
    u, v = x - alpha[0] - tide[0] - 0.12, y - alpha[1] - tide[1] + 0.10
    light = elliptical_gaussian(u, v, 0.08, source_flux)
    if second is not None:
        factor, at_x, at_y, flux = second
        u, v = (p - factor * (a + t) - at for p, a, t, at in zip((x, y), alpha, tide, (at_x, at_y)))
        light = light + elliptical_gaussian(u, v, 0.07, flux)
    for sigma, part in ((0.15, 0.3), (0.45, 0.4), (1.2, 0.3)):
        light = light + elliptical_gaussian(x, y, sigma, part * lens_flux, 0.85, -0.2)
    pixels = light.reshape(side, n, side, n).mean((1, 3)) * pixel_scale**2
    return fftconvolve(pixels, gaussian_psf(fwhm, pixel_scale), mode="same")


def mock_band(name="F814W", side=90, pixel_scale=0.05, fwhm=0.09, sigma=0.004, seed=0, matrix=None, centre=(0, 0), **k):
    """A `Band`; with `matrix` it is oriented by it."""
    image = observed(side, pixel_scale, fwhm, matrix, centre, **k)
    noise = np.sqrt(sigma**2 + np.maximum(image, 0) / 2000)
    image = image + noise * np.random.default_rng(seed).normal(size=image.shape)
    to_sky = pixel_scale * np.eye(2) if matrix is None else matrix
    mask = np.ones(image.shape, bool)
    return Band(name, image, noise, gaussian_psf(fwhm, pixel_scale), mask, to_sky, oriented=matrix is not None)


def mock_cutout(*bands, **options):
    """A `Cutout` of these bands (one HST-like band where none is given)."""
    return Cutout("mock", bands or (mock_band(),), **options)
