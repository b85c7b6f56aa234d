"""Galaxies of the transients' skies: sizes and luminosities from scaling relations, colours from two spectra."""

from dataclasses import dataclass

import numpy as np

from lensmith.physics import ellipticity
from lensmith.simulate.transient.settings import GalaxySettings, SourceSettings
from lensmith.simulate.transient.spectra import galaxy_magnitudes
from lensmith.types import FloatArray

_SMALLEST = 0.03
"""Least half-light radius [arcsec]: far below a pixel."""


@dataclass(frozen=True)
class Galaxy:
    """Sersic light [arcsec], its absolute magnitude at 5500 angstrom and star formation, redshift, distance modulus."""

    R_sersic: float
    n_sersic: float
    e1: float
    e2: float
    center_x: float
    center_y: float
    absolute: float
    star_formation: float
    z: float
    modulus: float

    @property
    def shape(self) -> dict[str, float]:
        """The profile's parameters by name."""
        return {name: getattr(self, name) for name in ("R_sersic", "n_sersic", "e1", "e2", "center_x", "center_y")}

    def magnitudes(self, bands: FloatArray) -> FloatArray:
        """Apparent AB magnitudes ``[band]`` in bands of these wavelengths [angstrom]."""
        return galaxy_magnitudes(self.absolute, self.star_formation, self.z, self.modulus, bands)


def early_type(
    settings: GalaxySettings, stream, sigma_v: float, z: float, modulus: float, kpc: float, centre=(0.0, 0.0)
) -> Galaxy:
    """A galaxy of velocity dispersion `sigma_v` [km/s]; `kpc` an arcsec.

    Luminosity ``sigma_v^4`` through M = -21.2 at 200 km/s, brighter by z (Faber & Jackson 1976; evolution of the
    fundamental plane: van Dokkum & van der Marel 2007, ApJ 655, 30); half-light radius 4.5 kpc at 200 km/s, growing as
    ``sigma_v^1.5`` (Hyde & Bernardi 2009, MNRAS 394, 1978) and shrinking as ``(1 + z)^-0.7`` (as lenses do less than
    all early types: van der Wel et al. 2014).
    """
    strength = np.log10(sigma_v / 200)
    absolute = -21.2 - 10 * strength + settings.magnitude_offset.draw(stream) - z
    size = 4.5 * 10 ** (1.5 * strength + settings.size_offset.draw(stream)) * (1 + z) ** -0.7
    return _galaxy(settings, stream, absolute, size / kpc, z, modulus, centre)


def late_type(settings: SourceSettings, stream, z: float, modulus: float, kpc: float, centre) -> Galaxy:
    """A lensed galaxy: absolute magnitude at z = 0 and brighter by z; size by luminosity and redshift.

    Half-light radius 5.5 kpc at M = -21, as ``L^0.25``, and ``(1 + z)^-0.75`` (van der Wel et al. 2014, ApJ 788, 28).
    """
    local = settings.absolute.draw(stream)
    size = 5.5 * 10 ** (-0.1 * (local + 21) + settings.size_offset.draw(stream)) * (1 + z) ** -0.75
    return _galaxy(settings, stream, local - z, size / kpc, z, modulus, centre)


def _galaxy(settings, stream, absolute, radius, z, modulus, centre) -> Galaxy:
    modulus_of_shape = settings.ellipticity.draw(stream)
    q = (1 - modulus_of_shape) / (1 + modulus_of_shape)
    e1, e2 = (float(value) for value in ellipticity.components(q, np.pi * stream.random()))
    return Galaxy(
        R_sersic=max(float(radius), _SMALLEST),
        n_sersic=float(settings.n_sersic.draw(stream)),
        e1=e1,
        e2=e2,
        center_x=float(centre[0]),
        center_y=float(centre[1]),
        absolute=float(absolute),
        star_formation=float(settings.star_formation.draw(stream)),
        z=float(z),
        modulus=float(modulus),
    )
