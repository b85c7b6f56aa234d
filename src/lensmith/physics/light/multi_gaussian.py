"""Sum of Gaussians that share a centre and a shape (multi-Gaussian expansion, Cappellari 2002, MNRAS 333, 400).

Parameters are lenstronomy's (MULTI_GAUSSIAN, MULTI_GAUSSIAN_ELLIPSE): `amp` and `sigma` are 1-D ``[component]``, total
fluxes and widths [arcsec]; `e1`, `e2`, `center_x`, `center_y` are shared.
"""

import math

from lensmith.physics.arrays import unify
from lensmith.physics.ellipticity import radius_squared
from lensmith.types import Array


def surface_brightness(x, y, amp, sigma, e1=0.0, e2=0.0, center_x=0.0, center_y=0.0) -> Array:
    """Flux per square arcsec."""
    xp, x, y, amp, sigma, e1, e2, center_x, center_y = unify(x, y, amp, sigma, e1, e2, center_x, center_y)
    square = radius_squared(x - center_x, y - center_y, e1, e2)[..., None]
    return xp.sum(amp / (2 * math.pi * sigma**2) * xp.exp(-square / (2 * sigma**2)), axis=-1)


def total_flux(amp, sigma, e1=0.0, e2=0.0, center_x=0.0, center_y=0.0) -> Array:
    """Flux of the whole plane."""
    xp, amp = unify(amp)
    return xp.sum(amp)
