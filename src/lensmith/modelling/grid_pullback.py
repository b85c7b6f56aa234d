"""The gradient of images of the source's grid, gone through backwards: PSF, nodes, ray tracing.

What takes time are the Fourier transforms of as many images as there are modes. Nodes and rays are gone through at the
points that the grid lights up only, a small part of a stamp. Their number, and that of the modes, changes from call to
call without another compilation: both are gone through in blocks.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.modelling.lensed_source import GRID_OVERLAP, GRID_SIDE, before_psf, grid_slopes
from lensmith.modelling.ray_blocks import core_gradient, offsets_at

MODE_BLOCK = 24
"""Modes a compiled call."""
_POINT_BLOCK = 512
"""Points a pass: what is worked on stays in the processor's cache."""
_REACH = 5.0
"""Widths of a node beyond which it is not seen: its slope is 2e-5 of the largest one there."""
_SINGULAR = 0.005
"""Points closer than this to the lens centre [arcsec] are left out: the deflection jumps there, and its derivative
stands for no pixel's mean."""


def _lit_points(theta, spacing: float, x, y):
    """Flat indices of the points that the grid lights up, and the offsets ``[2, point]`` of all points."""
    dx, dy, _ = offsets_at(theta, x, y)
    reach = ((GRID_SIDE - 1) / 2 + _REACH * GRID_OVERLAP) * spacing
    lit = (np.maximum(np.abs(dx), np.abs(dy)) < reach) & (np.hypot(x - theta[4], y - theta[5]) > _SINGULAR)
    return np.flatnonzero(lit), np.stack([dx, dy]).reshape(2, -1)


def _block(values, start):
    return jax.lax.dynamic_slice_in_dim(values, start, _POINT_BLOCK, -1)


@partial(jax.jit, static_argnames=("fft_side", "supersampling"))
def _offset_gradients(before, lit, vectors, cotangent, spacing, kernel_fft, fft_side, supersampling):
    """`before` ``[2, point]`` and what a block of modes adds to the derivatives in the offsets of the lit points."""
    side, (places, number, offsets) = round(cotangent.shape[-1] ** 0.5), lit
    unlensed = before_psf(cotangent.reshape(-1, side, side), kernel_fft, fft_side).reshape(len(cotangent), -1)
    row, column = jnp.divmod(places, side * supersampling)
    pixels = row // supersampling * side + column // supersampling

    # By hand: XLA for CPUs (JAX 0.10.2) gives a wrong derivative along y where it differentiates the product itself.
    def add(start, total):
        at = _block(pixels, start)
        (along_x, slope_x), (along_y, slope_y) = (grid_slopes(d, spacing) for d in _block(offsets, start))
        weight = (vectors @ unlensed[:, at]).reshape(GRID_SIDE, GRID_SIDE, -1) / supersampling**2

        def add_row(found, row):  # a row of nodes at a time: five times as fast as all at once
            weight, own, slope = row
            return (
                found[0] + slope * jnp.sum(weight * along_y, 0),
                found[1] + own * jnp.sum(weight * slope_y, 0),
            ), None

        (in_x, in_y), _ = jax.lax.scan(add_row, tuple(_block(total, start)), (weight, along_x, slope_x))
        found = jnp.stack([in_x, in_y])
        return jax.lax.dynamic_update_slice_in_dim(total, found, start, -1)

    return jax.lax.fori_loop(0, -(-number // _POINT_BLOCK), lambda k, total: add(k * _POINT_BLOCK, total), before)


def grid_pullback(theta, vectors, cotangent, spacing, x, y, kernel_fft, fft_side: int, supersampling: int):
    """Gradient ``[parameter]`` of the sum of the nodes' observed images, combined by vectors, times a cotangent.

    Parameters
    ----------
    theta : float64 ``[parameter]``, a `CORE` vector.
    vectors : ``[node, mode]``.
    cotangent : ``[mode, y * x]`` at the pixels of the window.
    spacing : of the nodes [arcsec].
    x, y : NumPy ``[fine y, fine x]`` [arcsec] of the window.
    kernel_fft, fft_side, supersampling : as for `observe`.
    """
    places, offsets = _lit_points(theta, spacing, x, y)
    room = (0, -(-x.size // _POINT_BLOCK) * _POINT_BLOCK - len(places))  # one shape, whatever is lit
    lit = jnp.asarray(np.pad(places, room)), len(places), jnp.asarray(np.pad(offsets[:, places], ((0, 0), room)))
    total, single = jnp.zeros_like(lit[2]), x.dtype.type(spacing)
    for start in range(0, vectors.shape[1], MODE_BLOCK):
        some = vectors[:, start : start + MODE_BLOCK].astype(x.dtype), cotangent[start : start + MODE_BLOCK]
        missing = MODE_BLOCK - len(some[1])
        modes, seen = np.pad(some[0], ((0, 0), (0, missing))), np.pad(some[1], ((0, missing), (0, 0)))
        total = _offset_gradients(total, lit, modes, seen, single, kernel_fft, fft_side, supersampling)
    slopes = np.zeros((3, len(places)), x.dtype)
    slopes[:2] = np.asarray(total)[:, : len(places)]
    return core_gradient(theta, x.ravel()[places], y.ravel()[places], slopes)
