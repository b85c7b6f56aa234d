"""The posterior of 0, 1, 2 and 3 haloes in one sky, with the evidence of each number."""

from dataclasses import dataclass

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.priors import HaloPrior

MOST = 3
"""Haloes that are looked for in a sky."""

_ROUNDS = 3
_GOOD_ENOUGH = 0.003
"""Rounds of importance draws for one halo, and the variance of ln evidence at which no further one is needed."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws of a fixed number of haloes, equally weighted.

    Attributes
    ----------
    haloes : ``[draw, halo, 4]``: x, y, amplitude, scale, lengths in the sky's own unit.
    log_evidence : ln of the evidence over that of no halo, and its error from the run's own weights.
    """

    haloes: np.ndarray
    log_evidence: float
    log_evidence_error: float


@dataclass(frozen=True)
class Effort:
    """How much the sampler does: `particles`, rounds of `moves` a temperature, `last_moves` at the end."""

    particles: int = 1024
    moves: int = 4
    last_moves: int = 12
    first_draws: int = 16384


def infer(
    field: GalaxyField, prior: HaloPrior, most: int = MOST, seed: int = 0, effort: Effort | None = None
) -> dict[int, Posterior]:
    """Posteriors by number of haloes, 1 to `most`; the evidence of none is the unit.

    Deterministic for a seed, whatever skies were looked at before.
    """
    from lensmith.halos.likelihood import prepare_sky
    from lensmith.halos.shear_table import shear_table

    effort = effort or Effort()
    sky, table = prepare_sky(field, prior), shear_table(prior.law)
    rng = np.random.default_rng(np.random.SeedSequence([seed, len(field)]))
    particles, log_z, variance = _first(rng, sky, table, prior, effort)
    found = {1: _posterior(field, particles[:, :1], log_z, variance)}
    for count in range(2, most + 1):
        particles, gained, noise = _one_more(rng, sky, table, prior, particles, count, effort)
        log_z, variance = log_z + gained, variance + noise
        found[count] = _posterior(field, particles[:, :count], log_z, variance)
    return found


def number_probabilities(found: dict[int, Posterior], prior: HaloPrior) -> np.ndarray:
    """Probabilities of 0 to 3 haloes ``[4]`` from the evidences and the prior on the number."""
    log_z = np.array([0.0] + [found[k].log_evidence if k in found else -np.inf for k in range(1, MOST + 1)])
    with np.errstate(divide="ignore"):
        log_p = log_z + np.log(np.asarray(prior.number, float))
    p = np.exp(log_p - log_p.max())
    return p / p.sum()


def _population(prior: HaloPrior):
    """The mixtures of all haloes as arrays of one shape."""
    from lensmith.halos.tempering import Population

    mixtures = [prior.mixture(k) for k in range(MOST)]
    size = max(len(m.log_weight) for m in mixtures)
    grown = [
        (
            np.pad(m.log_weight, (0, size - len(m.log_weight)), constant_values=-1e4),
            np.pad(m.mean, ((0, size - len(m.mean)), (0, 0)), mode="edge"),
            np.pad(m.scatter, ((0, size - len(m.scatter)), (0, 0)), mode="edge"),
        )
        for m in mixtures
    ]
    return Population(*(np.stack(parts).astype(np.float32) for parts in zip(*grown)))


