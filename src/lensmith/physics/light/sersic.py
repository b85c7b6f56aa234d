"""Elliptical Sersic light.

Source: Sersic 1963; Graham & Driver 2005, PASA 22, 118, eqs. 1 to 4; the half-light constant is lenstronomy's linear
one (Capaccioli 1989), so that `amp` and `R_sersic` mean the same in both codes.

Parameters are lenstronomy's (SERSIC, SERSIC_ELLIPSE): `amp` is the flux per square arcsec at `R_sersic`, the half-light
radius [arcsec] of the circle with the ellipse's area, `n_sersic`, `e1`, `e2`, `center_x`, `center_y` [arcsec].
"""

import math

from lensmith.physics.arrays import unify
from lensmith.physics.ellipticity import radius_squared
from lensmith.types import Array

CORE = 1e-4
"""Radius [arcsec] inside which the profile is flat, as in lenstronomy: its slope at the centre may be infinite."""


def surface_brightness(x, y, amp, R_sersic, n_sersic, e1=0.0, e2=0.0, center_x=0.0, center_y=0.0) -> Array:
    """Flux per square arcsec."""
    xp, x, y, amp, R_sersic, n_sersic, e1, e2, center_x, center_y = unify(
        x, y, amp, R_sersic, n_sersic, e1, e2, center_x, center_y
    )
    square = radius_squared(x - center_x, y - center_y, e1, e2)
    square = xp.where(square > CORE**2, square, xp.full_like(square, CORE**2))
    ratio = xp.exp(xp.log(square / R_sersic**2) / (2 * n_sersic))
    return amp * xp.exp(-half_light_constant(n_sersic) * (ratio - 1))


def half_light_constant(n_sersic: Array | float) -> Array:
    """b_n, with which half of the light is inside `R_sersic` (to 1 % of the flux for n = 0.6 to 8)."""
    xp, n_sersic = unify(n_sersic)
    linear = 1.9992 * n_sersic - 0.3271
    return xp.where(linear > 1e-5, linear, xp.full_like(linear, 1e-5))


def total_flux(amp, R_sersic, n_sersic, e1=0.0, e2=0.0, center_x=0.0, center_y=0.0) -> Array:
    """Flux of the whole plane (Graham & Driver 2005, eq. 4)."""
    xp, amp, R_sersic, n_sersic = unify(amp, R_sersic, n_sersic)
    b = half_light_constant(n_sersic)
    log = b - 2 * n_sersic * xp.log(b) + _log_gamma(2 * n_sersic, xp)
    return 2 * math.pi * amp * R_sersic**2 * n_sersic * xp.exp(log)


def _log_gamma(x: Array, xp) -> Array:
    """ln Gamma(x) for x > 0, shifted by 8 into the range of Stirling's series: 1e-13; not in the array standard."""
    shift = 0 * x
    for k in range(8):
        shift = shift + xp.log(x + k)
    x = x + 8
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / x**2) / x**2) / x**2) / x
    return (x - 0.5) * xp.log(x) - x + 0.5 * math.log(2 * math.pi) + series - shift
