"""What every axisymmetric profile shares: its derivatives follow from the convergence and its mean inside a radius."""

from lensmith.physics.arrays import unify
from lensmith.types import Array

SOFTENING = 1e-8
"""Radius [arcsec] inside which a singular profile is flattened: derivatives at the very centre stay finite."""


def offset(x, y, center_x, center_y, *parameters) -> tuple:
    """``(xp, x - center_x, y - center_y, r^2 + SOFTENING^2, *parameters)`` in one array library."""
    xp, x, y, center_x, center_y, *parameters = unify(x, y, center_x, center_y, *parameters)
    x, y = x - center_x, y - center_y
    return xp, x, y, x * x + y * y + SOFTENING**2, *parameters


def second_derivatives(x: Array, y: Array, square: Array, mean: Array, kappa: Array) -> tuple[Array, Array, Array]:
    """(psi_xx, psi_xy, psi_yy) at (x, y) from the centre, `square` = r^2, of convergence `kappa`, `mean` inside r.

    From alpha = mean(r) (x, y) and r d(mean)/dr = 2 (kappa - mean) (Schneider, Ehlers & Falco 1992, sect. 8.1).
    """
    slope = 2 * (kappa - mean) / square
    return mean + slope * x * x, slope * x * y, mean + slope * y * y
