"""Weak lensing by axisymmetric haloes: shear laws of the radius, reduced shear, and what it does to galaxy shapes.

Every law is a pair (kappa, gamma) for unit amplitude as a function of x = r / scale; a halo of amplitude a has
``kappa = a kappa_hat(r / scale)`` and tangential shear ``gamma = a gamma_hat(r / scale)``:

====== ================================== =============================================================
law    kappa_hat, gamma_hat               amplitude, scale
====== ================================== =============================================================
nfw    Wright & Brainerd 2000, eqs 11-16  kappa_s = rho_s r_s / Sigma_cr, scale radius r_s
sis    1/(2x), 1/(2x)                     theta_E / scale: any scale gives the same halo
core   0, 1/max(x, 1)                     tangential ellipticity inside the core, core radius
====== ================================== =============================================================

``core`` is the empirical law of the Observing Dark Worlds challenge: a 1/r ellipticity, constant inside a core, with
no convergence of its own. Ellipticities are ``(1-q)/(1+q) exp(2 i phi)``, and tangential means
``e_t = -(e1 cos 2phi + e2 sin 2phi)`` with phi the direction from the halo to the galaxy.
"""

import math
from collections.abc import Callable

from lensmith.physics.arrays import unify
from lensmith.physics.mass import nfw
from lensmith.types import Array

_UNIT_NFW = 4 * (1 - math.log(2))
"""Deflection at the scale radius of an NFW halo with kappa_s = 1, in scale radii (Wright & Brainerd 2000)."""


def nfw_law(x: Array) -> tuple[Array, Array]:
    """Convergence and tangential shear of an NFW halo with kappa_s = 1 at `x` = r / r_s > 0."""
    xp, x = unify(x)
    zero = xp.zeros_like(x)
    kappa = nfw.convergence(x, zero, 1.0, _UNIT_NFW)
    return kappa, nfw.deflection(x, zero, 1.0, _UNIT_NFW)[0] / x - kappa


def sis_law(x: Array) -> tuple[Array, Array]:
    """Convergence and tangential shear of a singular isothermal sphere with theta_E = 1 at radius `x` > 0."""
    return 0.5 / x, 0.5 / x


def core_law(x: Array) -> tuple[Array, Array]:
    """No convergence, and a tangential ellipticity 1/max(x, 1)."""
    xp, x = unify(x)
    return xp.zeros_like(x), 1 / xp.where(x > 1, x, xp.ones_like(x))


SHEAR_LAWS: dict[str, Callable[[Array], tuple[Array, Array]]] = {"nfw": nfw_law, "sis": sis_law, "core": core_law}
"""Every law by name: x = r / scale in, (kappa, gamma) for unit amplitude out."""


def reduced_shear(kappa: Array, gamma: Array) -> Array:
    """The ellipticity that a round source gets: gamma / (1 - kappa), and its inverse inside the critical curve.

    Source: Seitz & Schneider 1997, A&A 318, 687, eqs 2.1, 2.6. Infinite shear (kappa = 1) gives 0.
    """
    xp, kappa, gamma = unify(kappa, gamma)
    inner = 1 - kappa
    flipped = xp.abs(gamma) > xp.abs(inner)
    return xp.where(flipped, inner, gamma) / xp.where(flipped, gamma, inner)


def tangential_to_components(g: Array, dx: Array, dy: Array) -> tuple[Array, Array]:
    """(e1, e2) of a tangential ellipticity `g` at the offset (`dx`, `dy`) from the halo, not (0, 0)."""
    square = dx * dx + dy * dy
    return -g * (dx * dx - dy * dy) / square, -2 * g * dx * dy / square


def halo_ellipticity(law: str, x: Array, y: Array, halo_x, halo_y, amplitude, scale) -> tuple[Array, Array]:
    """(e1, e2) that one halo gives a round galaxy at (`x`, `y`); lengths share one unit.

    The galaxy at the very centre gets (0, 0).
    """
    xp, x, y, halo_x, halo_y, amplitude, scale = unify(x, y, halo_x, halo_y, amplitude, scale)
    dx, dy = x - halo_x, y - halo_y
    centre = dx * dx + dy * dy == 0
    dx = xp.where(centre, xp.ones_like(dx), dx)
    kappa, gamma = SHEAR_LAWS[law](xp.sqrt(dx * dx + dy * dy) / scale)
    g = reduced_shear(amplitude * kappa, amplitude * gamma)
    return tangential_to_components(xp.where(centre, xp.zeros_like(g), g), dx, dy)


def shear_galaxies(e1: Array, e2: Array, g1: Array, g2: Array) -> tuple[Array, Array]:
    """Observed ellipticity of galaxies of intrinsic (`e1`, `e2`) under the reduced shear (`g1`, `g2`), |g| <= 1.

    Source: Seitz & Schneider 1997, eq. 3.2, for |g| <= 1: (e + g) / (1 + conj(g) e).
    """
    _, e1, e2, g1, g2 = unify(e1, e2, g1, g2)
    real, imaginary = 1 + g1 * e1 + g2 * e2, g1 * e2 - g2 * e1
    square = real * real + imaginary * imaginary
    top1, top2 = e1 + g1, e2 + g2
    return (top1 * real + top2 * imaginary) / square, (top2 * real - top1 * imaginary) / square
