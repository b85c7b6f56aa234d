"""Blobs that a solution leaves unexplained, or that were drawn, where no image of its source should be: neighbours, to
be masked.
"""

import numpy as np
import scipy.ndimage as ndi

from lensmith.modelling.joint import FieldBand, noise_variance

_DETECTION = 5.0
"""Significance of a blob in the smoothed residual [sigma]."""
_OUTSIDE = 1.5
_INSIDE = (0.35, 0.65)
_INSIDE_AREA = 0.1
"""Where blobs may be masked, in units of theta_E: beyond the arcs, and, if smaller than this [arcsec^2], between the
arcs and the counter-image."""
_NEAREST = 0.1
"""Share of a drawn object's pixels that may be nearer to the arcs than that, or have some of their light."""
_ARC_SIGNAL, _ARC_ELONGATION, _ARC_LENGTH = 15.0, 3.0, 0.2
"""Least signal to noise, ratio of rms length to width, and rms length [arcsec] of what counts as a left-over arc."""


def unexplained_blobs(field: FieldBand, core, light, arcs, settings) -> np.ndarray:
    """bool ``[y, x]``, True where something stands that the model does not explain.

    Parameters
    ----------
    core : the `CORE` vector of the solution for this band.
    light, arcs : its images ``[y, x]``.
    """
    band = field.prepared
    variance = noise_variance(band, field.light, arcs, settings)
    residual = np.where(band.use, (band.image - light - arcs) / np.sqrt(variance), 0.0)
    blur = _blur(band)
    # The blur lowers white noise to 1 / (2 sqrt(pi) blur).
    significance = ndi.gaussian_filter(residual, blur) * 2 * np.sqrt(np.pi) * blur
    labels, number = ndi.label(significance > _DETECTION)
    distance = _distance(band, core)
    arc_snr = ndi.gaussian_filter(arcs / band.noise, blur)
    out = np.zeros(residual.shape, bool)
    for label in range(1, number + 1):
        blob = labels == label
        place = np.median(distance[blob])
        small = blob.sum() * band.pixel_scale**2 < _INSIDE_AREA
        apart = place > _OUTSIDE or (small and _INSIDE[0] < place < _INSIDE[1])
        if apart and np.median(arc_snr[blob]) < 1:
            out |= blob
    return ndi.binary_dilation(out, iterations=2)


def apart_from_arcs(field: FieldBand, core, arcs, drawn) -> np.ndarray:
    """Of the objects `drawn` bool ``[y, x]`` those well outside the arcs, where the solution has none of its source's
    light. `core` and `arcs` as for `unexplained_blobs`.
    """
    band = field.prepared
    distance, arc_snr = _distance(band, core), ndi.gaussian_filter(arcs / band.noise, _blur(band))
    labels, number = ndi.label(drawn)
    out = np.zeros(drawn.shape, bool)
    for label in range(1, number + 1):
        blob = labels == label
        # Its nearest part counts, not its middle: a halo that reaches the arcs would take some of these along.
        if np.quantile(distance[blob], _NEAREST) > _OUTSIDE and np.quantile(arc_snr[blob], 1 - _NEAREST) < 1:
            out |= blob
    return out


def _distance(band, core) -> np.ndarray:
    """Of each pixel from the lens, in units of theta_E."""
    return np.hypot(band.x - core[4], band.y - core[5]) / np.exp(core[0])


def _blur(band) -> float:
    """Width [pixel] that residuals are smoothed with."""
    return max(1.0, 0.4 * band.fwhm / band.pixel_scale)


def left_over_arc(field: FieldBand, core, light, arcs, settings) -> float | None:
    """Distance [arcsec] of the brightest arc-like object that the model leaves unexplained anywhere on the stamp.

    Arc-like: significant, at least three times as long across the direction to the lens as along it, well outside
    theta_E, and not cut by the edge of the data, which makes arcs of round things. It may belong to a second source, or
    say that theta_E itself is larger.
    """
    band = field.prepared
    # The light as first fitted: it saw the whole stamp, the final one only the field around the arcs.
    residual = np.where(band.use, band.image - field.light.galaxy - field.light.sky - np.maximum(arcs, 0), 0.0)
    residual = residual / np.sqrt(noise_variance(band, field.light, arcs, settings))
    blur = max(1.5, 0.5 * band.fwhm / band.pixel_scale)
    significance = ndi.gaussian_filter(residual, blur) * 2 * np.sqrt(np.pi) * blur
    labels, number = ndi.label(significance > _DETECTION)
    x, y = band.x - core[4], band.y - core[5]
    edge = ndi.binary_dilation(np.pad(~band.inside, 1, constant_values=True), iterations=2)[1:-1, 1:-1]
    best, where = _ARC_SIGNAL, None
    for label in range(1, number + 1):
        blob = labels == label
        weight, px, py = significance[blob], x[blob], y[blob]
        cx, cy = np.average(px, weights=weight), np.average(py, weights=weight)
        distance = np.hypot(cx, cy)
        if distance < _OUTSIDE * np.exp(core[0]) or (blob & edge).any():
            continue
        along = ((px - cx) * cx + (py - cy) * cy) / distance
        across = (-(px - cx) * cy + (py - cy) * cx) / distance
        length, width = np.sqrt(np.average(across**2, weights=weight)), np.sqrt(np.average(along**2, weights=weight))
        signal = float(np.sqrt(np.sum(np.maximum(residual[blob], 0) ** 2)))
        if length > _ARC_ELONGATION * max(width, 0.5 * band.fwhm) and length > _ARC_LENGTH and signal > best:
            best, where = signal, float(distance)
    return where
