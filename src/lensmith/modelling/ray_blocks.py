"""Source-plane offsets of any number of points, and what a gradient in them says of the parameters, in fixed blocks.

Compiling the mass model takes seconds, its derivative more, and every shape of a cut-out would want its own: in blocks
of one size the same compiled code serves every lens.
"""

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.modelling.lensed_source import source_offsets

_BLOCK = 4096
"""Points a compiled call."""


@jax.jit
def _offsets(theta, x, y):
    return jnp.stack(source_offsets(theta.astype(x.dtype), x, y))


@jax.jit
def _pull(theta, x, y, slopes):
    _, pull = jax.vjp(lambda theta: jnp.stack(source_offsets(theta.astype(x.dtype), x, y)), theta)
    return pull(slopes)[0]


def _blocks(values, **pad):
    """Arrays ``[..., point]`` a block at a time, the last one filled up as `numpy.pad` is told to."""
    values = np.asarray(values)
    if missing := -values.shape[-1] % _BLOCK:
        values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)], **pad)
    return [values[..., start : start + _BLOCK] for start in range(0, values.shape[-1], _BLOCK)]


def _points(x, y):
    """x and y in blocks, filled up with the last point: elsewhere the deflection might be singular."""
    return zip(*(_blocks(np.ravel(values), mode="edge") for values in (x, y)))


def offsets_at(theta, x, y) -> np.ndarray:
    """`source_offsets` ``[3, ...]`` at points of any shape; `theta` is a `CORE` vector."""
    theta = jnp.asarray(theta)
    found = [np.asarray(_offsets(theta, *some)) for some in _points(x, y)]
    return np.concatenate(found, -1)[:, : np.size(x)].reshape(3, *np.shape(x))


def core_gradient(theta, x, y, slopes) -> np.ndarray:
    """Gradient ``[core]``, float64, of what has the derivatives `slopes` ``[3, ...]`` in these offsets."""
    theta, slopes, total = jnp.asarray(theta), np.reshape(slopes, (3, -1)), np.zeros(len(theta))
    for at, some in zip(_points(x, y), _blocks(slopes)):
        total += np.asarray(_pull(theta, *at, some), float)
    return total
