"""The scene that every code draws: EPL + shear, elliptical Sersic light of the lens and of the source, a PSF.

NumPy only, since it is also imported in the other codes' environments. Parameters are lenstronomy's.
"""

import numpy as np

FIELD = 5.0
"""Side of the image [arcsec], whatever its pixels."""
PSF_SIDE = 21
PSF_FWHM = 0.12
"""[arcsec]"""
LENS_AMPLITUDE, SOURCE_AMPLITUDE = 2.0, 4.0
"""Flux per square arcsec at the half-light radius: linear parameters, held fixed."""

MASS = {"theta_E": 1.2, "gamma": 2.05, "e1": 0.10, "e2": -0.06, "center_x": 0.02, "center_y": -0.01}
SHEAR = {"gamma1": 0.03, "gamma2": -0.02}
LENS = {"R_sersic": 0.8, "n_sersic": 4.0, "e1": 0.08, "e2": -0.05, "center_x": 0.02, "center_y": -0.01}
SOURCE = {"R_sersic": 0.2, "n_sersic": 1.0, "e1": 0.10, "e2": 0.15, "center_x": 0.10, "center_y": 0.05}
GROUPS = (MASS, SHEAR, LENS, SOURCE)
TRUTH = np.array([value for group in GROUPS for value in group.values()])
"""All non-linear parameters, in one vector."""
N_VECTORS = 8


def split(vector) -> list[dict]:
    """The vector as keyword arguments of mass, shear, lens light and source light."""
    values = iter([vector[i] for i in range(len(TRUTH))])
    return [{name: next(values) for name in group} for group in GROUPS]


def vectors() -> np.ndarray:
    """Vectors ``[call, parameter]`` near the truth, used in turn: no call repeats the one before."""
    random = np.random.default_rng(1)
    return TRUTH + random.normal(0, 0.01, (N_VECTORS, TRUTH.size))


def psf(side: int) -> np.ndarray:
    """A Moffat kernel ``[21, 21]`` of sum 1 for an image of `side` pixels."""
    offset = (np.arange(PSF_SIDE) - PSF_SIDE // 2) * FIELD / side
    square = offset[:, None] ** 2 + offset**2
    kernel = (1 + square / ((PSF_FWHM / 2) ** 2 / (2 ** (1 / 3) - 1))) ** -3.0
    return kernel / kernel.sum()


def observed(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Noisy data made of a drawn image, and the 1 sigma of its pixels."""
    sigma = float(image.max()) / 100
    return image + np.random.default_rng(2).normal(0, sigma, image.shape), sigma
