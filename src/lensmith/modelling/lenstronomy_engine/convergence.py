"""How far an ensemble has converged: autocorrelation time (Goodman & Weare 2010) and split R-hat of its walkers."""

from typing import NamedTuple

import numpy as np


class Convergence(NamedTuple):
    """`lengths`: steps in autocorrelation times of the slowest parameter; `ess`: its independent draws; `r_hat`."""

    lengths: float
    ess: float
    r_hat: float


def convergence(samples: np.ndarray) -> Convergence:
    """Of a chain ``[step, walker, parameter]``."""
    import emcee

    steps, walkers, _ = samples.shape
    times = emcee.autocorr.integrated_time(samples, tol=0, quiet=True)
    slowest = float(np.max(times)) if np.isfinite(times).all() else np.inf
    halves = np.concatenate([samples[: steps // 2], samples[steps - steps // 2 :]], axis=1)
    within = halves.var(0, ddof=1).mean(0)
    between = halves.mean(0).var(0, ddof=1)
    # Walkers of an ensemble are not independent chains: their scatter bounds the R-hat of as many chains from below.
    length = len(halves)
    r_hat = np.sqrt((length - 1) / length + between / np.where(within > 0, within, np.inf))
    return Convergence(steps / slowest, steps * walkers / slowest, float(np.max(r_hat)))
