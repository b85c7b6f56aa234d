"""Elliptical Gaussian light.

Parameters are lenstronomy's (GAUSSIAN, GAUSSIAN_ELLIPSE): `amp` is the total flux, `sigma` [arcsec] the width of the
circle with the area of the ellipse, `e1`, `e2`, `center_x`, `center_y` [arcsec].
"""

import math

from lensmith.physics.arrays import unify
from lensmith.physics.ellipticity import radius_squared
from lensmith.types import Array


def surface_brightness(x, y, amp, sigma, e1=0.0, e2=0.0, center_x=0.0, center_y=0.0) -> Array:
    """Flux per square arcsec."""
    xp, x, y, amp, sigma, e1, e2, center_x, center_y = unify(x, y, amp, sigma, e1, e2, center_x, center_y)
    square = radius_squared(x - center_x, y - center_y, e1, e2) / sigma**2
    return amp / (2 * math.pi * sigma**2) * xp.exp(-square / 2)


def total_flux(amp, sigma, e1=0.0, e2=0.0, center_x=0.0, center_y=0.0) -> Array:
    """Flux of the whole plane."""
    return unify(amp)[1]
