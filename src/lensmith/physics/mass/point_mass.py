"""Point mass (Schneider, Ehlers & Falco 1992, sect. 2.1).

Parameters are lenstronomy's: `theta_E`, `center_x`, `center_y` [arcsec].
"""

from lensmith.physics.mass.axisymmetric import offset, second_derivatives
from lensmith.types import Array


def potential(x, y, theta_E, center_x=0.0, center_y=0.0) -> Array:
    """Lensing potential theta_E^2 ln(r / arcsec) [arcsec^2]."""
    xp, _, _, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    return theta_E**2 / 2 * xp.log(square)


def deflection(x, y, theta_E, center_x=0.0, center_y=0.0) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec]."""
    _, x, y, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    mean = theta_E**2 / square
    return mean * x, mean * y


def convergence(x, y, theta_E, center_x=0.0, center_y=0.0) -> Array:
    """Convergence: none outside the point itself."""
    _, _, _, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    return 0 * theta_E * square


def hessian(x, y, theta_E, center_x=0.0, center_y=0.0) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy)."""
    _, x, y, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    mean = theta_E**2 / square
    return second_derivatives(x, y, square, mean, 0 * mean)
