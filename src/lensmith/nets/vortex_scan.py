"""How much better would a vortex explain an image? A likelihood ratio for many vortices at once, to first order.

The residual of the smooth lens that fits best is compared with what a vortex of known mass would add, for a grid of
lengths and directions through the lens's centre. Every template is a fixed deflection field times maps of the image:
the sums over cells are products with two fixed matrices.
"""

from functools import lru_cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from pydantic import Field
from scipy.special import logsumexp

from lensmith.nets.linear_response import LinearResponse, cell_grid
from lensmith.nets.settings import Settings
from lensmith.physics.mass import line_mass
from lensmith.types import Array


class Vortex(Settings):
    """The vortices that are tried.

    Attributes
    ----------
    theta_E : Einstein radius of the whole mass if it were a point [arcsec]; as published, 3e10 solar masses.
    half_length : shortest and longest [arcsec].
    lengths, directions : how many are tried, evenly in the logarithm of the length, and in angle. A line that ends near
        the ring must be met closely: half a step off, a coarse grid loses more than the vortex gains.
    """

    theta_E: float = Field(0.222, gt=0)
    half_length: tuple[float, float] = (0.03, 3.0)
    lengths: int = Field(24, ge=1)
    directions: int = Field(32, ge=1)


class _Fields(NamedTuple):
    """Deflections of the templates ``[2 * cell, template]``; their products xx, xy, yy ``[3 * cell, template]``."""

    first: np.ndarray
    second: np.ndarray


def vortex_gains(response: LinearResponse, side: int, pixel_scale: float, vortex: Vortex) -> Array:
    """What each vortex gains in twice the logarithm of the likelihood, ``[length, direction]``.

    2 t.r - t.t with the residual r and the part t of the template that lens and source cannot imitate.
    """
    fields = _fields(vortex, pixel_scale, side)
    pull, rows, residual = response.pull, response.rows, response.residual
    moved = jnp.concatenate([rows, residual[None]])[:, None] * pull
    overlap = (moved.reshape(len(moved), -1) @ jnp.asarray(fields.first)).T
    square = jnp.concatenate([pull[0] ** 2, 2 * pull[0] * pull[1], pull[1] ** 2]) @ jnp.asarray(fields.second)
    imitated = overlap[:, :-1] @ response.covariance
    dot = overlap[:, -1] - imitated @ (rows @ residual)
    gains = 2 * dot - (square - jnp.sum(overlap[:, :-1] * imitated, axis=1))
    return gains.reshape(vortex.lengths, vortex.directions)


def vortex_evidence(gains: np.ndarray) -> np.ndarray:
    """Logarithm of the likelihood's gain, averaged over directions: for each length, then over all lengths.

    `gains` ``[sample, length, direction]``; the result ``[sample, lengths + 1]``.
    """
    of_lengths = logsumexp(gains / 2, axis=2) - np.log(gains.shape[2])
    over_all = logsumexp(of_lengths, axis=1, keepdims=True) - np.log(gains.shape[1])
    return np.concatenate([of_lengths, over_all], 1)


@lru_cache(maxsize=8)
def _fields(vortex: Vortex, pixel_scale: float, side: int) -> _Fields:
    x, y = cell_grid(side, pixel_scale)
    lengths = np.geomspace(*vortex.half_length, vortex.lengths)
    angles = np.arange(vortex.directions) * np.pi / vortex.directions
    alpha = np.array(
        [[line_mass.deflection(x, y, vortex.theta_E, length, angle) for angle in angles] for length in lengths]
    )
    alpha = alpha.reshape(len(lengths) * len(angles), 2, -1).astype(np.float32)
    square = np.stack([alpha[:, 0] ** 2, alpha[:, 0] * alpha[:, 1], alpha[:, 1] ** 2], 1)
    return _Fields(*(np.ascontiguousarray(values.reshape(len(alpha), -1).T) for values in (alpha, square)))
