"""Back from images scaled to 0 ... 1, as the public sets have them, to flux: by what their empty borders show.

The detector's background is known, so that its scatter in the empty border gives the scale. In the published Model I
values are counts over the exposure, and the value of a single count gives the exposure, too (not after rounding to 8
bits: then the detector's typical exposure is taken).
"""

import numpy as np

from lensmith.nets.smooth_lens import Detector

_BORDER = 0.12
"""Share of a side that is taken as border."""
_FARTHEST = 2.5


def flux_of_scaled(images: np.ndarray, detector: Detector) -> tuple[np.ndarray, np.ndarray]:
    """Flux ``[sample, y, x]`` and exposure ``[sample]``, float32, of images from 0 to 1."""
    width = max(2, round(_BORDER * min(images.shape[1:])))
    inside = np.zeros(images.shape[1:], bool)
    inside[width:-width, width:-width] = True
    border = images[:, ~inside]
    if detector.noise == "photon-twice":
        # Mean of a Gaussian of mean zero, what is negative set to zero: sigma / sqrt(2 pi).
        scale = detector.background_rms / (np.maximum(border.mean(1), 1e-9) * np.sqrt(2 * np.pi))
        exposure = _exposure(border, scale, detector)
        return (images * scale[:, None, None]).astype(np.float32), exposure
    low, middle, high = np.quantile(border, [0.1587, 0.5, 0.8413], axis=1)
    scale = detector.background_rms / np.maximum((high - low) / 2, 1e-9)
    flux = (images - middle[:, None, None]) * scale[:, None, None]
    return flux.astype(np.float32), np.full(len(images), detector.exposure, np.float32)


def _exposure(border: np.ndarray, scale: np.ndarray, detector: Detector) -> np.ndarray:
    """Electrons for one unit of flux, from the value of a single count; the detector's own where that is no use."""
    exposure = 1 / (np.array([_single_count(values) for values in border]) * scale)
    # Farther from the usual than this, it is rather a rounding step than a count.
    sound = (exposure > detector.exposure / _FARTHEST) & (exposure < detector.exposure * _FARTHEST)
    return np.where(sound, exposure, detector.exposure).astype(np.float32)


def _single_count(values: np.ndarray) -> float:
    """The smallest of the values that come again and again; NaN where none does.

    (Simulators draw large counts as continuous numbers: only small ones come again.)
    """
    levels = 255 * values
    if np.abs(levels - np.round(levels)).max() < 1e-3:
        return np.nan  # rounded to 8 bits
    said, often = np.unique(np.round(values[values > 1e-7].astype(np.float64), 7), return_counts=True)
    again = said[often >= max(5, 0.3 * often.max(initial=0))]
    return float(again.min()) if again.size else np.nan
