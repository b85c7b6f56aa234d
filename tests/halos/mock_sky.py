"""Skies with known haloes for the tests."""

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos import Effort
from lensmith.physics.weak_lensing import halo_ellipticity

SIDE = 4200.0

FAST = Effort(particles=256, moves=3, last_moves=8, first_draws=4096)
"""One effort for all tests, so that the sampler is compiled once."""


def mock_sky(haloes=(), n: int = 240, seed: int = 0, law: str = "nfw", noise: float = 0.21, **more) -> GalaxyField:
    """A sky of `n` galaxies behind `haloes` (x, y, amplitude, scale)."""
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, n)) * SIDE
    e = noise * rng.standard_normal((2, n))
    for halo in haloes:
        e += np.array(halo_ellipticity(law, x, y, *halo))
    e *= np.minimum(1, 0.95 / np.hypot(*e))
    return GalaxyField("mock", x, y, *e, extent=(0, SIDE, 0, SIDE), **more)
