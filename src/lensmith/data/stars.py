"""The width of the PSF from a star that happens to lie in the field."""

import numpy as np
from scipy import ndimage, optimize

from lensmith.data.noise import measure_background
from lensmith.types import BoolArray, FloatArray
from lensmith.units import FWHM_PER_SIGMA

HALF = 7
"""Half side [pixels] of the window around a star."""
MIN_SNR = 25.0
"""Peak over the noise of one pixel."""
MAX_TRIED = 8
ROUND = 0.85
"""Least axis ratio of a star's image."""
MISFIT = 0.06
"""Largest rms residual of the Gaussian fit over its amplitude: galaxies have wings and companions."""


def star_fwhm(image: FloatArray, mask: BoolArray, expected: float) -> float | None:
    """FWHM in pixels of the most compact star-like object outside the middle of the image, or None if there is none.

    Stars are round, isolated peaks that a Gaussian fits well and whose width lies within 0.6 to 1.3 of `expected`
    [pixels]; the bounds keep out hot pixels and galaxies, which a stamp holds more often than stars.
    """
    background = measure_background(image, mask)
    filled = np.where(mask, image, background.level) - background.level
    widths = [
        fwhm
        for row, column in _peaks(filled, mask, background.sigma)
        if (fwhm := _fit_width(filled, row, column)) is not None and 0.6 * expected <= fwhm <= 1.3 * expected
    ]
    return min(widths, default=None)


def _peaks(image: FloatArray, mask: BoolArray, sigma: float) -> list[tuple[int, int]]:
    """Brightest isolated peaks, (row, column), away from the middle, the edge and masked pixels."""
    smooth = ndimage.gaussian_filter(image, 1.0)
    highest = ndimage.maximum_filter(smooth, 2 * HALF + 1) == smooth
    rows, columns = np.nonzero(highest & (image > MIN_SNR * sigma))
    centre = (np.array(image.shape) - 1) / 2
    far = np.hypot(rows - centre[0], columns - centre[1]) > max(2 * HALF, 0.2 * min(image.shape))
    inside = np.minimum.reduce([rows, columns, image.shape[0] - 1 - rows, image.shape[1] - 1 - columns]) >= HALF
    usable = ndimage.minimum_filter(mask, 5)[rows, columns]
    found = [(int(r), int(c)) for r, c in zip(rows[far & inside & usable], columns[far & inside & usable])]
    return sorted(found, key=lambda peak: -smooth[peak])[:MAX_TRIED]


def _fit_width(image: FloatArray, row: int, column: int) -> float | None:
    """FWHM [pixels] of an elliptical Gaussian plus constant fitted to the window, or None if it is no star."""
    window = image[row - HALF : row + HALF + 1, column - HALF : column + HALF + 1]
    window = window / window.max()
    y, x = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1]

    def residuals(p):
        """p = amplitude, x, y, constant, and the inverse covariance's square root (a, b, c)."""
        dx, dy = x - p[1], y - p[2]
        return (p[0] * np.exp(-0.5 * ((p[4] * dx + p[6] * dy) ** 2 + (p[5] * dy) ** 2)) + p[3] - window).ravel()

    fit = optimize.least_squares(residuals, [1.0, 0.0, 0.0, 0.0, 0.6, 0.6, 0.0], max_nfev=60)
    amplitude, x0, y0, _, a, b, c = fit.x
    if amplitude <= 0 or np.hypot(x0, y0) > 2 or np.sqrt(np.mean(fit.fun**2)) > MISFIT * amplitude:
        return None
    widths = 1 / np.linalg.svd(np.array([[a, c], [0.0, b]]), compute_uv=False)
    if not np.isfinite(widths).all() or widths.min() < ROUND * widths.max():
        return None
    return float(np.sqrt(widths.prod()) * FWHM_PER_SIGMA)
