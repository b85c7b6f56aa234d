"""Where the substructure of a lens is and how much it weighs: subhaloes of cold dark matter, or an axion vortex."""

from dataclasses import dataclass

import numpy as np

from lensmith.simulate.distributions import PowerLaw
from lensmith.simulate.substructure.settings import SubstructureSettings
from lensmith.types import FloatArray

_LENGTH = 0.03
"""Half-length [arcsec] of a vortex at redshift 0.5 for an axion of 1e-22 eV: half its de Broglie wavelength."""


@dataclass(frozen=True, eq=False)
class PointMasses:
    """Point masses: x, y [arcsec] from the lens's centre and `mass` [solar masses], each ``[point]``.

    `axion_mass` [eV], `half_length` [arcsec] and `angle` [rad from +x] describe a vortex and are NaN without one.
    """

    x: FloatArray
    y: FloatArray
    mass: FloatArray
    axion_mass: float = np.nan
    half_length: float = np.nan
    angle: float = np.nan


def draw_masses(kind: str, settings: SubstructureSettings, rng: np.random.Generator) -> PointMasses:
    """The substructure of one lens of the class `kind`."""
    if kind == "no":
        return PointMasses(np.empty(0), np.empty(0), np.empty(0))
    return _subhaloes(settings, rng) if kind == "sphere" else _vortex(settings, rng)


def _subhaloes(settings: SubstructureSettings, rng: np.random.Generator) -> PointMasses:
    """Masses by the power law; distances uniform, so that they crowd towards the centre; directions uniform."""
    n = settings.n_subhaloes
    mass = PowerLaw(power_law=(settings.slope, *settings.subhalo_mass)).draw_many(rng, n)
    radius, angle = rng.uniform(*settings.subhalo_radius, n), rng.uniform(0, 2 * np.pi, n)
    return PointMasses(radius * np.cos(angle), radius * np.sin(angle), mass)


def _vortex(settings: SubstructureSettings, rng: np.random.Generator) -> PointMasses:
    """Equal masses, evenly along a line through the centre (Alexander et al. 2020, ApJ 893, 15, sect. 2)."""
    axion_mass = settings.axion_mass.draw(rng)
    half_length, angle = _LENGTH * 1e-22 / axion_mass, rng.uniform(0, 2 * np.pi)
    n = settings.vortex_points
    along = np.linspace(-half_length, half_length, n)
    mass = np.full(n, settings.vortex_mass / n)
    return PointMasses(along * np.cos(angle), along * np.sin(angle), mass, axion_mass, half_length, angle)
