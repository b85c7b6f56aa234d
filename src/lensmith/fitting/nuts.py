"""The no-U-turn sampler (Hoffman & Gelman 2014; NumPyro's, Phan et al. 2019) in coordinates that are whitened first."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lensmith.errors import FitError


@dataclass(frozen=True, eq=False)
class Chains:
    """Draws ``[chain, draw, p]`` with log densities, divergences and leapfrog steps, each ``[chain, draw]``."""

    points: np.ndarray
    log_target: np.ndarray
    diverging: np.ndarray
    steps: np.ndarray


def sample_nuts(
    log_density: Callable, mean, covariance, seed: int, n_chains: int = 4, warm_up: int = 300, draws: int = 500
) -> Chains:
    """Sample a traceable JAX `log_density` of one point ``[p]``, chains one after the other.

    Points are ``mean + L u`` with the Cholesky factor L of `covariance`, the Laplace approximation; chains start from
    draws of it twice as wide. The remaining step size and diagonal mass are adapted in the warm-up.

    Raises
    ------
    FitError
        if NumPyro is missing.
    """
    try:
        from numpyro.infer import MCMC, NUTS
    except ImportError:
        raise FitError("the sampler nuts needs NumPyro: pip install numpyro") from None
    import jax
    import jax.numpy as jnp

    mean = np.asarray(mean, float)
    root = np.linalg.cholesky(covariance + 1e-12 * np.diag(np.diag(covariance)))
    potential = lambda u: -log_density(jnp.asarray(mean) + jnp.asarray(root) @ u)
    kernel = NUTS(potential_fn=potential, target_accept_prob=0.8, max_tree_depth=8)
    start = 2 * np.random.default_rng(seed).standard_normal((n_chains, len(mean)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPyro proposes parallel devices
        sampler = MCMC(
            kernel,
            num_warmup=warm_up,
            num_samples=draws,
            num_chains=n_chains,
            chain_method="sequential",
            progress_bar=False,
        )
        fields = ("potential_energy", "diverging", "num_steps")
        sampler.run(jax.random.PRNGKey(seed), init_params=jnp.asarray(start), extra_fields=fields)
    extra = {name: np.asarray(value) for name, value in sampler.get_extra_fields(group_by_chain=True).items()}
    points = mean + np.asarray(sampler.get_samples(group_by_chain=True), float) @ root.T
    return Chains(points, -extra["potential_energy"], extra["diverging"].astype(bool), extra["num_steps"])
