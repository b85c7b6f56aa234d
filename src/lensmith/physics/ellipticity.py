"""Ellipticity: the components (e1, e2), the axis ratio and position angle (q, phi), and elliptical coordinates.

Everything here but `axis_ratio_and_angle` is a smooth function of (e1, e2), so gradients are right for a round
profile, too.
"""

from lensmith.physics.arrays import unify
from lensmith.types import Array

_SMALLEST_SQUARE = 1e-30
"""Keeps sqrt away from 0, where its derivative is infinite; small enough for float32, too."""

_SMALLEST_COMPLEMENT = 2e-4
"""Lower bound of 1 - e1^2 - e2^2 (q = 5e-5), so that an optimiser that steps outside the unit disc gets numbers."""


def axis_ratio_and_angle(e1: Array | float, e2: Array | float) -> tuple[Array, Array]:
    """Axis ratio q (minor over major, 0 to 1) and position angle phi [rad, counter-clockwise from +x].

    ``e1 = (1-q)/(1+q) cos 2 phi``, ``e2 = (1-q)/(1+q) sin 2 phi`` (the convention of lenstronomy). A round profile
    has phi = 0.
    """
    xp, e1, e2 = unify(e1, e2)
    square = e1**2 + e2**2
    modulus = xp.sqrt(square + _SMALLEST_SQUARE)
    cosine = xp.where(square > _SMALLEST_SQUARE, e1, xp.ones_like(e1))
    return (1 - modulus) / (1 + modulus), xp.atan2(e2, cosine) / 2


def components(q: Array | float, phi: Array | float) -> tuple[Array, Array]:
    """Components (e1, e2) of an ellipse of axis ratio q (minor over major) at position angle phi [rad]."""
    xp, q, phi = unify(q, phi)
    modulus = (1 - q) / (1 + q)
    return modulus * xp.cos(2 * phi), modulus * xp.sin(2 * phi)


def elliptical_coordinates(x: Array, y: Array, e1: Array | float, e2: Array | float) -> tuple[Array, Array]:
    """Coordinates ``u = w - e conj(w)`` with ``w = x + i y``, ``e = e1 + i e2``: ellipses become circles.

    With the axes along the ellipse's, ``u = 2 (q x + i y) / (1 + q)``: the elliptical angle of Tessore & Metcalf
    (2015, eq. 5), turned by the position angle, without a trigonometric function or a position angle.
    """
    _, x, y, e1, e2 = unify(x, y, e1, e2)
    return x - e1 * x - e2 * y, y - e2 * x + e1 * y


def radius_squared(x: Array, y: Array, e1: Array | float, e2: Array | float) -> Array:
    """Square of the elliptical radius, ``q x^2 + y^2 / q`` along the ellipse's axes: area pi R^2 whatever q."""
    u, v = elliptical_coordinates(x, y, e1, e2)
    return (u**2 + v**2) / complement(e1, e2)


def complement(e1: Array | float, e2: Array | float) -> Array:
    """``1 - e1^2 - e2^2 = 4 q / (1 + q)^2``, kept positive outside the unit disc."""
    xp, e1, e2 = unify(e1, e2)
    inside = 1 - e1**2 - e2**2
    return xp.where(inside > _SMALLEST_COMPLEMENT, inside, xp.full_like(inside, _SMALLEST_COMPLEMENT))
