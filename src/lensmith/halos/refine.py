"""Proposal of haloes about particles: a second round where a grid is too coarse for a narrow posterior.

A mixture of normals about some particles, each as wide as the cloud of its neighbours (adaptive importance sampling;
Cappe et al. 2008, Stat. Comput. 18, 447).
"""

import numpy as np
from scipy.spatial import cKDTree

from lensmith.halos.priors import Mixture

_KERNELS = 200
_NEIGHBOURS = 64
_WIDER = 1.2
_NARROWEST = np.array([5e-4, 5e-4, 0.1, 0.1])
"""Least width of a kernel: fractions of the field for positions, scatters of the prior for the shape."""


class KernelProposal:
    """Normals about some of `particles` ``[particle, 4]``; draws may lie outside the field."""

    def __init__(self, rng: np.random.Generator, particles: np.ndarray, mixture: Mixture):
        particles = np.asarray(particles, float)
        unit = np.concatenate([[0.05, 0.05], mixture.scatter[0]])
        self.centres = particles[rng.permutation(len(particles))[:_KERNELS]]
        _, near = cKDTree(particles / unit).query(self.centres / unit, k=min(_NEIGHBOURS, len(particles)))
        floor = _NARROWEST * np.concatenate([[1, 1], mixture.scatter[0]])
        self.widths = np.maximum(_WIDER * particles[near].std(axis=1), floor)

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """`n` haloes ``[n, 4]``."""
        which = rng.integers(len(self.centres), size=n)
        return self.centres[which] + self.widths[which] * rng.standard_normal((n, 4))

    def log_density(self, haloes: np.ndarray) -> np.ndarray:
        """ln density ``[halo]``."""
        square = sum(((haloes[:, None, k] - self.centres[:, k]) / self.widths[:, k]) ** 2 for k in range(4))
        each = -0.5 * square - np.log(self.widths).sum(axis=1)
        top = each.max(axis=1)
        total = np.exp(each - top[:, None]).sum(axis=1)
        return top + np.log(total) - np.log(len(self.centres)) - 2 * np.log(2 * np.pi)
