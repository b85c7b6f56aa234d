"""What a network expects of a lens: where else to search, and a prior of theta_E for the choice between solutions.

The network's posterior is widened before it is used, and taken to be wrong altogether at times: it was taught on
simulations, and a start or a prior that is too narrow would make the fit agree with it for no reason of its own. It
tells where to look and which solution is likely; the fit's own likelihood and priors do not contain it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, qmc

from lensmith.modelling.modes import RADIUS_PRIOR, population_log_density

NEEDED = ("theta_E", "e1", "e2", "gamma1", "gamma2")
"""Parameters that an estimate must speak of to serve."""
_WIDER = 2.0
"""Widths are multiplied by this."""
_LEAST_LOG_RADIUS = 0.1
"""Least width of ln theta_E after that."""
_TRUST = 0.8
"""How often an estimate says anything about a real lens (docs/find.md: every ninth of 82 is more than 3 sigma away)."""
N_LENSES = 8
"""Lenses that the search tries: the mean, and the others spread over the widened posterior."""


@dataclass(frozen=True, eq=False)
class Expectation:
    """Widened Gaussian of (ln theta_E, e1, e2, gamma1, gamma2): `mean` ``[5]``, `covariance` ``[5, 5]``."""

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def log_radius(self) -> tuple[float, float]:
        """Mean and width of ln theta_E."""
        return float(self.mean[0]), float(np.sqrt(self.covariance[0, 0]))

    def radius_log_density(self, log_radius: float) -> float:
        """Log density of ln theta_E, as `modes.population_log_density` counts it: what is expected, or any lens."""
        mean, sigma = self.log_radius
        any_lens = population_log_density(log_radius)
        this_lens = -0.5 * ((log_radius - mean) / sigma) ** 2 + np.log(RADIUS_PRIOR[1] / sigma)
        return float(np.logaddexp(np.log(_TRUST) + this_lens, np.log(1 - _TRUST) + any_lens))

    def lenses(self, theta_E_range, n: int = N_LENSES) -> np.ndarray:
        """Vectors ``[n, 5]`` (theta_E, e1, e2, gamma1, gamma2): the mean first, then a low-discrepancy sample.

        theta_E stays in `theta_E_range`, ellipticity and shear within what a fit allows.
        """
        points = qmc.Halton(len(self.mean), scramble=False).random(n)[1:]  # the first point is the origin
        away = np.vstack([np.zeros(len(self.mean)), norm.ppf(points)])
        values, vectors = np.linalg.eigh(self.covariance)
        out = self.mean + away @ (vectors * np.sqrt(np.maximum(values, 0))).T
        out[:, 0] = np.clip(np.exp(out[:, 0]), *theta_E_range)
        out[:, 1:3], out[:, 3:] = np.clip(out[:, 1:3], -0.35, 0.35), np.clip(out[:, 3:], -0.2, 0.2)
        return out


def expectation_of(findings) -> Expectation | None:
    """What findings (`lensmith.data.Findings`) lead to expect, or None where they say too little."""
    if findings is None or any(name not in findings.parameters for name in NEEDED):
        return None
    index = [findings.parameters.index(name) for name in NEEDED]
    mean, covariance = findings.mean[index].copy(), findings.covariance[np.ix_(index, index)].copy()
    if not mean[0] > 0:
        return None
    scale = np.array([1 / mean[0], 1, 1, 1, 1])
    mean[0] = np.log(mean[0])
    covariance *= _WIDER**2 * scale[:, None] * scale
    short = max(_LEAST_LOG_RADIUS**2 - covariance[0, 0], 0.0)
    covariance[0, 0] += short
    return Expectation(mean, covariance)
