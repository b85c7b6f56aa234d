"""Spherical Navarro-Frenk-White halo.

Source: Wright & Brainerd 2000, ApJ 534, 34 (deflection, convergence); Meneghetti, Bartelmann & Moscardini 2003,
MNRAS 340, 105, eq. 4 (potential). With X = r / Rs, ``w = 1 - X^2`` and h(w) = artanh(sqrt w) / sqrt w, continued
through w = 0 by its power series and below by arctan,

    psi ~ ln^2(X/2) - w h^2,    alpha/X ~ (ln(X/2) + h) / X^2,    kappa ~ (h - 1) / w

Parameters are lenstronomy's: `Rs` [arcsec] and `alpha_Rs`, the deflection at Rs [arcsec]; `center_x`, `center_y`.
"""

import math

from lensmith.physics.mass.axisymmetric import offset, second_derivatives
from lensmith.types import Array

_NEAR = 0.05
"""Where |w| is smaller, the power series is used: 10 terms give 1e-13."""


def potential(x, y, Rs, alpha_Rs, center_x=0.0, center_y=0.0) -> Array:
    """Lensing potential [arcsec^2], 0 at the centre."""
    xp, _, _, square, Rs, alpha_Rs = offset(x, y, center_x, center_y, Rs, alpha_Rs)
    return 2 * _strength(Rs, alpha_Rs) * Rs**2 * _shapes(square / Rs**2, xp)[0]


def deflection(x, y, Rs, alpha_Rs, center_x=0.0, center_y=0.0) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y) [arcsec]."""
    xp, x, y, square, Rs, alpha_Rs = offset(x, y, center_x, center_y, Rs, alpha_Rs)
    mean = 4 * _strength(Rs, alpha_Rs) * _shapes(square / Rs**2, xp)[1]
    return mean * x, mean * y


def convergence(x, y, Rs, alpha_Rs, center_x=0.0, center_y=0.0) -> Array:
    """Convergence kappa."""
    xp, _, _, square, Rs, alpha_Rs = offset(x, y, center_x, center_y, Rs, alpha_Rs)
    return 2 * _strength(Rs, alpha_Rs) * _shapes(square / Rs**2, xp)[2]


def hessian(x, y, Rs, alpha_Rs, center_x=0.0, center_y=0.0) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy)."""
    xp, x, y, square, Rs, alpha_Rs = offset(x, y, center_x, center_y, Rs, alpha_Rs)
    _, mean, kappa = _shapes(square / Rs**2, xp)
    strength = 2 * _strength(Rs, alpha_Rs)
    return second_derivatives(x, y, square, 2 * strength * mean, strength * kappa)


def _strength(Rs: Array, alpha_Rs: Array) -> Array:
    """rho_s Rs / Sigma_crit, so that the deflection at Rs is `alpha_Rs`: there ln(1/2) + h = 1 - ln 2."""
    return alpha_Rs / (4 * Rs * (1 - math.log(2.0)))


def _shapes(square: Array, xp) -> tuple[Array, Array, Array]:
    """The three expressions of the module's head at ``square`` = X^2.

    Each branch gets arguments from its own side only, so that no derivative of an unused branch is NaN.
    """
    w = 1 - square
    inside, outside = w > _NEAR, w < -_NEAR
    half = xp.full_like(w, 0.5)
    parts = (
        _inside(xp.where(inside, square, half), xp),
        _outside(xp.where(outside, square, 4 * half), xp),
        _near(xp.where(inside | outside, 0 * half, w), xp),
    )
    return tuple(xp.where(inside, a, xp.where(outside, b, c)) for a, b, c in zip(*parts))


def _inside(square: Array, xp) -> tuple[Array, Array, Array]:
    """X < 1, arranged to lose no digits as X goes to 0: d = 1 - sqrt w, artanh(sqrt w) = ln((1 + sqrt w) / X)."""
    root = xp.sqrt(1 - square)
    artanh = xp.log(1 + root) - xp.log(square) / 2
    d = square / (1 + root)
    sum_of_logs = xp.log1p(-d / 2)
    psi = sum_of_logs * (sum_of_logs - 2 * artanh)
    return psi, (sum_of_logs / d + artanh / root) / (1 + root), (artanh / root - 1) / (1 - square)


def _outside(square: Array, xp) -> tuple[Array, Array, Array]:
    """X > 1."""
    root = xp.sqrt(square - 1)
    arctan = xp.atan(root)
    log = xp.log(square / 4) / 2
    return log**2 + arctan**2, (log + arctan / root) / square, (1 - arctan / root) / (square - 1)


def _near(w: Array, xp) -> tuple[Array, Array, Array]:
    """X near 1: (h - 1) / w = sum of w^k / (2k + 3)."""
    kappa = xp.full_like(w, 1 / 23)
    for k in range(9, -1, -1):
        kappa = 1 / (2 * k + 3) + w * kappa
    h = 1 + w * kappa
    log = xp.log((1 - w) / 4) / 2
    return log**2 - w * h**2, (log + h) / (1 - w), kappa
