"""Sequential Monte Carlo from a sky of k-1 haloes to one of k: every mode, and the ratio of the two evidences.

Particles start from the posterior with k-1 haloes and a new halo from its prior; the likelihood of the new halo is
switched on in steps that keep half the effective sample size (Del Moral, Doucet & Jasra 2006, JRSS B 68, 411). Between
the steps each particle moves one halo at a time: by the difference of two other particles (ter Braak 2006, Stat.
Comput. 16, 239), by a step of random length, or to a fresh place from the prior.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.halos.likelihood import Sky, log_likelihood
from lensmith.halos.shear_table import ShearTable, ellipticity

_SHORTEST, _LONGEST = 1e-3, 0.2
"""Scatter of a step in position, in fractions of the field's longer side."""

CHUNK = 64
"""Particles that move together: their residuals stay in the processor's cache."""


class Population(NamedTuple):
    """Mixtures of (ln amplitude, ln scale) of each halo ``[halo, component, ..]``."""

    log_weight: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray

    def log_density(self, halo, shape):
        """ln density of one `shape` ``[2]`` for halo number `halo`."""
        off = (shape - self.mean[halo]) / self.scatter[halo]
        each = self.log_weight[halo] - 0.5 * jnp.sum(off * off, -1) - jnp.sum(jnp.log(self.scatter[halo]), -1)
        return jax.nn.logsumexp(each)


def residuals(sky: Sky, table: ShearTable, haloes, count):
    """e minus the shear of the first `count` of `haloes` ``[halo, 4]``: ``[2, galaxy]``, and the shear of the last."""
    used = jnp.arange(len(haloes)) < count
    each = jax.vmap(lambda halo: jnp.stack(ellipticity(table, sky.x, sky.y, halo)))(haloes)
    return jnp.stack([sky.e1, sky.e2]) - jnp.where(used[:, None, None], each, 0).sum(axis=0), each[count - 1]


@jax.jit
def likelihoods(sky: Sky, table: ShearTable, particles, count):
    """ln L without the last halo and with all, of the first `count` haloes of `particles`: two ``[particle]``."""

    def one(haloes):
        rest, last = residuals(sky, table, haloes, count)
        return log_likelihood(sky, *(rest + last)), log_likelihood(sky, *rest)

    return jax.lax.map(one, particles, batch_size=CHUNK)


def _propose(u, old, snapshot, population: Population, halo, box):
    """A new state of one halo from 16 uniform numbers `u`, and whether it was drawn from the prior."""
    normal = jax.scipy.special.ndtri(u[:5])
    a, b = snapshot[(u[5:7] * len(snapshot)).astype(jnp.int32), halo]
    by_difference = jnp.exp(0.5 * normal[4] - 0.5) * (a - b) + 1e-4 * normal[:4]
    far = _SHORTEST * (_LONGEST / _SHORTEST) ** u[7]
    wide = jnp.where(u[8:10] < 0.6, 0.5 * u[10], 0.0) * jnp.clip(4 * population.scatter[halo, 0], 0, 1)
    by_step = jnp.concatenate([far * normal[:2], wide * normal[2:4]])
    cumulative = jnp.cumsum(jnp.exp(population.log_weight[halo]))
    component = jnp.clip(jnp.sum(u[13] * cumulative[-1] > cumulative), 0, len(cumulative) - 1)
    shape = population.mean[halo, component] + population.scatter[halo, component] * normal[:2]
    anew = jnp.concatenate([u[11:13] * box, shape])
    new = jnp.where(u[14] < 0.45, old + by_difference, jnp.where(u[14] < 0.85, old + by_step, anew))
    return new, u[14] >= 0.85


@jax.jit
def mutate(key, sky: Sky, table: ShearTable, particles, count, temperature, population: Population, moves):
    """`particles` ``[particle, halo, 4]`` after `moves` rounds over their first `count` haloes.

    Also their ln L without the last halo and with it, and the share of moves that were taken.
    """

    def move(step, carry):
        haloes, rest, last, low, high, key, accepted = carry
        u = jax.random.uniform(jax.random.fold_in(key, step), (16,), jnp.float32, minval=1e-7)
        halo = step % count
        old = haloes[halo]
        new, fresh = _propose(u, old, particles, population, halo, sky.box)
        inside = jnp.all((new[:2] >= 0) & (new[:2] <= sky.box))
        change = jnp.stack(ellipticity(table, sky.x, sky.y, new)) - jnp.stack(ellipticity(table, sky.x, sky.y, old))
        new_rest = rest - change
        new_last = last + change * (halo == count - 1)
        new_low, new_high = log_likelihood(sky, *(new_rest + new_last)), log_likelihood(sky, *new_rest)
        gain = (1 - temperature) * (new_low - low) + temperature * (new_high - high)
        prior = population.log_density(halo, new[2:]) - population.log_density(halo, old[2:])
        take = inside & (jnp.log(u[15]) < gain + jnp.where(fresh, 0, prior))
        return (
            haloes.at[halo].set(jnp.where(take, new, old)),
            jnp.where(take, new_rest, rest),
            jnp.where(take, new_last, last),
            jnp.where(take, new_low, low),
            jnp.where(take, new_high, high),
            key,
            accepted + take,
        )

    def one(task):
        haloes, key = task
        rest, last = residuals(sky, table, haloes, count)
        start = (haloes, rest, last, log_likelihood(sky, *(rest + last)), log_likelihood(sky, *rest), key, 0)
        haloes, _, _, low, high, _, accepted = jax.lax.fori_loop(0, moves * count, move, start)
        return haloes, low, high, accepted

    haloes, low, high, accepted = jax.lax.map(one, (particles, jax.random.split(key, len(particles))), batch_size=CHUNK)
    return haloes, low, high, accepted.mean() / (moves * count)


def next_temperature(temperature: float, log_ratio: np.ndarray, share: float = 0.5) -> float:
    """The temperature at which weights exp((T - now) log_ratio) keep `share` of the particles effective, at most 1."""

    def effective(high: float) -> float:
        weight = (high - temperature) * log_ratio
        weight = np.exp(weight - weight.max())
        return weight.sum() ** 2 / (weight**2).sum() / len(weight)

    if effective(1.0) >= share:
        return 1.0
    low, high = temperature, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) >= share else (low, middle)
    return max(low, temperature + 1e-6)


def resample(rng: np.random.Generator, log_weight: np.ndarray, n: int) -> np.ndarray:
    """Indices ``[n]`` drawn systematically in proportion to exp(`log_weight`)."""
    weight = np.exp(log_weight - log_weight.max())
    cumulative = np.cumsum(weight / weight.sum())
    return np.minimum(np.searchsorted(cumulative, (np.arange(n) + rng.random()) / n), len(log_weight) - 1)
