"""Rest-frame spectra, simple on purpose, and the AB magnitudes that they give in a redshifted band.

A band is its effective wavelength: the K-correction is the ratio of the spectrum's flux a frequency at the band's
wavelength divided by 1 + z to that at a reference wavelength, and ``-2.5 log10(1 + z)`` (Hogg et al. 2002,
astro-ph/0210394, eq. 8, for narrow bands). So colours redden with redshift and with cooling; lines and the shapes of
filters are left out.
"""

import math

import numpy as np

from lensmith.errors import SettingsError
from lensmith.types import FloatArray

BAND_WAVELENGTH = {"u": 3670.0, "g": 4820.0, "r": 6430.0, "i": 7830.0, "z": 9180.0, "Y": 9890.0, "y": 9710.0}
"""Effective wavelengths [angstrom] of the bands of DES (Abbott et al. 2018, ApJS 239, 18, table 1; u, y: LSST)."""

REFERENCE = 5500.0
"""Wavelength [angstrom] at which galaxies' absolute magnitudes are given."""

_HC_OVER_K = 1.438776877e8
"""hc/k [angstrom kelvin]."""

_KNOTS = np.log([2000.0, 2500.0, 3200.0, 3800.0, 4200.0, 4800.0, 5500.0, 6300.0, 7600.0, 9000.0, 12000.0])
_PASSIVE = np.array([5.0, 4.0, 2.6, 2.0, 0.75, 0.4, 0.0, -0.3, -0.68, -0.95, -1.25])
_STAR_FORMING = np.array([1.0, 0.95, 0.85, 0.75, 0.42, 0.25, 0.0, -0.18, -0.33, -0.42, -0.5])
"""AB magnitudes relative to 5500 angstrom of an old and a star-forming galaxy, with the break at 4000 angstrom; chosen
to give the colours of Fukugita et al. 1995, PASP 107, 945, table 3: E g-r 0.77, Scd g-r 0.4 at z = 0, redder beyond."""


def wavelengths(bands: tuple[str, ...]) -> FloatArray:
    """Effective wavelengths [angstrom] of bands by name.

    Raises
    ------
    SettingsError
        if one is not known.
    """
    for band in bands:
        if band not in BAND_WAVELENGTH:
            known = ", ".join(BAND_WAVELENGTH)
            raise SettingsError(f"transients have no wavelength for band {band!r}; use a survey with bands of {known}")
    return np.array([BAND_WAVELENGTH[band] for band in bands])


def galaxy_magnitudes(
    absolute: float, star_formation: float, z: float, modulus: float, bands: FloatArray
) -> FloatArray:
    """AB magnitudes ``[band]`` of a galaxy at redshift `z`, distance modulus `modulus`, `bands` in angstrom.

    `absolute` is its AB magnitude at 5500 angstrom in the rest frame; `star_formation` mixes the two spectra, from 0
    (old) to 1 (star-forming).
    """
    knots = (1 - star_formation) * _PASSIVE + star_formation * _STAR_FORMING
    relative = np.interp(np.log(bands / (1 + z)), _KNOTS, knots)
    return absolute + modulus - 2.5 * math.log10(1 + z) + relative


def blackbody_magnitude(wavelength, temperature, reference: float, cutoff: float, steepness: float) -> FloatArray:
    """AB magnitude of a cooling photosphere at `wavelength` against that at `reference` [angstrom].

    Planck's law at `temperature` [K]; below `cutoff` [angstrom], where lines blanket the ultraviolet, its flux a
    frequency is multiplied by ``(wavelength / cutoff)^steepness`` (the form of Nicholl et al. 2017, ApJ 850, 55).
    Arrays broadcast.
    """
    return _blackbody(wavelength, temperature, cutoff, steepness) - _blackbody(
        reference, temperature, cutoff, steepness
    )


def _blackbody(wavelength, temperature, cutoff, steepness):
    """-2.5 log10 of B_nu but for a constant."""
    bright = -3 * np.log(wavelength) - np.log(np.expm1(_HC_OVER_K / (wavelength * temperature)))
    blanketed = steepness * np.minimum(np.log(wavelength / cutoff), 0.0)
    return -2.5 / math.log(10) * (bright + blanketed)


def dust_magnitude(wavelength, extinction: float, at: float, slope: float = 1.75):
    """Extinction [mag] at rest `wavelength` of a law ``wavelength^-slope`` that is `extinction` at wavelength `at`.

    A slope of 1.75 reddens B - V by 1/3.1 of the extinction in B: the colour law of SN Ia (Betoule et al. 2014).
    """
    return extinction * (wavelength / at) ** -slope
