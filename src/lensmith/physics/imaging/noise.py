"""The noise of an image: Gaussian from the sky and detector, Poisson from the light itself."""

import numpy as np

from lensmith.physics.arrays import unify
from lensmith.types import Array, FloatArray


def noise_sigma(flux: Array, background_rms: Array | float, electrons_per_unit: Array | float) -> Array:
    """1 sigma of every pixel, in the image's unit: ``sqrt(background_rms^2 + flux / electrons_per_unit)``.

    `flux` is the noiseless image (negative pixels count as 0), `electrons_per_unit` the detected electrons for one
    unit of it: gain for counts, gain times exposure for rates.
    """
    xp, flux, background_rms, electrons_per_unit = unify(flux, background_rms, electrons_per_unit)
    light = xp.where(flux > 0, flux, 0 * flux)
    return xp.sqrt(background_rms**2 + light / electrons_per_unit)


def add_noise(
    flux: FloatArray, background_rms: float | FloatArray, electrons_per_unit: float | FloatArray, seed
) -> FloatArray:
    """A noisy draw of `flux` (NumPy): Poisson electrons of the light, Gaussian background; `seed` as for NumPy."""
    random = np.random.default_rng(seed)
    electrons = random.poisson(np.maximum(flux, 0) * electrons_per_unit)
    return (
        electrons / electrons_per_unit + np.minimum(flux, 0) + background_rms * random.standard_normal(np.shape(flux))
    )
