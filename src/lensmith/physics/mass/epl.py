"""Elliptical power law (EPL), the workhorse of galaxy-scale lens modelling.

Source: Tessore & Metcalf 2015, A&A 580, A79. In complex notation on the sky, ``w = x + i y`` from the centre,
``e = e1 + i e2``, ``u = w - e conj(w)`` and ``t = gamma - 1``, their eqs. 2, 13 and 23 become

    kappa = (2 - t)/2 s^t,    alpha = u s^t F(z),    s = theta_E sqrt(1 - |e|^2) / |u|,    z = -conj(e) u / conj(u)

with F(z) = 2F1(1, t/2; 2 - t/2; z), |z| = |e| = (1-q)/(1+q). Written so, no position angle, no trigonometric
function and no square root of e1^2 + e2^2 appears, and all is smooth at e = 0.

Their power series of F (eq. 24) is summed as its Pade approximant [m/m], which has the same first 2m + 1 terms: the
error falls as ((1 - sqrt(1-|z|)) / (1 + sqrt(1-|z|)))^2m instead of |z|^2m, 2e-8 in place of 1e-4 for m = 5, q = 0.3.
Real arithmetic throughout: complex dtypes are slow on a CPU.

Parameters are lenstronomy's: `theta_E` [arcsec], `gamma` (2 is isothermal), `e1`, `e2`, `center_x`, `center_y`
[arcsec]. Positions and parameters broadcast. Deflections in arcsec, potentials in arcsec^2. `terms` (2 or more) is how
many terms of the power series are matched, by default 20 in float64 (1e-8 relative from q = 0.1) and 10 in float32
(3e-6 from q = 0.2); 8 are enough for 1e-6 from q = 0.3.
"""

import array_api_compat

from lensmith.physics.arrays import unify
from lensmith.physics.ellipticity import complement, elliptical_coordinates
from lensmith.physics.mass.axisymmetric import SOFTENING
from lensmith.types import Array

ComplexPair = tuple[Array, Array]
"""Real and imaginary part."""


def potential(x, y, theta_E, gamma, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None) -> Array:
    """Lensing potential; psi is homogeneous of degree 3 - gamma, hence Euler's rule (eq. 15)."""
    _, x, y, gamma, center_x, center_y = unify(x, y, gamma, center_x, center_y)
    alpha_x, alpha_y = deflection(x, y, theta_E, gamma, e1, e2, center_x, center_y, terms=terms)
    return ((x - center_x) * alpha_x + (y - center_y) * alpha_y) / (3 - gamma)


def deflection(
    x, y, theta_E, gamma, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None
) -> tuple[Array, Array]:
    """Reduced deflection (alpha_x, alpha_y)."""
    xp, x, y, theta_E, gamma, e1, e2, center_x, center_y = unify(x, y, theta_E, gamma, e1, e2, center_x, center_y)
    u, v = elliptical_coordinates(x - center_x, y - center_y, e1, e2)
    square = u * u + v * v + SOFTENING**2
    cosine, sine = (u * u - v * v) / square, 2 * u * v / square
    z = -e1 * cosine - e2 * sine, e2 * cosine - e1 * sine
    order = (terms or _default_terms(u, xp)) // 2
    series_real, series_imaginary = _angular_series(*z, gamma - 1, order, xp)
    strength = _strength(square, theta_E, gamma, e1, e2, xp)
    return (
        strength * (u * series_real - v * series_imaginary),
        strength * (u * series_imaginary + v * series_real),
    )


def convergence(x, y, theta_E, gamma, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None) -> Array:
    """Convergence kappa (eq. 2); `terms` is accepted and not needed."""
    xp, x, y, theta_E, gamma, e1, e2, center_x, center_y = unify(x, y, theta_E, gamma, e1, e2, center_x, center_y)
    u, v = elliptical_coordinates(x - center_x, y - center_y, e1, e2)
    return (3 - gamma) / 2 * _strength(u * u + v * v + SOFTENING**2, theta_E, gamma, e1, e2, xp)


