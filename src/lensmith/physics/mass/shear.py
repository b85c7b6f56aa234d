"""External shear: the tide of what lies around the lens or along the line of sight.

Parameters are lenstronomy's: `gamma1`, `gamma2`, and the point `ra_0`, `dec_0` [arcsec] of no deflection.
"""

from lensmith.physics.arrays import unify
from lensmith.types import Array


def potential(x, y, gamma1, gamma2, ra_0=0.0, dec_0=0.0) -> Array:
    """Lensing potential ``gamma1 (x^2 - y^2) / 2 + gamma2 x y`` [arcsec^2]."""
    _, x, y, gamma1, gamma2, ra_0, dec_0 = unify(x, y, gamma1, gamma2, ra_0, dec_0)
    x, y = x - ra_0, y - dec_0
    return gamma1 / 2 * (x * x - y * y) + gamma2 * x * y


def deflection(x, y, gamma1, gamma2, ra_0=0.0, dec_0=0.0) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec]."""
    _, x, y, gamma1, gamma2, ra_0, dec_0 = unify(x, y, gamma1, gamma2, ra_0, dec_0)
    x, y = x - ra_0, y - dec_0
    return gamma1 * x + gamma2 * y, gamma2 * x - gamma1 * y


def convergence(x, y, gamma1, gamma2, ra_0=0.0, dec_0=0.0) -> Array:
    """Convergence: none."""
    _, x, y, gamma1, gamma2, ra_0, dec_0 = unify(x, y, gamma1, gamma2, ra_0, dec_0)
    return 0 * (x - ra_0 + y - dec_0 + gamma1 + gamma2)


def hessian(x, y, gamma1, gamma2, ra_0=0.0, dec_0=0.0) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy)."""
    _, x, y, gamma1, gamma2, ra_0, dec_0 = unify(x, y, gamma1, gamma2, ra_0, dec_0)
    zero = 0 * (x - ra_0 + y - dec_0)
    return zero + gamma1, zero + gamma2, zero - gamma1
