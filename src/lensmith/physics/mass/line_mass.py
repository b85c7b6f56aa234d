"""Mass spread evenly along a straight line, such as a vortex of an axion condensate seen from the side.

Alexander et al. 2020, ApJ 893, 15, sect. 2, put point masses along the line; this is their limit: the integral of the
point mass's deflection (Schneider, Ehlers & Falco 1992, eq. 8.3) along it.
"""

from lensmith.physics.arrays import unify
from lensmith.types import Array

_SOFTENING = 1e-8
"""arcsec^2, added to squared distances from the ends, where the deflection is infinite."""


def deflection(x, y, theta_E, half_length, angle, center_x=0.0, center_y=0.0) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec].

    `theta_E` [arcsec] is the Einstein radius of the whole mass if it were a point, `half_length` [arcsec] half the
    line's length, `angle` [rad] its direction from +x.
    """
    xp, x, y, theta_E, half_length, angle, center_x, center_y = unify(
        x, y, theta_E, half_length, angle, center_x, center_y
    )
    cos, sin = xp.cos(angle), xp.sin(angle)
    x, y = x - center_x, y - center_y
    along, across = cos * x + sin * y, cos * y - sin * x
    square = across**2 + _SOFTENING
    ratio = ((along + half_length) ** 2 + square) / ((along - half_length) ** 2 + square)
    seen_under = xp.atan2(2 * half_length * across, along**2 + across**2 - half_length**2)
    strength = theta_E**2 / (2 * half_length)
    pull_along, pull_across = strength * xp.log(ratio) / 2, strength * seen_under
    return cos * pull_along - sin * pull_across, sin * pull_along + cos * pull_across
