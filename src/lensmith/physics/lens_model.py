"""One lens plane: the sum of mass profiles, and what follows from it. Also the sum of light profiles.

A lens is a list of ``(name, parameters)`` with names of the registry `MASS` and lenstronomy's parameter names, for
example ``[("EPL", {"theta_E": 1.2, "gamma": 2.0, "e1": 0.1, "e2": 0.0}), ("SHEAR", {"gamma1": 0.03, "gamma2": 0.0})]``.
Positions are in arcsec and may have any shape.
"""

from collections.abc import Mapping, Sequence

from lensmith.errors import SettingsError
from lensmith.physics.arrays import unify
from lensmith.physics.light import LIGHT
from lensmith.physics.mass import MASS
from lensmith.types import Array
from lensmith.units import ARCSEC_PER_RADIAN, SECONDS_PER_DAY

Profiles = Sequence[tuple[str, Mapping]]

DAYS_PER_MPC = 3.0856775814913673e22 / 299792458.0 / SECONDS_PER_DAY
"""Time that light takes for one megaparsec, days."""


def potential(x: Array, y: Array, lens: Profiles) -> Array:
    """Lensing potential psi [arcsec^2]."""
    return sum(_find(MASS, name).potential(x, y, **parameters) for name, parameters in lens)


def deflection(x: Array, y: Array, lens: Profiles) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec]."""
    return _add(_find(MASS, name).deflection(x, y, **parameters) for name, parameters in lens)


def convergence(x: Array, y: Array, lens: Profiles) -> Array:
    """Convergence kappa."""
    return sum(_find(MASS, name).convergence(x, y, **parameters) for name, parameters in lens)


def hessian(x: Array, y: Array, lens: Profiles) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy) of the potential."""
    return _add(_find(MASS, name).hessian(x, y, **parameters) for name, parameters in lens)


def ray_trace(x: Array, y: Array, lens: Profiles) -> tuple[Array, Array]:
    """Source position (beta_x, beta_y) [arcsec]: beta = theta - alpha(theta)."""
    alpha_x, alpha_y = deflection(x, y, lens)
    _, x, y, alpha_x, alpha_y = unify(x, y, alpha_x, alpha_y)
    return x - alpha_x, y - alpha_y


def jacobian(x: Array, y: Array, lens: Profiles) -> tuple[Array, Array, Array, Array]:
    """Jacobian (A_xx, A_xy, A_yx, A_yy) of theta -> beta (Schneider, Ehlers & Falco 1992, eq. 5.26)."""
    xx, xy, yy = hessian(x, y, lens)
    return 1 - xx, -xy, -xy, 1 - yy


def magnification(x: Array, y: Array, lens: Profiles) -> Array:
    """Signed magnification 1 / det A: negative at saddle points, infinite on critical curves."""
    a, b, c, d = jacobian(x, y, lens)
    return 1 / (a * d - b * c)


def fermat_potential(x: Array, y: Array, beta_x: Array, beta_y: Array, lens: Profiles) -> Array:
    """Fermat potential ``|theta - beta|^2 / 2 - psi(theta)`` [arcsec^2] (Schneider, Ehlers & Falco 1992, eq. 5.11)."""
    psi = potential(x, y, lens)
    _, x, y, beta_x, beta_y, psi = unify(x, y, beta_x, beta_y, psi)
    return ((x - beta_x) ** 2 + (y - beta_y) ** 2) / 2 - psi


def time_delay(fermat: Array, d_dt: Array | float) -> Array:
    """Arrival time [days] of Fermat potential [arcsec^2] and time-delay distance `d_dt` [Mpc]; differences matter."""
    _, fermat, d_dt = unify(fermat, d_dt)
    return DAYS_PER_MPC * d_dt / ARCSEC_PER_RADIAN**2 * fermat


def surface_brightness(x: Array, y: Array, light: Profiles) -> Array:
    """Flux per square arcsec of a list of ``(name, parameters)`` with names of the registry `LIGHT`."""
    return sum(_find(LIGHT, name).surface_brightness(x, y, **parameters) for name, parameters in light)


def _add(parts) -> tuple[Array, ...]:
    """Component by component."""
    return tuple(sum(component) for component in zip(*parts))


def _find(registry: Mapping, name: str):
    if name not in registry:
        raise SettingsError(f"profile {name!r} is unknown; use one of {', '.join(registry)}")
    return registry[name]
