"""Singular isothermal sphere (SIS): kappa = theta_E / (2 r) (Schneider, Ehlers & Falco 1992, sect. 8.1.4).

Parameters are lenstronomy's: `theta_E`, `center_x`, `center_y` [arcsec].
"""

from lensmith.physics.mass.axisymmetric import offset, second_derivatives
from lensmith.types import Array


def potential(x, y, theta_E, center_x=0.0, center_y=0.0) -> Array:
    """Lensing potential theta_E r [arcsec^2]."""
    xp, _, _, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    return theta_E * xp.sqrt(square)


def deflection(x, y, theta_E, center_x=0.0, center_y=0.0) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec], of length theta_E everywhere."""
    xp, x, y, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    mean = theta_E / xp.sqrt(square)
    return mean * x, mean * y


def convergence(x, y, theta_E, center_x=0.0, center_y=0.0) -> Array:
    """Convergence kappa."""
    xp, _, _, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    return theta_E / (2 * xp.sqrt(square))


def hessian(x, y, theta_E, center_x=0.0, center_y=0.0) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy)."""
    xp, x, y, square, theta_E = offset(x, y, center_x, center_y, theta_E)
    mean = theta_E / xp.sqrt(square)
    return second_derivatives(x, y, square, mean, mean / 2)