def _first(rng, sky, table, prior: HaloPrior, effort: Effort):
    """Particles of the one-halo posterior and its evidence over no halo: importance draws, then moves.

    Draws come from a grid, and where that is too coarse also from kernels about what was found, weighted together
    (Veach & Guibas 1995, SIGGRAPH, 419), so that neither the narrow nor the wide modes are lost.
    """
    from lensmith.halos import one_halo, tempering
    from lensmith.halos.refine import KernelProposal

    mixture = prior.mixture(0)
    nodes, cells, masses = one_halo.shape_nodes(mixture)
    grid = np.asarray(one_halo.log_likelihood_map(sky, table, one_halo.grid_centres(sky), nodes)) + masses
    proposals = [one_halo.GridProposal(sky, grid, nodes, cells, mixture)]
    drawn = [proposals[0].draw(rng, effort.first_draws)]
    for _ in range(_ROUNDS):
        haloes = np.concatenate(drawn)
        log_weight = _log_weights(sky, table, mixture, haloes, proposals)
        log_z, variance = _mean_weight(log_weight)
        particles = np.repeat(haloes[:, None, :].astype(np.float32), MOST, axis=1)
        kept = particles[tempering.resample(rng, log_weight, effort.particles)]
        kept, *_ = _move(rng, sky, table, kept, 1, 1.0, _population(prior), effort.last_moves)
        if variance < _GOOD_ENOUGH:
            break
        proposals.append(KernelProposal(rng, kept[:, 0], mixture))
        drawn.append(proposals[-1].draw(rng, effort.first_draws))
    return kept, log_z, variance


def _log_weights(sky, table, mixture, haloes: np.ndarray, proposals: list) -> np.ndarray:
    """ln of likelihood (over no halo) x prior / density of the draws, with the density of all proposals together."""
    from lensmith.halos import one_halo, tempering
    from lensmith.halos.likelihood import no_halo

    _, high = tempering.likelihoods(sky, table, np.repeat(haloes[:, None].astype(np.float32), MOST, axis=1), 1)
    log_q = np.logaddexp.reduce([one.log_density(haloes) for one in proposals]) - np.log(len(proposals))
    log_prior = one_halo.log_prior_shape(mixture, haloes[:, 2:]) - np.log(float(np.prod(sky.box)))
    inside = ((haloes[:, :2] >= 0) & (haloes[:, :2] <= sky.box)).all(axis=1)
    return np.where(inside, np.asarray(high, float) - no_halo(sky) + log_prior - log_q, -np.inf)


def _one_more(rng, sky, table, prior: HaloPrior, particles, count: int, effort: Effort):
    """Particles with `count` haloes instead of one less, the gain in ln evidence and its variance."""
    from lensmith.halos import tempering

    n = len(particles)
    particles[:, count - 1, :2] = rng.random((n, 2)) * sky.box
    particles[:, count - 1, 2:] = prior.mixture(count - 1).draw(rng, n)
    population = _population(prior)
    low, high = (np.asarray(v, float) for v in tempering.likelihoods(sky, table, particles, count))
    temperature, log_z, variance = 0.0, 0.0, 0.0
    while temperature < 1:
        risen = tempering.next_temperature(temperature, high - low)
        log_weight = (risen - temperature) * (high - low)
        gained, noise = _mean_weight(log_weight)
        log_z, variance, temperature = log_z + gained, variance + noise, risen
        particles = particles[tempering.resample(rng, log_weight, n)]
        moves = effort.moves if temperature < 1 else effort.last_moves
        particles, low, high, _ = _move(rng, sky, table, particles, count, temperature, population, moves)
    return particles, log_z, variance


def _move(rng, sky, table, particles, count: int, temperature: float, population, moves: int):
    import jax

    from lensmith.halos import tempering

    key = jax.random.key(int(rng.integers(2**31)))
    out = tempering.mutate(key, sky, table, particles, count, np.float32(temperature), population, moves)
    particles, low, high, accepted = out
    return np.array(particles), np.asarray(low, float), np.asarray(high, float), float(accepted)


def _mean_weight(log_weight: np.ndarray) -> tuple[float, float]:
    """ln of the mean of exp(`log_weight`), and its variance."""
    top = log_weight.max()
    weight = np.exp(log_weight - top)
    return float(top + np.log(weight.mean())), float(weight.var() / weight.mean() ** 2 / len(weight))


def _posterior(field: GalaxyField, particles: np.ndarray, log_z: float, variance: float) -> Posterior:
    left, _, bottom, _ = field.extent
    haloes = particles.astype(float)
    xy = haloes[..., :2] * field.side + np.array([left, bottom])
    shape = np.exp(haloes[..., 2:]) * np.array([1.0, field.side])
    return Posterior(np.concatenate([xy, shape], axis=-1), log_z, float(np.sqrt(variance)))
