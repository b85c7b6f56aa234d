"""Distances, and what they turn angles into, through astropy. Numbers out are floats or NumPy arrays.

Every function takes an astropy cosmology; the default is flat LCDM with H0 = 70 km/s/Mpc and Omega_m = 0.3. Distances
are angular-diameter distances in Mpc.
"""

from itertools import pairwise

import numpy as np
from astropy import constants, units
from astropy.cosmology import FLRW, FlatLambdaCDM

from lensmith.errors import InputError
from lensmith.types import FloatArray
from lensmith.units import ARCSEC_PER_RADIAN

DEFAULT = FlatLambdaCDM(H0=70.0, Om0=0.3)

_LIGHT_KM_S = constants.c.to_value("km/s")


def distance(z: float, cosmology: FLRW = DEFAULT) -> float:
    """Angular-diameter distance from the observer [Mpc]."""
    return cosmology.angular_diameter_distance(z).to_value("Mpc")


def distance_between(z_near: float, z_far: float, cosmology: FLRW = DEFAULT) -> float:
    """Angular-diameter distance between two redshifts [Mpc] (Hogg 1999, astro-ph/9905116, eq. 19).

    Raises
    ------
    InputError
        if `z_far` does not exceed `z_near`, or `z_near` is not positive.
    """
    if not np.min(z_near) > 0 or np.any(np.less_equal(z_far, z_near)):
        raise InputError(f"redshifts must be positive and ordered, lens before source, not {z_near} and {z_far}")
    near, far = (cosmology.comoving_transverse_distance(z).to_value("Mpc") for z in (z_near, z_far))
    curvature = cosmology.Ok0 / cosmology.hubble_distance.to_value("Mpc") ** 2
    return (far * np.sqrt(1 + curvature * near**2) - near * np.sqrt(1 + curvature * far**2)) / (1 + z_far)


def time_delay_distance(z_lens: float, z_source: float, cosmology: FLRW = DEFAULT) -> float:
    """``D_dt = (1 + z_l) D_l D_s / D_ls`` [Mpc] (Suyu et al. 2010, ApJ 711, 201, eq. 5)."""
    between = distance_between(z_lens, z_source, cosmology)
    return (1 + z_lens) * distance(z_lens, cosmology) * distance(z_source, cosmology) / between


def sigma_crit(z_lens: float, z_source: float, cosmology: FLRW = DEFAULT) -> float:
    """Critical surface density ``c^2 / (4 pi G) D_s / (D_l D_ls)`` [solar masses per square kpc]."""
    ratio = distance(z_source, cosmology) / (
        distance(z_lens, cosmology) * distance_between(z_lens, z_source, cosmology)
    )
    density = constants.c**2 / (4 * np.pi * constants.G) * ratio / units.Mpc
    return density.to_value("Msun / kpc2")


def einstein_mass(theta_E: float, z_lens: float, z_source: float, cosmology: FLRW = DEFAULT) -> float:
    """Mass inside an Einstein radius [arcsec], solar masses: pi (D_l theta_E)^2 sigma_crit."""
    radius = distance(z_lens, cosmology) * 1e3 * theta_E / ARCSEC_PER_RADIAN
    return np.pi * radius**2 * sigma_crit(z_lens, z_source, cosmology)


def sis_theta_E(sigma_v: float, z_lens: float, z_source: float, cosmology: FLRW = DEFAULT) -> float:
    """Einstein radius [arcsec] of a SIS of velocity dispersion `sigma_v` [km/s]: ``4 pi (sigma_v/c)^2 D_ls / D_s``."""
    ratio = distance_between(z_lens, z_source, cosmology) / distance(z_source, cosmology)
    return 4 * np.pi * (sigma_v / _LIGHT_KM_S) ** 2 * ratio * ARCSEC_PER_RADIAN


def sis_sigma_v(theta_E: float, z_lens: float, z_source: float, cosmology: FLRW = DEFAULT) -> float:
    """Velocity dispersion [km/s] of a SIS of Einstein radius `theta_E` [arcsec]; the inverse of `sis_theta_E`."""
    return np.sqrt(theta_E / sis_theta_E(1.0, z_lens, z_source, cosmology))


def plane_scaling(z_planes, z_source: float, cosmology: FLRW = DEFAULT) -> FloatArray:
    """``D_ij D_s / (D_j D_is)``, ``[n, n + 1]`` for n lens planes in order and the source as the last column.

    Zero where plane j is not behind plane i; planes at one redshift do not see each other. What `multi_plane` needs.

    Raises
    ------
    InputError
        if the planes are not ordered by redshift or reach the source.
    """
    z = _ordered(z_planes, z_source)
    scaling = np.zeros((len(z) - 1, len(z)))
    for i in range(len(z) - 1):
        for j in range(i + 1, len(z)):
            if z[j] > z[i]:
                scaling[i, j] = (distance_between(z[i], z[j], cosmology) * distance(z_source, cosmology)) / (
                    distance(z[j], cosmology) * distance_between(z[i], z_source, cosmology)
                )
    return scaling


def plane_time_delay_distances(z_planes, z_source: float, cosmology: FLRW = DEFAULT) -> FloatArray:
    """``(1 + z_i) D_i D_(i+1) / D_(i,i+1)`` [Mpc], ``[n]``: from every plane to the next, the source last.

    Raises
    ------
    InputError
        if two planes share a redshift, or as `plane_scaling`.
    """
    z = _ordered(z_planes, z_source)
    return np.array([time_delay_distance(near, far, cosmology) for near, far in pairwise(z)])


def _ordered(z_planes, z_source: float) -> list[float]:
    z = [float(value) for value in z_planes]
    if not z or min(z) <= 0 or sorted(z) != z or z[-1] >= z_source:
        raise InputError(f"lens planes must be ordered by redshift and lie before the source, not {z} and {z_source}")
    return [*z, float(z_source)]
