"""Einstein radii of masses in the lens, by the laws of physics and as the published code has them."""

from dataclasses import dataclass

import numpy as np
from astropy import constants, units

from lensmith.physics import cosmology
from lensmith.types import FloatArray
from lensmith.units import ARCSEC_PER_RADIAN

CONVENTION_REDSHIFT = 2.5
"""Source redshift for which the published code of Models II and III gives its deflections."""


@dataclass(frozen=True)
class Strength:
    """What turns mass into deflection.

    Attributes
    ----------
    theta_E_of_unit : Einstein radius [arcsec] of one solar mass.
    reduction : factor on every deflection that is given for a source at another redshift; 1 where there is none.
    """

    theta_E_of_unit: float
    reduction: float = 1.0

    def point(self, mass: FloatArray | float) -> FloatArray | float:
        """Einstein radius [arcsec] of a point mass [solar masses] as it acts."""
        return self.theta_E_of_unit * np.sqrt(self.reduction * mass)

    def isothermal(self, mass: float) -> float:
        """Einstein radius [arcsec] of an isothermal lens, named by the mass inside its Einstein radius, as it acts."""
        return float(self.reduction * self.theta_E_of_unit * np.sqrt(mass))


def strength(z_lens: float, z_source: float) -> Strength:
    """theta_E^2 = 4 G M / c^2 D_ls / (D_l D_s) with angular-diameter distances (Schneider et al. 1992, eq. 2.6)."""
    return Strength(cosmology.einstein_mass(1.0, z_lens, z_source) ** -0.5)


def published_strength(z_lens: float, z_source: float, model: str) -> Strength:
    """The same formula as the published code fills it in.

    Distances are luminosity distances, and D_ls their difference. Models II and III hand the Einstein radii to a
    ray tracer as if for a source at redshift 2.5 while the source is at `z_source`, which weakens every deflection.
    """
    near, far = (cosmology.DEFAULT.luminosity_distance(z) for z in (z_lens, z_source))
    square = 4 * constants.G * constants.M_sun / constants.c**2 * (far - near) / (near * far)
    theta_E = float(np.sqrt(square.to_value(units.dimensionless_unscaled))) * ARCSEC_PER_RADIAN
    if model == "I" or z_source == CONVENTION_REDSHIFT:
        return Strength(theta_E)
    actual, assumed = (
        cosmology.distance_between(z_lens, z) / cosmology.distance(z) for z in (z_source, CONVENTION_REDSHIFT)
    )
    return Strength(theta_E, float(actual / assumed))
