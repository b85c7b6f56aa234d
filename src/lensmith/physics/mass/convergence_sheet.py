"""Sheet of constant convergence: mass along the line of sight; `kappa` cannot be told from the image positions.

Parameters are lenstronomy's: `kappa`, and the point `ra_0`, `dec_0` [arcsec] of no deflection.
"""

from lensmith.physics.arrays import unify
from lensmith.types import Array


def potential(x, y, kappa, ra_0=0.0, dec_0=0.0) -> Array:
    """Lensing potential kappa r^2 / 2 [arcsec^2]."""
    _, x, y, kappa, ra_0, dec_0 = unify(x, y, kappa, ra_0, dec_0)
    return kappa / 2 * ((x - ra_0) ** 2 + (y - dec_0) ** 2)


def deflection(x, y, kappa, ra_0=0.0, dec_0=0.0) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec]."""
    _, x, y, kappa, ra_0, dec_0 = unify(x, y, kappa, ra_0, dec_0)
    return kappa * (x - ra_0) + 0 * y, kappa * (y - dec_0) + 0 * x


def convergence(x, y, kappa, ra_0=0.0, dec_0=0.0) -> Array:
    """Convergence: `kappa` everywhere."""
    _, x, y, kappa, ra_0, dec_0 = unify(x, y, kappa, ra_0, dec_0)
    return kappa + 0 * (x - ra_0 + y - dec_0)


def hessian(x, y, kappa, ra_0=0.0, dec_0=0.0) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy)."""
    sheet = convergence(x, y, kappa, ra_0, dec_0)
    return sheet, 0 * sheet, sheet
