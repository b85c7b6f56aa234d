"""A shear law as a table over ln x, so that a sampler evaluates any law at the price of one look-up.

The law itself stands once, in `physics.weak_lensing`; linear interpolation over 4096 steps errs by less than 1e-4.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from lensmith.errors import SettingsError
from lensmith.physics.weak_lensing import SHEAR_LAWS

_LOW, _HIGH, _STEPS = np.log(1e-4), np.log(1e4), 4096


class ShearTable(NamedTuple):
    """kappa_hat and gamma_hat of a law at equal steps of ln x: float32 ``[step]`` each."""

    kappa: np.ndarray
    gamma: np.ndarray


@cache
def shear_table(law: str) -> ShearTable:
    """The table of a law.

    Raises
    ------
    SettingsError
        if there is no such law.
    """
    if law not in SHEAR_LAWS:
        raise SettingsError(f"there is no halo law {law}; there are {', '.join(SHEAR_LAWS)}")
    x = np.exp(np.linspace(_LOW, _HIGH, _STEPS))
    return ShearTable(*(np.asarray(values, np.float32) for values in SHEAR_LAWS[law](x)))


def ellipticity(table: ShearTable, x, y, halo):
    """(e1, e2) under JAX of round galaxies at `x`, `y` ``[galaxy]`` behind `halo` = (x, y, ln amplitude, ln scale)."""
    import jax.numpy as jnp

    dx, dy = x - halo[0], y - halo[1]
    square = dx * dx + dy * dy + jnp.float32(1e-10)
    place = (0.5 * jnp.log(square) - halo[3] - np.float32(_LOW)) * np.float32((_STEPS - 1) / (_HIGH - _LOW))
    place = jnp.clip(place, 0, np.float32(_STEPS - 1.001))
    step = place.astype(jnp.int32)
    part = place - step
    amplitude = jnp.exp(halo[2])
    kappa = amplitude * (table.kappa[step] + part * (table.kappa[step + 1] - table.kappa[step]))
    gamma = amplitude * (table.gamma[step] + part * (table.gamma[step + 1] - table.gamma[step]))
    inner = 1 - kappa
    flipped = jnp.abs(gamma) > jnp.abs(inner)
    g = jnp.where(flipped, inner, gamma) / jnp.where(flipped, gamma, inner) / square
    return -g * (dx * dx - dy * dy), -2 * g * dx * dy
