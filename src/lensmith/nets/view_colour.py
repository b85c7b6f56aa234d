"""What is bluer than the galaxy: the bluest band of a view less a red one, scaled so that the galaxy is gone.

Sources of lenses seen from the ground are bluer than the galaxy before them, and the difference shows arcs that its
light hides (RingFinder: Gavazzi et al. 2014, ApJ 785, 144, section 3).
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from lensmith.data.filters import wavelength
from lensmith.nets.pixel_noise import noise_of
from lensmith.nets.segmenter_input import resampled
from lensmith.types import BoolArray, FloatArray
from lensmith.units import FWHM_PER_SIGMA

REDDER = 1.15
"""Least ratio of the two bands' wavelengths."""
_CORE, _LEAST_CORE = 1.5, 5.0
"""Radius of the galaxy's core, in which the scale is measured, in FWHM of the PSF, and at least so many pixels."""


def colour_image(
    images: FloatArray, known: BoolArray, names: Sequence[str], fwhm: FloatArray, factor: float, side: int
) -> FloatArray:
    """The difference ``[side, side]``, float32, in its own noise; zeros where the bands' names tell of no two colours.

    Parameters
    ----------
    images, known : bands of one grid ``[band, y, x]``, and which pixels are usable.
    names : the bands' names, as `lensmith.data.filters.wavelength` reads them.
    fwhm : of each band's PSF [pixels]; both bands are brought to the wider one.
    factor, side : resampling and size of the view (`lensmith.nets.lens_view.view_image`).
    """
    nothing = np.zeros((side, side), np.float32)
    pair = _blue_and_red(images, known, names, fwhm)
    if pair is None:
        return nothing
    both = known[pair[0]] & known[pair[1]] & np.isfinite(images[list(pair)]).all(0)
    wide = fwhm[list(pair)].max()
    blue, red = (_blurred(np.where(both, images[k], np.nan), fwhm[k], wide) for k in pair)
    core = both & (_radius(both.shape) < max(_CORE * wide, _LEAST_CORE))
    scale = max(float((blue * red)[core].sum() / max((red**2)[core].sum(), 1e-300)), 0.0)
    share = resampled(both.astype(float), factor, side)
    difference = np.where(both, blue - scale * red, 0)
    out = np.where(share > 0.5, resampled(difference, factor, side) / np.maximum(share, 0.5), np.nan)
    return np.nan_to_num(out / noise_of(out, 2)).astype(np.float32)


def _blue_and_red(images, known, names, fwhm) -> tuple[int, int] | None:
    """Places of the bluest band, and of that with the clearest galaxy among those that are redder."""
    lengths = np.array([wavelength(name) or np.nan for name in names])
    if not np.isfinite(lengths).any():
        return None
    blue = int(np.nanargmin(lengths))
    redder = [k for k, length in enumerate(lengths) if length > REDDER * lengths[blue]]
    if not redder:
        return None
    return blue, max(redder, key=lambda k: _clearness(images[k], known[k], fwhm[k]))


def _clearness(image, known, fwhm: float) -> float:
    """Mean of the core over the noise."""
    usable = known & np.isfinite(image)
    core = usable & (_radius(image.shape) < max(_CORE * fwhm, _LEAST_CORE))
    if not core.any():
        return 0.0
    return float((image[core].mean() - np.median(image[usable])) / noise_of(np.where(usable, image, np.nan), 1))


def _blurred(image: FloatArray, fwhm: float, wanted: float) -> FloatArray:
    """The image less its median, with a PSF as wide as is wanted; unknown pixels are sky."""
    above = np.nan_to_num(image - np.nanmedian(image)) if np.isfinite(image).any() else np.zeros_like(image)
    return gaussian_filter(above, np.sqrt(max(wanted**2 - fwhm**2, 0)) / FWHM_PER_SIGMA)


def _radius(shape) -> FloatArray:
    rows, columns = np.indices(shape) - (np.array(shape)[:, None, None] - 1) / 2
    return np.hypot(rows, columns)
