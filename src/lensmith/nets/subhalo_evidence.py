"""How much better would subhaloes explain an image? The evidence of a Gaussian field of masses, to first order.

Point masses stand on rings around the lens; their masses are independent and Gaussian, of mean zero and one spread.
Then the evidence against a smooth lens is known in closed form (a linear Gaussian model; Rasmussen & Williams 2006,
eq. 2.30), with every combination of masses integrated over.
"""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from pydantic import Field

from lensmith.nets.linear_response import LinearResponse, cell_grid
from lensmith.nets.settings import Settings
from lensmith.physics.mass import point_mass
from lensmith.types import Array


class Subhaloes(Settings):
    """The subhaloes that are tried.

    Attributes
    ----------
    theta_E : Einstein radius of the heaviest [arcsec]; as published, 1e10 solar masses.
    radius : of the first and last ring [arcsec].
    rings, directions : how many rings, and places on each.
    spreads : of the mass at each place, in units of the heaviest's; the evidence of each is given.
    """

    theta_E: float = Field(0.128, gt=0)
    radius: tuple[float, float] = (0.35, 1.9)
    rings: int = Field(8, ge=1)
    directions: int = Field(28, ge=1)
    spreads: tuple[float, ...] = (0.015, 0.04, 0.09, 0.2)


def subhalo_evidence(response: LinearResponse, side: int, pixel_scale: float, subhaloes: Subhaloes) -> Array:
    """Logarithm of the evidence of subhaloes over that of none, ``[spread]``."""
    fields = jnp.asarray(_fields(subhaloes, pixel_scale, side))
    templates = fields[:, 0] * response.pull[0] + fields[:, 1] * response.pull[1]
    overlap = templates @ response.rows.T
    imitated = overlap @ response.covariance
    gram = templates @ templates.T - imitated @ overlap.T
    seen = templates @ response.residual - imitated @ (response.rows @ response.residual)

    def of(spread):
        factor = jnp.linalg.cholesky(jnp.eye(len(seen), dtype=gram.dtype) + spread**2 * gram)
        explained = spread * jax.scipy.linalg.solve_triangular(factor, seen, lower=True)
        return jnp.sum(explained**2) / 2 - jnp.sum(jnp.log(jnp.diag(factor)))

    return jnp.stack([of(np.float32(spread)) for spread in subhaloes.spreads])


@lru_cache(maxsize=8)
def _fields(subhaloes: Subhaloes, pixel_scale: float, side: int) -> np.ndarray:
    """Deflection of each subhalo, float32 ``[subhalo, 2, cell]``."""
    x, y = (values.ravel() for values in cell_grid(side, pixel_scale))
    radius = np.linspace(*subhaloes.radius, subhaloes.rings)[:, None]
    # Every other ring is turned by half a step.
    turn = np.arange(subhaloes.directions) + np.arange(subhaloes.rings)[:, None] % 2 / 2
    angle = turn * 2 * np.pi / subhaloes.directions
    places = zip((radius * np.cos(angle)).ravel(), (radius * np.sin(angle)).ravel())
    alpha = np.array([point_mass.deflection(x, y, subhaloes.theta_E, *place) for place in places])
    # Inside its Einstein radius a mass is beyond first order, and beyond what a cell resolves.
    size = np.hypot(alpha[:, 0], alpha[:, 1])[:, None]
    return (alpha * np.minimum(1, subhaloes.theta_E / size)).astype(np.float32)
