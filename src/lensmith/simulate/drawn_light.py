"""Light that is drawn rather than modelled: spiral arms, rings and the trails of satellites.

Each function returns the surface brightness of a total flux of 1 [per square arcsec]; a trail, that of a flux of 1 an
arcsec where it is brightest. JAX arrays, arcsec.
"""

import math

import jax.numpy as jnp

from lensmith.physics.ellipticity import elliptical_coordinates, radius_squared
from lensmith.physics.light import sersic
from lensmith.types import Array

_CENTRE = 1e-3
"""Radius [arcsec] inside which arms stop winding."""


def spiral(x, y, R_sersic, e1, e2, center_x, center_y, arms, pitch, phase, contrast) -> Array:
    """Exponential disc with logarithmic arms: the disc times ``1 + contrast cos(arms (angle - ln R / tan pitch))``.

    `pitch` [rad] is the pitch angle (10 to 30 degrees in nearby spirals: Savchenko & Reshetnikov 2013, MNRAS 436,
    1074); `contrast` is 0 to 1. The modulation is sharpened, so that arms are narrower than the gaps between them, and
    fades in the inner half-light radius, where the bulge is.
    """
    disc = sersic.surface_brightness(x, y, 1.0, R_sersic, 1.0, e1, e2, center_x, center_y)
    u, v = elliptical_coordinates(x - center_x, y - center_y, e1, e2)
    square = jnp.maximum(radius_squared(x - center_x, y - center_y, e1, e2), _CENTRE**2)
    winding = jnp.log(square / R_sersic**2) / (2 * jnp.tan(pitch))
    wave = jnp.cos(arms * (jnp.atan2(v, u) - winding) + phase)
    fade = square / (square + (0.4 * R_sersic) ** 2)
    arm = jnp.exp(2.0 * (wave - 1)) / _MEAN_ARM - 1
    return disc * (1 + contrast * fade * arm) / sersic.total_flux(1.0, R_sersic, 1.0)


_MEAN_ARM = 0.30850832255367105
"""Mean of exp(2 (cos t - 1)) over a turn, I_0(2) exp(-2): arms move light about and add none."""


def ring(x, y, radius, width, e1, e2, center_x, center_y) -> Array:
    """Ring with a Gaussian profile of sigma `width` [arcsec] at elliptical radius `radius`, `width` well below it."""
    distance = jnp.sqrt(radius_squared(x - center_x, y - center_y, e1, e2)) - radius
    # 2 pi R times the Gaussian's area, exact up to exp(-(radius / width)^2 / 2).
    return jnp.exp(-0.5 * (distance / width) ** 2) / ((2 * math.pi) ** 1.5 * radius * width)


def trail(x, y, center_x, center_y, angle, width, length) -> Array:
    """Straight line through (center_x, center_y) at `angle` [rad from +x], Gaussian across with sigma `width` [arcsec].

    Along the line the light falls as ``1 / (1 + (distance / length)^2)``: a `length` far beyond the image for a
    satellite, short for the diffraction spike of a star.
    """
    dx, dy = x - center_x, y - center_y
    across = dy * jnp.cos(angle) - dx * jnp.sin(angle)
    along = (dx * jnp.cos(angle) + dy * jnp.sin(angle)) / length
    return jnp.exp(-0.5 * (across / width) ** 2) / (math.sqrt(2 * math.pi) * width * (1 + along**2))


def stamp(x, y, picture, center_x, center_y, scale, angle) -> Array:
    """A picture ``[y, x]`` (flux a pixel) centred on (center_x, center_y), turned by `angle` [rad].

    `scale` is arcsec a pixel of it. Bilinear between the picture's pixels, zero outside it.
    """
    rows, columns = picture.shape
    dx, dy = (x - center_x) / scale, (y - center_y) / scale
    column = dx * jnp.cos(angle) + dy * jnp.sin(angle) + (columns - 1) / 2
    row = dy * jnp.cos(angle) - dx * jnp.sin(angle) + (rows - 1) / 2
    left, low = jnp.floor(column), jnp.floor(row)
    right_part, high_part = column - left, row - low

    def pixel(row, column):
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        at = jnp.clip(row, 0, rows - 1).astype(jnp.int32), jnp.clip(column, 0, columns - 1).astype(jnp.int32)
        return jnp.where(inside, picture[at], 0.0)

    lower = pixel(low, left) * (1 - right_part) + pixel(low, left + 1) * right_part
    upper = pixel(low + 1, left) * (1 - right_part) + pixel(low + 1, left + 1) * right_part
    return (lower * (1 - high_part) + upper * high_part) / scale**2
