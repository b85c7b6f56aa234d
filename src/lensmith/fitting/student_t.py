"""The multivariate Student-t distribution and mixtures of it: proposals whose tails are heavier than a posterior's."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp


@dataclass(frozen=True, eq=False)
class StudentT:
    """Student-t with `degrees` of freedom around `mean` ``[p]``; `scale` ``[p, p]`` is its scale matrix.

    The covariance is ``scale * degrees / (degrees - 2)``.
    """

    mean: np.ndarray
    scale: np.ndarray
    degrees: float

    def __post_init__(self):
        scale = np.asarray(self.scale, float)
        ridge = 1e-12 * np.diag(np.diag(scale))
        object.__setattr__(self, "_root", np.linalg.cholesky(scale + ridge))

    def draw(self, n: int, rng) -> np.ndarray:
        """`n` draws ``[draw, p]``."""
        normal = rng.standard_normal((n, len(self.mean)))
        stretch = np.sqrt(self.degrees / rng.chisquare(self.degrees, n))
        return self.mean + stretch[:, None] * (normal @ self._root.T)

    def log_density(self, points) -> np.ndarray:
        """Normalised log density ``[draw]`` at points ``[draw, p]``."""
        p, nu = len(self.mean), self.degrees
        distance2 = np.sum(np.linalg.solve(self._root, (points - self.mean).T) ** 2, 0)
        norm = gammaln((nu + p) / 2) - gammaln(nu / 2) - 0.5 * p * np.log(nu * np.pi)
        return norm - np.sum(np.log(np.diag(self._root))) - 0.5 * (nu + p) * np.log1p(distance2 / nu)


def mixture_log_density(parts, shares, points) -> np.ndarray:
    """Log density ``[draw]`` of a mixture of distributions in `shares` (sum 1)."""
    logs = np.stack([part.log_density(points) for part in parts])
    return logsumexp(logs, axis=0, b=np.asarray(shares, float)[:, None])
