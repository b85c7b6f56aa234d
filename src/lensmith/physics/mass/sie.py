"""Singular isothermal ellipsoid (SIE): the elliptical power law at gamma = 2.

Parameters are lenstronomy's: `theta_E` [arcsec], `e1`, `e2`, `center_x`, `center_y` [arcsec]; the area inside the
tangential critical curve is pi theta_E^2 whatever the ellipticity (Kormann et al. 1994, eq. 35). `terms` as in `epl`.
"""

from lensmith.physics.mass import epl
from lensmith.types import Array


def potential(x, y, theta_E, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None) -> Array:
    """Lensing potential [arcsec^2]."""
    return epl.potential(x, y, theta_E, 2.0, e1, e2, center_x, center_y, terms=terms)


def deflection(x, y, theta_E, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec]."""
    return epl.deflection(x, y, theta_E, 2.0, e1, e2, center_x, center_y, terms=terms)


def convergence(x, y, theta_E, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None) -> Array:
    """Convergence kappa; `terms` is accepted and not needed."""
    return epl.convergence(x, y, theta_E, 2.0, e1, e2, center_x, center_y, terms=terms)


def hessian(
    x, y, theta_E, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None
) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy)."""
    return epl.hessian(x, y, theta_E, 2.0, e1, e2, center_x, center_y, terms=terms)
