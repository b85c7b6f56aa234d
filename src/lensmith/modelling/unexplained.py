"""Blobs that a solution leaves unexplained, where no image of its source should be: neighbours, to be masked."""

import numpy as np
import scipy.ndimage as ndi

from lensmith.modelling.joint import FieldBand, noise_variance

_DETECTION = 5.0
"""Significance of a blob in the smoothed residual [sigma]."""
_OUTSIDE = 1.5
_INSIDE = (0.35, 0.65)
"""Where blobs may be masked, in units of theta_E: beyond the arcs, and between the arcs and the counter-image."""


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
    blur = max(1.0, 0.4 * band.fwhm / band.pixel_scale)
    # The blur lowers white noise to 1 / (2 sqrt(pi) blur).
    significance = ndi.gaussian_filter(residual, blur) * 2 * np.sqrt(np.pi) * blur
    labels, number = ndi.label(significance > _DETECTION)
    distance = np.hypot(band.x - core[4], band.y - core[5]) / np.exp(core[0])
    arc_snr = ndi.gaussian_filter(arcs / band.noise, blur)
    out = np.zeros(residual.shape, bool)
    for label in range(1, number + 1):
        blob = labels == label
        place = np.median(distance[blob])
        apart = place > _OUTSIDE or _INSIDE[0] < place < _INSIDE[1]
        if apart and np.median(arc_snr[blob]) < 1:
            out |= blob
    return ndi.binary_dilation(out, iterations=2)
