"""A lensed quasar whose truth is known: drawn with the physics alone, finer than the fit, the PSF an integral."""

import numpy as np
from scipy.special import erf

from lensmith.data import Band, Cutout
from lensmith.physics import cosmology, lens_model
from lensmith.physics.imaging import bin_pixels, convolve, gaussian_psf, pixel_grid
from lensmith.physics.point_source import point_images

LENS = {
    "theta_E": 1.1, "gamma": 2.05, "e1": 0.09, "e2": -0.06, "x_lens": 0.04, "y_lens": -0.03, "gamma1": 0.03,
    "gamma2": 0.02,
}  # fmt: skip
SOURCES = {"quad": (0.06, 0.03), "double": (0.30, 0.22)}
Z_LENS, Z_SOURCE = 0.5, 1.8
SCALE, FWHM, SIDE, SUBPIXELS = 0.05, 0.10, 71, 5


def profiles(lens=LENS):
    """For `physics.lens_model`: the shear acts about the lens."""
    mass = {"theta_E": lens["theta_E"], "gamma": lens["gamma"], "e1": lens["e1"], "e2": lens["e2"]}
    centre = lens["x_lens"], lens["y_lens"]
    shear = {"gamma1": lens["gamma1"], "gamma2": lens["gamma2"], "ra_0": centre[0], "dec_0": centre[1]}
    return [("EPL", mass | {"center_x": centre[0], "center_y": centre[1]}), ("SHEAR", shear)]


def point(x0, y0):
    """A Gaussian of unit flux integrated over the pixels, by error functions: no kernel is shifted."""
    sigma = FWHM / 2.3548200450309493
    edges = (np.arange(SIDE + 1) - SIDE / 2) * SCALE
    shares = [np.diff(erf((edges - at) / (np.sqrt(2) * sigma))) / 2 for at in (x0, y0)]
    return np.outer(shares[1], shares[0])


def gaussian(x, y, sigma, flux):
    return flux * np.exp(-0.5 * (x**2 + y**2) / sigma**2) / (2 * np.pi * sigma**2)


def mock_quasar(kind="quad", *, flux=8.0, host=4.0, sky=0.01, seed=1):
    """A cutout, and the truth of its images in the order of arrival; flux ratios are off those of the lens by 10 %."""
    lens = profiles()
    beta = np.array([LENS["x_lens"], LENS["y_lens"]]) + SOURCES[kind]
    images = point_images(
        lambda x, y: lens_model.deflection(x, y, lens), *beta, 3.0,
        potential=lambda x, y: lens_model.potential(x, y, lens), magnification_limit=0.01,
    )  # fmt: skip
    random = np.random.default_rng(seed)
    fluxes = flux * np.abs(images.magnification) * (1 + 0.1 * random.standard_normal(len(images)))
    x, y = pixel_grid((SIDE, SIDE), SCALE, SUBPIXELS)
    u, v = lens_model.ray_trace(x, y, lens)
    light = gaussian(u - beta[0], v - beta[1], 0.15, host)
    x, y = (x - LENS["x_lens"]) * np.sqrt(0.85), (y - LENS["y_lens"]) / np.sqrt(0.85)
    light = light + gaussian(x, y, 0.15, 20.0) + gaussian(x, y, 0.6, 30.0)
    psf = gaussian_psf(FWHM, SCALE, 25)
    image = convolve(bin_pixels(light, SUBPIXELS) * SCALE**2, psf)
    image = image + sum(f * point(*xy) for f, *xy in zip(fluxes, images.x, images.y))
    noise = np.sqrt(sky**2 + np.maximum(image, 0) / 3000)
    data = image + noise * random.standard_normal(image.shape)
    band = Band("F814W", data, noise, psf, np.ones(image.shape, bool), SCALE * np.eye(2), unit="e-/s")
    fermat = images.fermat - images.fermat[0]
    truth = {"x": images.x, "y": images.y, "magnification": images.magnification, "flux": fluxes, "beta": beta}
    truth |= {"delay": lens_model.time_delay(fermat, cosmology.time_delay_distance(Z_LENS, Z_SOURCE)), "lens": LENS}
    return Cutout(f"mock {kind}", (band,), z_lens=Z_LENS, z_source=Z_SOURCE), truth
