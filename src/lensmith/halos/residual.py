"""What is left of a sky's shapes once its haloes are taken out."""

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.inference import Posterior
from lensmith.physics.weak_lensing import halo_ellipticity

_DRAWS = 100


def modelled_shear(field: GalaxyField, haloes: np.ndarray, law: str) -> np.ndarray:
    """Mean over draws ``[draw, halo, 4]`` of the ellipticity that all haloes give: complex ``[galaxy]``."""
    drawn = haloes[:: max(len(haloes) // _DRAWS, 1)]
    total = np.zeros(len(field), complex)
    for draw in drawn:
        for halo in draw:
            e1, e2 = halo_ellipticity(law, field.x, field.y, *halo)
            total += e1 + 1j * e2
    return total / len(drawn)


def residual_shapes(field: GalaxyField, found: dict[int, Posterior], probabilities: np.ndarray, law: str) -> np.ndarray:
    """Ellipticities less the expected shear, complex ``[galaxy]``.

    `probabilities` ``[number]`` are those of 0, 1, ... haloes; the shear is averaged over them.
    """
    left = field.e1 + 1j * field.e2
    for count, posterior in found.items():
        if count < len(probabilities) and probabilities[count] > 1e-3:
            left = left - probabilities[count] * modelled_shear(field, posterior.haloes, law)
    return left
