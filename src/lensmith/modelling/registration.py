"""Where a later band lies against the first one, when no WCS tells: cross-correlation of the pictures themselves."""

import numpy as np
import scipy.ndimage as ndi
from scipy.signal import fftconvolve

from lensmith.data import Band
from lensmith.modelling.cosmic_rays import clean_cosmic_rays

_REACH = 1.0
"""Largest misplacement that is looked for [arcsec]."""
_SMOOTHING = 0.06
"""Blur before the comparison [arcsec], so that different PSFs do not matter."""
_HIGH_PASS = 0.3
"""Structure broader than this is removed [arcsec], and so is a frame of this width."""


def _picture(band: Band, matrix, points):
    """Contrast-compressed image of a band at frame `points` ``[2, y, x]`` relative to the middle of its image.

    asinh of the signal to noise lets the arcs, which bands share, count beside the lens, which may fade in one.
    """
    level, noise = np.median(band.image[band.mask]), np.median(band.noise[band.mask])
    image = np.where(band.mask, band.image, level).astype(float)
    _, image = clean_cosmic_rays(image, np.where(band.mask, band.noise, noise).astype(float), band.mask)
    image = np.where(band.mask, (image - level) / noise, 0.0)
    image = ndi.gaussian_filter(ndi.median_filter(image, 3), _SMOOTHING / band.pixel_scale)
    width = _HIGH_PASS / band.pixel_scale
    # Broad light would leave a broad peak that the frame of the stamps decides; cores and arcs are sharp. Compressed
    # afterwards: the other way round the contrast changes where the light fades, which draws a ring.
    image = np.arcsinh(image - ndi.gaussian_filter(image, width))
    edge = int(width)
    image[:edge] = image[-edge:] = image[:, :edge] = image[:, -edge:] = 0
    column, row = np.tensordot(np.linalg.inv(matrix), points, 1)
    middle = (np.array(band.shape) - 1) / 2
    return ndi.map_coordinates(image, [row + middle[0], column + middle[1]], order=1, cval=0.0)


def register(band: Band, matrix, reference: Band, reference_matrix, offset) -> np.ndarray:
    """Correction (x, y) in arcsec to `offset`, the assumed place of the band's middle in the reference's frame.

    The frame's origin is here the middle of the reference image. Returns zero where the peak of the correlation is on
    the edge of the search, which means that the pictures do not share enough.
    """
    step = reference.pixel_scale
    half = min(np.array(reference.shape) * reference.pixel_scale) / 2
    half = min(half, 4.0 * max(1.0, 10 * step))
    line = np.arange(-int(half / step), int(half / step) + 1) * step
    points = np.stack(np.meshgrid(line, line))
    one = _picture(reference, reference_matrix, points)
    other = _picture(band, matrix, points - np.asarray(offset)[:, None, None])
    match = fftconvolve(one, other[::-1, ::-1], mode="same")
    reach = max(2, int(_REACH / step))
    middle = len(line) // 2
    window = match[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    row, column = np.unravel_index(np.argmax(window), window.shape)
    if row in (0, 2 * reach) or column in (0, 2 * reach):
        return np.zeros(2)
    fraction = np.array([_vertex(window[row], column), _vertex(window[:, column], row)])
    return step * (np.array([column - reach, row - reach]) + fraction)


def _vertex(values, peak: int) -> float:
    """Offset of the top of the parabola through the peak and its neighbours, in pixels."""
    before, at, after = values[peak - 1 : peak + 2]
    return 0.5 * (before - after) / min(before - 2 * at + after, -1e-300)
