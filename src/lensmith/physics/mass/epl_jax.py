"""The derivative rule for the angular function of the EPL under JAX; imported only when JAX arrays come in.

F(z) = 2F1(1, t/2; 2 - t/2; z) = 1 + z G(z) obeys ``(1 - z) dF/dz = t/2 F - (1 - t/2) G`` (from the recurrence of its
coefficients), so the derivative by z costs one division however many parameters move z.
"""

from functools import partial

import jax
import jax.numpy as jnp

from lensmith.physics.mass.epl import ComplexPair, approximant, polynomial, quotient
from lensmith.types import Array


@partial(jax.custom_jvp, nondiff_argnums=(3,))
def angular_series(real: Array, imaginary: Array, t: Array, order: int) -> ComplexPair:
    """Real and imaginary part of F(z) by its Pade approximant of the given order."""
    g, q = approximant(t, order)
    z = real, imaginary
    return _one_plus(_times(z, quotient(polynomial(g, z), polynomial(q, z))))


@angular_series.defjvp
def _angular_series_jvp(order, primals, tangents):
    real, imaginary, t = primals
    d_real, d_imaginary, d_t = tangents
    (g, q), (g_by_t, q_by_t) = jax.jvp(lambda slope: approximant(slope, order), (t,), (jnp.ones_like(t),))
    z = real, imaginary
    below = polynomial(q, z)
    ratio = quotient(polynomial(g, z), below)
    series = _one_plus(_times(z, ratio))
    by_z = quotient(
        (t / 2 * series[0] - (1 - t / 2) * ratio[0], t / 2 * series[1] - (1 - t / 2) * ratio[1]), (1 - real, -imaginary)
    )
    carried = _times(ratio, polynomial(q_by_t, z))
    moved = polynomial(g_by_t, z)
    by_t = quotient(_times(z, (moved[0] - carried[0], moved[1] - carried[1])), below)
    return series, (
        by_z[0] * d_real - by_z[1] * d_imaginary + by_t[0] * d_t,
        by_z[0] * d_imaginary + by_z[1] * d_real + by_t[1] * d_t,
    )


def _times(left: ComplexPair, right: ComplexPair) -> ComplexPair:
    return left[0] * right[0] - left[1] * right[1], left[0] * right[1] + left[1] * right[0]


def _one_plus(value: ComplexPair) -> ComplexPair:
    return 1 + value[0], value[1]