def hessian(
    x, y, theta_E, gamma, e1, e2, center_x=0.0, center_y=0.0, *, terms: int | None = None
) -> tuple[Array, Array, Array]:
    """Second derivatives (psi_xx, psi_xy, psi_yy); the shear follows from alpha and kappa (eq. 17)."""
    _, x, y, gamma, center_x, center_y = unify(x, y, gamma, center_x, center_y)
    alpha_x, alpha_y = deflection(x, y, theta_E, gamma, e1, e2, center_x, center_y, terms=terms)
    kappa = convergence(x, y, theta_E, gamma, e1, e2, center_x, center_y)
    x, y = x - center_x, y - center_y
    square = x * x + y * y + SOFTENING**2
    real, imaginary = (2 - gamma) * alpha_x - kappa * x, (2 - gamma) * alpha_y - kappa * y
    gamma1, gamma2 = (real * x - imaginary * y) / square, (real * y + imaginary * x) / square
    return kappa + gamma1, gamma2, kappa - gamma1


def _strength(square: Array, theta_E: Array, gamma: Array, e1: Array, e2: Array, xp) -> Array:
    """s^t for ``square`` = |u|^2, by exp and log: half the time of a power; the 1e-30 allows theta_E = 0."""
    return xp.exp((gamma - 1) / 2 * xp.log((theta_E**2 * complement(e1, e2) + 1e-30) / square))


def approximant(t: Array, order: int) -> tuple[list[Array], list[Array]]:
    """Coefficients g_0 ... g_(m-1) and q_0 = 1 ... q_m of ``F(z) = 1 + z g(z) / q(z)``, m = `order`.

    q is the Pade denominator of 2F1(1, b; c; z), 2F1(-m, -b - m; 1 - c - 2m; z) (Baker & Graves-Morris 1996, sect.
    2.1); 1 + z g/q then has the terms ``c_n = c_(n-1) (2n - (2 - t)) / (2n + (2 - t))`` of the series (eq. 24).
    """
    series, q = [t * 0 + 1], [t * 0 + 1]
    for n in range(1, order + 1):
        series.append(series[-1] * ((2 * n - 2 + t) / (2 * n + 2 - t)))
        left = order - n + 1
        q.append(q[-1] * (-left / n * (2 * left + t) / (4 - t + 4 * order - 2 * n)))
    return [sum(q[j] * series[k - j] for j in range(k)) for k in range(1, order + 1)], q


def polynomial(values: list[Array], z: ComplexPair) -> ComplexPair:
    """Real and imaginary part of ``sum values[n] z^n`` for real coefficients.

    Synthetic division by ``z^2 - 2 Re(z) z + |z|^2`` (Knuth, TAOCP 4.6.4): two multiplications a term, where
    Horner's rule on complex numbers takes four.
    """
    real, imaginary = z
    twice, square = 2 * real, real * real + imaginary * imaginary
    last = before_last = real * 0
    for value in reversed(values[1:]):
        last, before_last = value + twice * last - square * before_last, last
    return values[0] + real * last - square * before_last, imaginary * last


def quotient(numerator: ComplexPair, denominator: ComplexPair) -> ComplexPair:
    """Real and imaginary part of the quotient of two complex numbers."""
    (a, b), (c, d) = numerator, denominator
    square = c * c + d * d
    return (a * c + b * d) / square, (b * c - a * d) / square


def _angular_series(real: Array, imaginary: Array, t: Array, order: int, xp) -> ComplexPair:
    """F(z); on JAX with a derivative rule of its own, which halves the cost of a Jacobian."""
    if array_api_compat.is_jax_namespace(xp):
        from lensmith.physics.mass.epl_jax import angular_series

        return angular_series(real, imaginary, t, order)
    g, q = approximant(t, order)
    g_real, g_imaginary = quotient(polynomial(g, (real, imaginary)), polynomial(q, (real, imaginary)))
    return 1 + real * g_real - imaginary * g_imaginary, real * g_imaginary + imaginary * g_real


def _default_terms(x: Array, xp) -> int:
    """Terms that reach the precision of the dtype: more would only add rounding in float32."""
    return 20 if x.dtype == xp.float64 else 10
