"""Draws from the posterior of a final fit, by the sampler that the settings name, and how far to believe them."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import logsumexp

from lensmith.fitting import (
    bulk_ess,
    importance_sample,
    khat_threshold,
    laplace_covariance,
    laplace_mode,
    r_hat,
    sample_nuts,
    second_order_moments,
)
from lensmith.modelling.marginal_likelihood import Evaluated
from lensmith.modelling.refine import Refined
from lensmith.modelling.target import Target, target_of

_MAX_R_HAT = 1.01
"""Vehtari et al. 2021."""
_MAX_DIVERGENT = 0.01
"""Share of the draws."""
_LOGISTIC_VARIANCE = np.pi**2 / 3
"""Of the standard logistic distribution."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Equally weighted draws `vectors` ``[draw, p]`` of the fit's parameters, chain after chain.

    `stats` ``name -> [draw]`` of the sampler; `weighted` the raw draws of importance sampling with ``log_weight``;
    `diagnostics` numbers (k_hat, ess, r_hat, n_divergent, log_evidence where they are known); `doubts` in words;
    `target` the density that was sampled; `evaluated` what it gave for every band at `vectors`, None where that was not
    kept.
    """

    sampler: str
    vectors: np.ndarray
    target: Target
    chains: int = 1
    stats: dict[str, np.ndarray] = field(default_factory=dict)
    weighted: dict[str, np.ndarray] = field(default_factory=dict)
    diagnostics: dict[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    evaluated: tuple[Evaluated, ...] | None = None


def _joined(parts) -> tuple[Evaluated, ...]:
    """`Evaluated` of every band ``[band]`` from several batches of draws ``[batch][band]``."""
    return tuple(Evaluated(*map(np.concatenate, zip(*band))) for band in zip(*parts))


def _picked(evaluated, index) -> tuple[Evaluated, ...]:
    return tuple(Evaluated(*(values[index] for values in band)) for band in evaluated)


def gauss_newton_covariance(fit: Refined, slope, temperature: float = 1.0) -> np.ndarray:
    """Covariance ``[p, p]`` in z from the normal equations of the fit; `slope` is d theta / d z.

    A parameter that is uniform within its limits is logistic in z. That holds where `slope` vanishes, at a limit.
    """
    matrix = fit.objective.curvature(fit.theta, fit.state)
    matrix = matrix + np.diag(1 / fit.prior.sigma**2)
    matrix = matrix * slope[:, None] * slope / temperature
    return laplace_covariance(matrix + np.eye(len(slope)) / _LOGISTIC_VARIANCE)


def sample(fit: Refined, settings, rng) -> Samples:
    """Draws of the posterior around a final fit."""
    target = target_of(fit, settings.noise_inflation, settings.temperature)
    start = target.box.from_box(fit.theta)
    first = gauss_newton_covariance(fit, target.box.slope(start), settings.temperature)
    mode, covariance = laplace_mode(target.value_and_gradient, start, first)
    if settings.second_order:
        mode, covariance = second_order_moments(target.value_and_gradient, mode, covariance)
    draw = {"laplace": _laplace, "importance": _importance, "nuts": _nuts}[settings.sampler]
    return draw(target, mode, covariance, settings, rng)


def _laplace(target: Target, mode, covariance, settings, rng) -> Samples:
    points = rng.multivariate_normal(mode, covariance, settings.n_draws, method="cholesky")
    return Samples("laplace", target.box.to_box(points), target, diagnostics={"ess": float(settings.n_draws)})


def _importance(target: Target, mode, covariance, settings, rng) -> Samples:
    s, rounds = settings, []

    def log_density(z):
        value, evaluated = target.weigh(z)
        rounds.append(evaluated)
        return value

    found = importance_sample(log_density, mode, covariance, rng, s.round_draws, s.min_ess, s.max_rounds)
    index = found.resample(s.n_draws, rng)
    limit = khat_threshold(len(found.points))
    doubts = ()
    if not found.reliable:
        doubts = (f"the importance sampler did not reach the posterior (k-hat {found.k_hat:.2f}, limit {limit:.2f})",)
    theta = target.box.to_box(found.points)
    diagnostics = {"k_hat": found.k_hat, "ess": found.ess, "n_posterior": float(len(found.points))}
    if target.temperature == 1:  # else it is no evidence
        diagnostics["log_evidence"] = found.log_evidence
    return Samples(
        "importance",
        theta[index],
        target,
        stats={"lp": found.log_target[index]},
        weighted={"vector": theta, "log_weight": found.log_weights},
        diagnostics=diagnostics,
        doubts=doubts,
        evaluated=_picked(_joined(rounds), index),
    )


def _nuts(target: Target, mode, covariance, settings, rng) -> Samples:
    chains = sample_nuts(
        target.traceable(),
        mode,
        covariance,
        int(rng.integers(2**31)),
        settings.n_chains,
        settings.warm_up,
        -(-settings.n_draws // settings.n_chains),
    )
    theta = target.box.to_box(chains.points)
    columns = [theta[..., index] for index in range(theta.shape[-1])]
    worst, divergent = max(r_hat(c) for c in columns), int(chains.diverging.sum())
    doubts = ()
    if worst > _MAX_R_HAT:
        doubts += (f"the chains of the sampler do not agree (R-hat {worst:.3f})",)
    if divergent > _MAX_DIVERGENT * chains.diverging.size:
        doubts += (f"{divergent} steps of the sampler diverged",)
    return Samples(
        "nuts",
        theta.reshape(-1, theta.shape[-1]),
        target,
        chains=settings.n_chains,
        stats={
            "lp": chains.log_target.ravel(),
            "diverging": chains.diverging.ravel(),
            "n_steps": chains.steps.ravel(),
        },
        diagnostics={
            "r_hat": worst,
            "ess": min(bulk_ess(c) for c in columns),
            "n_divergent": float(divergent),
            "n_posterior": float(chains.steps.sum()),
        },
        doubts=doubts,
    )


def mix(parts: list[Samples], log_weights, n_draws: int, rng) -> Samples:
    """The mixture of several solutions' posteriors with these (unnormalised) log weights.

    The worst part's diagnostics stand for the whole; parts that get no draw do not count.
    """
    shares = np.exp(np.asarray(log_weights, float) - logsumexp(log_weights))
    counts = np.floor(shares * n_draws).astype(int)
    rest = shares * n_draws - counts
    if n_draws > counts.sum():
        counts += rng.multinomial(n_draws - counts.sum(), rest / rest.sum())
    used = [(part, count) for part, count in zip(parts, counts) if count]
    if len(used) == 1:
        return used[0][0]
    picks = [rng.choice(len(part.vectors), count, replace=count > len(part.vectors)) for part, count in used]
    vectors = np.concatenate([part.vectors[pick] for (part, _), pick in zip(used, picks)])
    mode = np.repeat(np.arange(len(used)), [count for _, count in used])
    order = rng.permutation(len(vectors))
    worst = {"k_hat": max, "r_hat": max, "n_divergent": sum, "n_posterior": sum, "ess": min}
    diagnostics = {
        name: float(choose([part.diagnostics[name] for part, _ in used]))
        for name, choose in worst.items()
        if all(name in part.diagnostics for part, _ in used)
    }
    doubts = tuple(dict.fromkeys(doubt for part, _ in used for doubt in part.doubts))
    first, evaluated = parts[0], None
    if all(part.evaluated is not None for part, _ in used):
        evaluated = _picked(_joined([_picked(p.evaluated, pick) for (p, _), pick in zip(used, picks)]), order)
    return Samples(
        first.sampler,
        vectors[order],
        first.target,
        stats={"mode": mode[order]},
        diagnostics=diagnostics,
        doubts=doubts,
        evaluated=evaluated,
    )
