"""Is a simpler mass model enough? Bayes factors of the full model against those nested in it.

A simpler model is the full one with some parameters held at a value: no external shear, or a slope of 2 (SIE). Its
evidence over the full one's is the posterior density there over the prior density there (Dickey 1971, Ann. Math.
Statist. 42, 204), so that no further fit is needed. The posterior density is that of a Gaussian with the moments of the
draws: near the maximum it is good, far out in the tail it only says "very much".
"""

import numpy as np
from scipy.stats import multivariate_normal, norm

from lensmith.modelling.parameters import CORE

NESTED = {"log_bayes_epl": {"gamma": 2.0}, "log_bayes_shear": {"gamma1": 0.0, "gamma2": 0.0}}
"""Diagnostic -> the values at which the full model is the simpler one: an SIE, a lens without shear."""
LARGEST = 100.0
"""Log Bayes factors are cut here: the Gaussian's tail says no more."""


def log_bayes_factors(vectors, prior) -> dict[str, float]:
    """ln of the evidence of the full model over that of each of `NESTED`.

    Parameters
    ----------
    vectors : draws of the posterior, ``[draw, p]``.
    prior : `GaussianPrior` of the same parameters.
    """
    out = {}
    for name, values in NESTED.items():
        index = [CORE.index(parameter) for parameter in values]
        point = np.array(list(values.values()))
        draws = np.asarray(vectors)[:, index]
        posterior = multivariate_normal.logpdf(point, draws.mean(0), np.cov(draws.T), allow_singular=True)
        before = norm.logpdf(point, np.asarray(prior.mean)[index], np.asarray(prior.sigma)[index]).sum()
        out[name] = float(np.clip(before - posterior, -LARGEST, LARGEST))
    return out
