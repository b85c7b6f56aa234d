"""Noise measured from an image that comes without a noise map."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray

MAD_TO_SIGMA = 1.4826
SMOOTHING = 4.0
"""Width [pixels] of the Gaussian that tells sky from light: so wide that it does not sort the noise itself."""
LOCAL_WINDOW = 11
"""Side [pixels] of the median filter that takes the slope of galaxies and sky out before the scatter is measured;
wider than the correlation of neighbouring pixels that resampling leaves, which must stay in."""
CORRELATED = 0.3
"""Correlation of neighbouring pixels from which the note warns that errors come out too small."""


@dataclass(frozen=True)
class Background:
    """What the faint half of an image looks like.

    `sigma` is the scatter of one pixel, `level` the typical brightness at which it was measured (sky and what light
    reaches there), both in the image's unit; `correlation` is that of direct neighbours.
    """

    sigma: float
    level: float
    correlation: float


def measure_background(image: FloatArray, mask: BoolArray, where: str = "image") -> Background:
    """Scatter of the faint half of the usable pixels, robust against a lens that fills the stamp.

    The local median is subtracted, which removes the light's slope; the scatter is the clipped median absolute
    deviation of what is left. Noise correlated over a few pixels (drizzled, resampled images) counts in full, over
    more than `LOCAL_WINDOW` pixels it does not.

    Raises
    ------
    InputError
        if the image does not vary where it may be used.
    """
    filled = np.where(mask, image, np.median(image[mask])).astype(np.float64)
    scale = float(np.ptp(filled))
    if not scale > 0:
        raise InputError(f"{where}: every pixel has the same value, so there is nothing to model")
    filled /= scale  # values near 1e-12 are as good as any other
    smooth = ndimage.gaussian_filter(filled, SMOOTHING)
    residual = filled - ndimage.median_filter(filled, LOCAL_WINDOW, mode="reflect")
    faint = mask & (smooth <= np.median(smooth[mask]))
    sigma = _clipped_mad(residual[faint]) or float(residual[faint].std())  # whole counts may share their median
    if not sigma > 0:
        raise InputError(f"{where}: the noise cannot be measured, most faint pixels share one value; give a noise map")
    level = float(np.median(smooth[faint]))
    return Background(sigma * scale, level * scale, _neighbour_correlation(residual, faint, sigma))


def _clipped_mad(values: FloatArray) -> float:
    """1 sigma from the median absolute deviation, outliers beyond 4 sigma removed."""
    for _ in range(5):
        middle = np.median(values)
        sigma = MAD_TO_SIGMA * float(np.median(np.abs(values - middle)))
        kept = np.abs(values - middle) < 4.0 * sigma
        if kept.all() or not kept.any():
            break
        values = values[kept]
    return sigma


def _neighbour_correlation(residual: FloatArray, faint: BoolArray, sigma: float) -> float:
    quiet = faint & (np.abs(residual) < 4.0 * sigma)
    products = [
        (residual[:, 1:] * residual[:, :-1])[quiet[:, 1:] & quiet[:, :-1]],
        (residual[1:] * residual[:-1])[quiet[1:] & quiet[:-1]],
    ]
    pairs, power = np.concatenate(products), float(np.sum(residual[quiet] ** 2))
    return float(pairs.mean() / (power / np.count_nonzero(quiet))) if pairs.size and power > 0 else 0.0


def measured_noise(
    image: FloatArray, mask: BoolArray, electrons_per_unit: float | None, where: str = "image"
) -> tuple[FloatArray, str]:
    """A noise map (1 sigma, the image's unit) and the note that says how it came about.

    Photon noise is added where `electrons_per_unit` is known: the variance is the measured one at the brightness
    where it was measured, and changes with brightness by 1 / electrons_per_unit. The brightness is the median of
    3x3 pixels, so that a pixel's own fluctuation does not set its own weight.
    """
    background = measure_background(image, mask, where)
    note = f"noise measured: {background.sigma:.3g} from the scatter of faint pixels"
    variance = np.full(image.shape, background.sigma**2)
    if electrons_per_unit is None:
        note += ", the same everywhere (gain and exposure unknown, so the light's own photon noise is left out)"
    else:
        filled = np.where(mask, image, np.median(image[mask])).astype(np.float64)
        variance += (ndimage.median_filter(filled, 3) - background.level) / electrons_per_unit
        variance = np.maximum(variance, 0.25 * background.sigma**2)
        note += f" and photon noise at {electrons_per_unit:.4g} electrons a unit"
    if background.correlation > CORRELATED:
        note += f"; neighbouring pixels are correlated ({background.correlation:.2f}), so errors come out too small"
    return np.sqrt(variance), note
