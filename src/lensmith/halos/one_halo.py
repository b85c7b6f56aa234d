"""The posterior of one halo on a grid of positions and shapes: all its modes, and draws to start from."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.halos.likelihood import Sky, log_likelihood
from lensmith.halos.priors import FIXED, Mixture
from lensmith.halos.shear_table import ShearTable, ellipticity

GRID = 64
"""Positions along each side of the field."""

_NODES = (-1.35, -0.45, 0.45, 1.35)
"""Where ln amplitude and ln scale are looked at, in scatters from the median; cells of 0.9 scatters around them."""

_CELL = 0.9
_FLATTENED, _FROM_PRIOR = 0.8, 0.05


def grid_centres(sky: Sky, side: int = GRID) -> np.ndarray:
    """Centres of a grid over the field: float32 ``[side * side, 2]``, row by row."""
    along = (np.arange(side, dtype=np.float32) + 0.5) / side
    x, y = np.meshgrid(along * sky.box[0], along * sky.box[1])
    return np.stack([x.ravel(), y.ravel()], axis=1)


def shape_nodes(mixture: Mixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes ``[node, 2]``, their cells' sizes ``[node, 2]`` and log prior masses ``[node]`` of a population.

    A parameter of negligible scatter has one node.
    """
    from math import erf

    nodes, cells, masses = [], [], []
    for weight, mean, scatter in zip(mixture.log_weight, mixture.mean, mixture.scatter):
        axes = [(0.0,) if s <= FIXED else _NODES for s in scatter]
        for a in axes[0]:
            for s in axes[1]:
                nodes.append(mean + scatter * np.array([a, s]))
                cells.append(scatter * _CELL * np.array([len(axes[0]) > 1, len(axes[1]) > 1]))
                mass = [
                    1.0 if len(axis) == 1 else 0.5 * (erf((v + 0.45) / 2**0.5) - erf((v - 0.45) / 2**0.5))
                    for axis, v in zip(axes, (a, s))
                ]
                masses.append(weight + np.log(mass).sum())
    return np.array(nodes, np.float32), np.array(cells, np.float32), np.array(masses, np.float32)


@partial(jax.jit, static_argnames=("chunk",))
def log_likelihood_map(sky: Sky, table: ShearTable, centres, nodes, chunk: int = 8):
    """ln L of one halo at every position and shape: float32 ``[position, node]``."""

    def at(centre):
        def of(node):
            g1, g2 = ellipticity(table, sky.x, sky.y, jnp.concatenate([centre, node]))
            return log_likelihood(sky, sky.e1 - g1, sky.e2 - g2)

        return jax.vmap(of)(nodes)

    return jax.lax.map(at, centres, batch_size=chunk)


class GridProposal:
    """A proposal of haloes spread over the cells of a grid posterior ``[position, node]``, flattened a little.

    One draw in twenty comes from the prior, so that no place has density zero.
    """

    def __init__(self, sky: Sky, log_posterior: np.ndarray, nodes: np.ndarray, cells: np.ndarray, mixture: Mixture):
        self.nodes, self.cells, self.mixture = nodes, cells, mixture
        self.box, self.side = sky.box, int(len(log_posterior) ** 0.5)
        self.centres, self.step = grid_centres(sky, self.side), sky.box / self.side
        table = np.exp(_FLATTENED * (log_posterior - log_posterior.max())).astype(float)
        self.table = table / table.sum()

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """`n` haloes ``[n, 4]``, all in the field."""
        position, node = np.divmod(rng.choice(self.table.size, size=n, p=self.table.ravel()), self.table.shape[1])
        place = self.centres[position] + self.step * (rng.random((n, 2)) - 0.5)
        cells = self.cells[node]
        within = cells * (rng.random((n, 2)) - 0.5) + FIXED * rng.standard_normal((n, 2)) * (cells == 0)
        haloes = np.concatenate([place, self.nodes[node] + within], axis=1)
        from_prior = rng.random(n) < _FROM_PRIOR
        count = int(from_prior.sum())
        haloes[from_prior] = np.concatenate([rng.random((count, 2)) * self.box, self.mixture.draw(rng, count)], axis=1)
        return haloes

    def log_density(self, haloes: np.ndarray) -> np.ndarray:
        """ln density ``[halo]`` of haloes in the field; cells of the mixture's components may overlap."""
        column, row = (np.clip((haloes[:, k] / self.step[k]).astype(int), 0, self.side - 1) for k in (0, 1))
        off = haloes[:, None, 2:] - self.nodes
        flat = (np.abs(off) <= self.cells / 2) / np.where(self.cells > 0, self.cells, 1.0)
        normal = np.exp(-0.5 * (off / FIXED) ** 2) / (FIXED * np.sqrt(2 * np.pi))
        shape = np.where(self.cells > 0, flat, normal).prod(axis=2)
        density = (self.table[row * self.side + column] * shape).sum(axis=1) / np.prod(self.step)
        prior = log_prior_shape(self.mixture, haloes[:, 2:]) - np.log(float(np.prod(self.box)))
        return np.logaddexp(np.log1p(-_FROM_PRIOR) + np.log(density + 1e-300), np.log(_FROM_PRIOR) + prior)


def log_prior_shape(mixture: Mixture, shapes: np.ndarray) -> np.ndarray:
    """ln density ``[halo]`` of (ln amplitude, ln scale) ``[halo, 2]``; NumPy or JAX."""
    off = (shapes[:, None, :] - mixture.mean) / mixture.scatter
    each = mixture.log_weight - 0.5 * (off**2).sum(-1) - np.log(mixture.scatter).sum(-1) - np.log(2 * np.pi)
    top = each.max(axis=1)
    return top + np.log(np.exp(each - top[:, None]).sum(axis=1))
