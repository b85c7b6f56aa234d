"""A sky as a picture: elliptical Gaussian galaxies of random colours on a noisy background, 8 bits a colour."""

import numpy as np

from lensmith.simulate.randomness import rng
from lensmith.simulate.sky.settings import SkySettings

_REACH = 4.0
"""Galaxies are painted out to this many sigma of their longer axis."""


def paint_sky(seed: int, index: int, catalogue: np.ndarray, settings: SkySettings) -> np.ndarray:
    """uint8 ``[row, column, colour]`` of `catalogue` ``[galaxy, 4]``; row 0 is y = 0, column 0 is x = 0."""
    paint, stream = settings.picture, rng(seed, index, "picture")
    count = len(catalogue)
    radius, peak = paint.radius.draw_many(stream, count), paint.peak.draw_many(stream, count)
    tint = np.exp(paint.colour_scatter * stream.standard_normal((count, 3)))
    scale = paint.side / settings.side
    image = np.zeros((paint.side, paint.side, 3))
    for (x, y, e1, e2), r, light in zip(catalogue, radius, peak[:, None] * tint):
        _add_galaxy(image, x * scale - 0.5, y * scale - 0.5, covariance(e1, e2, r, paint.psf), light)
    image += paint.background + paint.noise * stream.standard_normal(image.shape)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def covariance(e1: float, e2: float, radius: float, psf: float) -> np.ndarray:
    """Second moments ``[2, 2]`` of a Gaussian of ellipticity (1-q)/(1+q) and scale sqrt(a b) = `radius`, plus the PSF.

    With e = (1-q)/(1+q), a^2 and b^2 = radius^2 (1 +- |e|)^2 / (1 - |e|^2).
    """
    square = e1 * e1 + e2 * e2
    shape = np.array([[1 + square + 2 * e1, 2 * e2], [2 * e2, 1 + square - 2 * e1]]) / (1 - square)
    return radius**2 * shape + psf**2 * np.eye(2)


def _add_galaxy(image: np.ndarray, x: float, y: float, moments: np.ndarray, light: np.ndarray) -> None:
    reach = _REACH * np.sqrt(np.linalg.eigvalsh(moments)[1])
    left, right = max(int(x - reach), 0), min(int(x + reach) + 2, image.shape[1])
    bottom, top = max(int(y - reach), 0), min(int(y + reach) + 2, image.shape[0])
    if left >= right or bottom >= top:
        return
    dx, dy = np.arange(left, right) - x, np.arange(bottom, top) - y
    inverse = np.linalg.inv(moments)
    exponent = inverse[0, 0] * dx**2 + inverse[1, 1] * dy[:, None] ** 2 + 2 * inverse[0, 1] * dy[:, None] * dx
    image[bottom:top, left:right] += np.exp(-0.5 * exponent)[..., None] * light
