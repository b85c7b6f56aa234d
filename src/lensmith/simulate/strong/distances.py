"""Distances between the observer, lens and source as tables of `physics.cosmology`: a scene needs them in microseconds.

The default cosmology of `physics.cosmology` (flat). Scalars in, floats out.
"""

from functools import lru_cache

import numpy as np

from lensmith.physics import cosmology
from lensmith.physics.lens_model import DAYS_PER_MPC
from lensmith.types import FloatArray
from lensmith.units import ARCSEC_PER_RADIAN

_FARTHEST = 20.0


@lru_cache(maxsize=1)
def _table() -> tuple[FloatArray, FloatArray]:
    """ln(1 + z) and comoving distances [Mpc]."""
    log = np.linspace(0.0, np.log(1 + _FARTHEST), 4000)
    z = np.expm1(log)
    return log, cosmology.distance(z) * (1 + z)


def comoving(z: float) -> float:
    """Comoving distance [Mpc]."""
    return float(np.interp(np.log1p(z), *_table()))


def modulus(z: float) -> float:
    """Distance modulus: 5 log10 of the luminosity distance over 10 pc."""
    return 5 * np.log10(comoving(z) * (1 + z)) + 25


def arcsec_per_kpc(z: float) -> float:
    """Angle of one proper kiloparsec [arcsec]."""
    return ARCSEC_PER_RADIAN * 1e-3 * (1 + z) / comoving(z)


def lensing_ratio(z_lens: float, z_source: float) -> float:
    """D_ls / D_s of a flat universe; 0 for a source that is not behind the lens."""
    return max(0.0, 1 - comoving(z_lens) / comoving(z_source))


@lru_cache(maxsize=1)
def _theta_E_of_unit() -> float:
    """4 pi / c^2 in arcsec / (km/s)^2, through `physics.cosmology`."""
    return cosmology.sis_theta_E(1.0, 0.5, 2.0) / lensing_ratio(0.5, 2.0)


def theta_E(sigma_v: float, z_lens: float, z_source: float) -> float:
    """Einstein radius [arcsec] of an isothermal lens of velocity dispersion `sigma_v` [km/s]."""
    return _theta_E_of_unit() * sigma_v**2 * lensing_ratio(z_lens, z_source)


def nfw_angles(mass: float, concentration: float, z_lens: float, z_source: float) -> tuple[float, float]:
    """(Rs, alpha_Rs) [arcsec] of an NFW halo of M200 [solar masses, 200 times the critical density at `z_lens`].

    Navarro, Frenk & White 1997, eqs. 1 to 3; Wright & Brainerd 2000 for the deflection at Rs.
    """
    density = _critical_density(z_lens)
    r200 = (3 * mass / (800 * np.pi * density)) ** (1 / 3)
    Rs = r200 / concentration
    rho_s = 200 / 3 * concentration**3 / (np.log1p(concentration) - concentration / (1 + concentration)) * density
    sigma_crit = _sigma_crit_of_unit() / (comoving(z_lens) / (1 + z_lens) * lensing_ratio(z_lens, z_source))
    angle = arcsec_per_kpc(z_lens)
    return Rs * angle, 4 * rho_s * Rs**2 * (1 - np.log(2.0)) / sigma_crit * angle


@lru_cache(maxsize=1)
def _sigma_crit_of_unit() -> float:
    """c^2 / (4 pi G) in solar masses per square kpc times Mpc."""
    z_lens, z_source = 0.5, 2.0
    ratio = comoving(z_lens) / (1 + z_lens) * lensing_ratio(z_lens, z_source)
    return cosmology.sigma_crit(z_lens, z_source) * ratio


def _critical_density(z: float) -> float:
    """Critical density at redshift z [solar masses per cubic kpc]."""
    today, matter = 277.536627 * (cosmology.DEFAULT.h) ** 2, cosmology.DEFAULT.Om0
    return today * (matter * (1 + z) ** 3 + 1 - matter)


def time_delay_days(fermat, z_lens: float, z_source: float):
    """Delay [days] for differences of the Fermat potential [arcsec^2] (Suyu et al. 2010, ApJ 711, 201, eq. 4)."""
    distance = comoving(z_lens) / lensing_ratio(z_lens, z_source)
    return fermat * distance * DAYS_PER_MPC / ARCSEC_PER_RADIAN**2
