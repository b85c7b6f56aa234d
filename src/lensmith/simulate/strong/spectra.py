"""Magnitudes of galaxies and quasars in any band at any redshift, from three spectra given as short tables.

Magnitudes per frequency (AB) against rest wavelength, relative to 6200 angstrom. `EARLY` follows the elliptical of
Coleman, Wu & Weedman 1980 (ApJS 43, 393), continued to the infrared with Polletta et al. 2007 (ApJ 663, 81), its
optical slopes set so that massive ellipticals have g - r = 1.8, r - i = 0.8 at redshift 0.5 and g - r = 1.2 at 0.2, as
luminous red galaxies do (Eisenstein et al. 2001, AJ 122, 2267). `YOUNG` is a star-forming galaxy without much dust, the
"Im" of the former. Galaxies between the two are mixed by `redness`. A quasar is a power law, f_nu ~ nu^-0.5 (Vanden
Berk et al. 2001, AJ 122, 549). No emission lines; the forest of a distant source is a fall below 1216 angstrom.
"""

import re

import numpy as np

from lensmith.errors import SettingsError
from lensmith.types import FloatArray

REFERENCE = 7800.0
"""Observed wavelength [angstrom] of magnitudes that settings call i-band."""

_TABLE = np.array(
    [  # rest wavelength [angstrom], early, young
        [800, 9.0, 5.0],
        [912, 8.0, 3.5],
        [1216, 6.5, 1.1],
        [1500, 6.0, 0.92],
        [2000, 5.4, 0.88],
        [2500, 4.6, 0.85],
        [3000, 3.4, 0.80],
        [3600, 2.35, 0.74],
        [4000, 1.65, 0.50],
        [4300, 1.20, 0.42],
        [4700, 0.78, 0.32],
        [5500, 0.28, 0.12],
        [6200, 0.0, 0.0],
        [7600, -0.38, -0.15],
        [9000, -0.62, -0.22],
        [12500, -1.0, -0.35],
        [16500, -1.35, -0.45],
        [22000, -1.1, -0.3],
        [36000, -0.2, 0.4],
        [50000, 0.4, 0.9],
    ]
)
_REST, EARLY, YOUNG = np.log(_TABLE[:, 0]), _TABLE[:, 1], _TABLE[:, 2]
_BLUEST = np.log(1216.0)

WAVELENGTHS = {
    "u": 3650.0,
    "g": 4810.0,
    "r": 6350.0,
    "i": 7800.0,
    "z": 9160.0,
    "y": 9900.0,
    "vis": 7150.0,
    "j": 13685.0,
    "h": 17739.0,
    "k": 21500.0,
}
"""Wavelength [angstrom] of a band by its name in lower case; those of HST and JWST follow from the name itself."""

_EUCLID_Y = 10858.0


def wavelengths(bands: tuple[str, ...], given: dict[str, float] | None = None) -> FloatArray:
    """Pivot wavelength of each band [angstrom], ``[band]``; `given` ones come first.

    Raises
    ------
    SettingsError
        if a band's wavelength is not known.
    """
    given = given or {}
    near_infrared = {"j", "h"} & {band.lower() for band in bands}
    return np.array([_wavelength(band, given, bool(near_infrared)) for band in bands])


def _wavelength(band: str, given: dict[str, float], near_infrared: bool) -> float:
    if band in given:
        return float(given[band])
    name = band.lower()
    if name == "y" and near_infrared:
        return _EUCLID_Y
    if name in WAVELENGTHS:
        return WAVELENGTHS[name]
    if filter_name := re.fullmatch(r"f(\d{3})(lp|[wmnx]2?)", name):
        number = int(filter_name[1])
        return number * (100.0 if number <= 212 or number in _JWST_LONG else 10.0)
    raise SettingsError(f"band {band} has no known wavelength; give it in angstrom with wavelengths.{band}=...")


_JWST_LONG = {250, 277, 300, 322, 323, 335, 356, 360, 405, 410, 430, 444, 460, 466, 470, 480}
"""Filters of NIRCam's long channel, named in units of 10 nm like all below 213; HST names the others in nm."""


def galaxy_magnitudes(redness: float, z: float, observed: FloatArray) -> FloatArray:
    """AB magnitudes ``[band]`` at `observed` wavelengths relative to rest 6200 angstrom; `redness` 0 young, 1 early."""
    rest = np.log(observed / (1 + z))
    return np.interp(rest, _REST, redness * EARLY + (1 - redness) * YOUNG)


def quasar_magnitudes(z: float, observed: FloatArray) -> FloatArray:
    """As `galaxy_magnitudes`, of a quasar."""
    rest = np.log(observed / (1 + z))
    # f_nu ~ nu^-0.5: one magnitude is 2.5 log10 of it; fainter by 1.5 below Lyman alpha.
    return -1.25 / np.log(10) * (rest - np.log(6200.0)) + np.where(rest < _BLUEST, 1.5, 0.0)
