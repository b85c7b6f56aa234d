"""How correlated the noise of an image is, and what that leaves of the information in its pixels.

Drizzled and resampled images share noise between neighbouring pixels. A fit that counts every pixel as independent
then believes the data too much: against its priors, between solutions, and in its errors. What the fit looks at has
passed the PSF, so what matters is the variance of PSF-shaped sums of pixels, over that of white noise with the same
variance a pixel: with rho the noise's autocorrelation and A that of the PSF, the sum of rho A over all lags. The
log-likelihood is divided by it.
"""

import numpy as np
import scipy.ndimage as ndi
from scipy.signal import fftconvolve

_REACH = 12
"""Largest lag [pixels]; the PSF's autocorrelation has faded there."""
_DETECTION = 4.0
"""Significance in the smoothed residual from which pixels, and what is around them, count as objects. A lower one
cuts the noise's own slow waves, and its correlation comes out too small."""
_HIGH_PASS = 10.0
"""Width of the Gaussian whose local mean is taken out [pixels]: wider than the correlation, narrower than galaxies."""
_CLIP = 4.0
_MIN_PIXELS = 300
"""Blank pixels below which nothing can be said: noise taken as it is stated."""
_RANGE = (0.5, 12.0)


def blank_residual(image, light, noise, use):
    """High-passed (image - light) / noise, and which pixels are blank, both ``[y, x]``.

    `light` is the model of the lens light with sky. Objects are what stands out of the smoothed residual, of either
    sign, and the middle of the galaxy, where the residual is the model's error.
    """
    residual = np.where(use, (image - light) / noise, 0.0)
    blank = use & (light - np.median(light[use]) < 3 * noise)
    for _ in range(3):
        level = ndi.gaussian_filter(np.where(blank, residual, 0.0), _HIGH_PASS)
        cover = ndi.gaussian_filter(blank.astype(float), _HIGH_PASS)
        flat = residual - level / np.maximum(cover, 1e-3)
        smooth = ndi.gaussian_filter(np.where(use, flat, 0.0), 2.0)
        quiet = blank if blank.sum() > _MIN_PIXELS else use
        sigma = 1.4826 * np.median(np.abs(smooth[quiet] - np.median(smooth[quiet])))
        objects = ndi.binary_dilation(np.abs(smooth) > _DETECTION * max(sigma, 1e-9), iterations=2)
        narrowed = use & (light - np.median(light[use]) < 3 * noise) & ~objects
        if narrowed.sum() < _MIN_PIXELS:
            break
        blank = narrowed
    return flat, blank


def _lagged_products(values, reach: int):
    """Sums of products at all lags up to `reach`, ``[2 reach + 1, 2 reach + 1]``, by FFT."""
    full = fftconvolve(values, values[::-1, ::-1])
    row, column = (np.array(full.shape) - 1) // 2
    return full[row - reach : row + reach + 1, column - reach : column + reach + 1]


def autocovariance(residual, blank, reach: int = _REACH):
    """Autocovariance ``[lag y, lag x]`` of the residual over pairs of blank pixels."""
    sigma = 1.4826 * np.median(np.abs(residual[blank] - np.median(residual[blank])))
    clipped = np.clip(residual, -_CLIP * sigma, _CLIP * sigma)
    values = np.where(blank, clipped - clipped[blank].mean(), 0.0)
    return _lagged_products(values, reach) / np.maximum(_lagged_products(blank.astype(float), reach), 1.0)


def information_loss(image, light, noise, use, kernel) -> float:
    """Variance of PSF-shaped sums of pixels over what the noise map promises for independent pixels; 1 if unknown."""
    flat, blank = blank_residual(image, light, noise, use)
    if blank.sum() < _MIN_PIXELS:
        return 1.0
    shape = _lagged_products(np.asarray(kernel, float), _REACH)
    return float(np.clip(np.sum(autocovariance(flat, blank) * shape) / shape.max(), *_RANGE))
