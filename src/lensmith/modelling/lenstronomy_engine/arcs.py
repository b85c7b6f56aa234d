"""A first guess from the arcs themselves: where they are, how large their ring is, and what stands beside them.

As in the DES pipeline the starting point comes from the pixels that are neither lens nor background: here those that
stand out after the lens light is subtracted.
"""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage as ndi

from lensmith.errors import FitError
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.expectation import Expectation

_DETECTION = 3.0
"""Significance of a pixel in the smoothed residual [sigma]."""
_CAP = 6.0
"""Pixels count at most this many sigma, so that one bright neighbour does not set the radius."""
_OUTSIDE = 1.6
"""Blobs beyond this many radii of the ring are neighbours."""


@dataclass(frozen=True, eq=False)
class FirstGuess:
    """Radius of the arcs' ring [arcsec]; bool ``[y, x]`` of every band, True = fit."""

    theta_E: float
    masks: tuple[np.ndarray, ...]


def _significance(band, light) -> np.ndarray:
    """Residual of the lens light in sigma of the smoothed image ``[y, x]``, 0 where nothing may be used."""
    residual = np.where(band.use, (band.image - light.galaxy - light.sky) / band.noise, 0.0)
    blur = max(0.7, 0.4 * band.fwhm / band.pixel_scale)
    # The blur lowers white noise to 1 / (2 sqrt(pi) blur).
    return ndi.gaussian_filter(residual, blur) * 2 * np.sqrt(np.pi) * blur


def first_guess(
    aligned: AlignedBands,
    theta_E_range: tuple[float, float],
    field_radius: float,
    expected: Expectation | None = None,
) -> FirstGuess:
    """Radius at which the rings around the lens hold the most signal, and masks without the neighbours.

    Where a network `expected` a radius, rings within two of its widened sigma are asked first, and all others only if
    nothing stands out in these.

    Raises
    ------
    FitError
        if nothing stands out of the noise once the lens light is subtracted.
    """
    maps = [_significance(band, light) for band, light in zip(aligned.bands, aligned.lights)]
    for radii in _radii(theta_E_range, expected):
        signal = np.sum([_ring_signal(band, found, radii) for band, found in zip(aligned.bands, maps)], axis=0)
        if signal.max() > 0:
            break
    else:
        raise FitError("no arcs stand out of the noise around the lens: lenstronomy has nothing to start from")
    theta_E = float(radii[np.argmax(signal)])
    masks = tuple(_mask(band, found, theta_E, field_radius) for band, found in zip(aligned.bands, maps))
    return FirstGuess(theta_E, masks)


def _radii(theta_E_range: tuple[float, float], expected: Expectation | None) -> list[np.ndarray]:
    """Radii of rings [arcsec] to ask, those to ask first in front."""
    everywhere = np.geomspace(*theta_E_range, 40)
    if expected is None:
        return [everywhere]
    mean, sigma = expected.log_radius
    low, high = np.clip(np.exp([mean - 2 * sigma, mean + 2 * sigma]), *theta_E_range)
    return [np.geomspace(low, high, 40), everywhere] if low < high else [everywhere]


def _ring_signal(band, significance, radii) -> np.ndarray:
    """Capped significance of the detected pixels in the ring at every radius, over the root of its pixels."""
    width = max(0.5 * band.fwhm, band.pixel_scale)
    counted = np.where(significance > _DETECTION, np.minimum(significance, _CAP), 0.0)
    out = []
    for radius in radii:
        ring = band.use & (np.abs(band.radius - radius) < width)
        # The inner ring of a lens holds what the light model left over: a ring must be resolved to count.
        out.append(counted[ring].sum() / np.sqrt(max(ring.sum(), 1)) if radius > 0.6 * band.fwhm else 0.0)
    return np.array(out)


def _mask(band, significance, theta_E: float, field_radius: float) -> np.ndarray:
    radius = min(field_radius, max(2.2 * theta_E, theta_E + 2 * band.fwhm))
    labels, number = ndi.label(significance > _DETECTION)
    neighbours = np.zeros(labels.shape, bool)
    for label in range(1, number + 1):
        blob = labels == label
        if np.median(band.radius[blob]) > _OUTSIDE * theta_E + 0.5 * band.fwhm:
            neighbours |= blob
    return band.use & (band.radius < radius) & ~ndi.binary_dilation(neighbours, iterations=1)
