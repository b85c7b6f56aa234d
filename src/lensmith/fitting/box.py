"""Parameters in a box as unbounded coordinates, so that samplers need not know of hard limits."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Box:
    """The map ``theta = low + (high - low) / (1 + exp(-4 z / (high - low)))``; float64 ``[p]`` limits.

    In the middle of the box d theta / d z = 1: z has the units of theta there. `eps` is how close to a limit, in units
    of the width, a point may come that is mapped to z.
    """

    low: np.ndarray
    high: np.ndarray
    eps: float = 1e-4

    @property
    def width(self):
        """Sides of the box."""
        return self.high - self.low

    def to_box(self, z):
        """theta ``[..., p]`` of unbounded coordinates; NumPy or JAX."""
        return self.low + self.width * _logistic(4 * z / self.width)

    def from_box(self, theta):
        """z ``[..., p]``; points on or beyond a limit are pulled inside by `eps`."""
        share = np.clip((np.asarray(theta) - self.low) / self.width, self.eps, 1 - self.eps)
        return 0.25 * self.width * (np.log(share) - np.log1p(-share))

    def slope(self, z):
        """d theta / d z ``[..., p]``."""
        share = _logistic(4 * z / self.width)
        return 4 * share * (1 - share)

    def log_slope(self, z):
        """Log of the determinant of d theta / d z ``[...]``: what a density in theta gains when seen in z."""
        xp = _namespace(z)
        u = 4 * z / self.width
        return (np.log(4.0) - xp.logaddexp(0 * u, u) - xp.logaddexp(0 * u, -u)).sum(-1)


def _logistic(u):
    """1 / (1 + exp(-u)) without overflow."""
    return 0.5 * (1 + _namespace(u).tanh(0.5 * u))


def _namespace(array):
    if isinstance(array, np.ndarray | np.generic | float):
        return np
    import jax.numpy as jnp

    return jnp
