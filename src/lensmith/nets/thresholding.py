"""The segmenter that needs no network: thresholds on a detection image. Every score of a network stands beside it."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from lensmith.nets.segmenter_input import in_noise_units
from lensmith.types import BoolArray, FloatArray

ROLES = {"lens": "lens", "arc": "arc", "source": "arc", "other": "other", "noise": "other", "background": "background"}
"""What a class is to the thresholds, by its name; any other class is all that stands out."""

_LEVELS = (("snr", 1.5), ("snr", 2.5), ("snr", 4.0), ("percentile", 90.0), ("percentile", 93.0), ("percentile", 95.0))
_CORES = ((0.05, None), (0.1, None), (0.2, None), (0.35, None), (0.5, None), (0.0, 98.0), (0.0, 99.0), (0.0, 99.04))
"""Shares of the peak or percentiles; 99 % of 125x125 pixels are 99.04 % where these are padded to 128x128."""
_REACHES = (0.5, 0.75, 1.5)


@dataclass(frozen=True)
class Thresholds:
    """Three thresholds.

    Attributes
    ----------
    kind, level : what stands out: above `level` sigma (``snr``) or at or above that percentile of the image.
    core : the lens is the piece in the middle that is above this share of its peak.
    core_percentile : instead, at or above this percentile of the image.
    reach : what else stands out is arc within so many half sides of the middle, and something other farther out.
    """

    kind: str = "snr"
    level: float = 2.5
    core: float = 0.2
    reach: float = 0.75
    core_percentile: float | None = None


def threshold_masks(images: FloatArray, classes: tuple[str, ...], thresholds: Thresholds) -> BoolArray:
    """Masks, bool ``[sample, class, y, x]``, of images ``[sample, band, y, x]``."""
    units = in_noise_units(np.asarray(images, np.float32))
    return np.stack([_masks(image, classes, thresholds) for image in units])


def tuned_thresholds(images: FloatArray, masks: FloatArray, classes: tuple[str, ...]) -> Thresholds:
    """The thresholds with the best mean IoU of the foreground on labelled images; `masks` ``[sample, class, y, x]``."""
    truth = np.asarray(masks) > 0.5
    wanted = [k for k, name in enumerate(classes) if name != "background"]
    best, chosen = -1.0, Thresholds()
    for (kind, level), (core, percentile), reach in product(_LEVELS, _CORES, _REACHES):
        tried = Thresholds(kind, level, core, reach, percentile)
        found = threshold_masks(images, classes, tried)
        both, either = (found & truth).sum((0, 2, 3))[wanted], (found | truth).sum((0, 2, 3))[wanted]
        score = float(np.mean(both / np.maximum(either, 1)))
        if score > best:
            best, chosen = score, tried
    return chosen


def _masks(image: FloatArray, classes: tuple[str, ...], thresholds: Thresholds) -> BoolArray:
    from scipy.ndimage import label

    level = thresholds.level if thresholds.kind == "snr" else np.percentile(image, thresholds.level)
    stands_out = image >= level
    rows, columns = image.shape
    y, x = np.mgrid[:rows, :columns]
    radius = np.hypot(y - (rows - 1) / 2, x - (columns - 1) / 2)
    near = radius <= 3
    bright = thresholds.core * image[near].max()
    if thresholds.core_percentile is not None:
        bright = np.percentile(image, thresholds.core_percentile)
    pieces, _ = label(stands_out & (image >= bright))
    middle = np.unique(pieces[near & (pieces > 0)])
    lens = np.isin(pieces, middle) & (pieces > 0)
    close = radius <= thresholds.reach * min(rows, columns) / 2
    parts = {"lens": lens, "arc": stands_out & ~lens & close, "other": stands_out & ~lens & ~close}
    parts["background"] = ~stands_out
    return np.stack([parts.get(ROLES.get(name, ""), stands_out) for name in classes])
