"""How well a mask is drawn: IoU, Dice, precision, recall, and the F score of its boundary.

The empty-mask rule, stated once: where truth and prediction are both empty the mask is right and every score is 1;
where one of them is empty, IoU and Dice are 0, and precision (nothing predicted) or recall (nothing there) is NaN.
"""

from typing import NamedTuple

import numpy as np

from lensmith.errors import InputError


class MaskScores(NamedTuple):
    """Scores of masks, float64, the shape of the masks without (y, x)."""

    iou: np.ndarray
    dice: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def mask_scores(truth, predicted) -> MaskScores:
    """Scores of `predicted` against `truth`, bool ``[..., y, x]`` both; the empty-mask rule is in the module's text."""
    truth, predicted = _pair(truth, predicted)
    both = (truth & predicted).sum((-2, -1)).astype(float)
    there, said = truth.sum((-2, -1)), predicted.sum((-2, -1))
    empty = (there == 0) & (said == 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.where(empty, 1.0, both / (there + said - both))
        dice = np.where(empty, 1.0, 2 * both / (there + said))
        precision = np.where(empty, 1.0, np.where(said == 0, np.nan, both / said))
        recall = np.where(empty, 1.0, np.where(there == 0, np.nan, both / there))
    return MaskScores(iou, dice, precision, recall)


def relative_volume_difference(truth, predicted) -> float:
    """Size of `predicted` over that of `truth`, less 1, without its sign: bool arrays of one shape, 2-D or more.

    The challenges for medical images give it in per cent (RAVD); NaN where the truth is empty.
    """
    truth, predicted = _pair(truth, predicted)
    there, said = int(truth.sum()), int(predicted.sum())
    return abs(said - there) / there if there else float("nan")


def boundary_f(truth, predicted, tolerance: float = 2.0) -> float:
    """F score of the boundary pixels of two masks, bool ``[y, x]``, matched within `tolerance` pixels.

    Harmonic mean of the shares of either boundary that lie near the other (Csurka et al. 2013, BMVC, eqs. 1 to 4);
    1 where both masks are empty, 0 where one is.
    """
    from scipy.ndimage import distance_transform_edt

    truth, predicted = _pair(truth, predicted)
    edges = boundary(truth), boundary(predicted)
    if not edges[0].any() or not edges[1].any():
        return float(edges[0].any() == edges[1].any())
    recall = np.mean(distance_transform_edt(~edges[1])[edges[0]] <= tolerance)
    precision = np.mean(distance_transform_edt(~edges[0])[edges[1]] <= tolerance)
    total = precision + recall
    return float(2 * precision * recall / total) if total > 0 else 0.0


def boundary(mask) -> np.ndarray:
    """Pixels of a mask, bool ``[y, x]``, that touch (by a side) a pixel outside it; the frame counts as outside."""
    padded = np.pad(np.asarray(mask, bool), 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return padded[1:-1, 1:-1] & ~inside


def _pair(truth, predicted) -> tuple[np.ndarray, np.ndarray]:
    truth, predicted = np.asarray(truth, bool), np.asarray(predicted, bool)
    if truth.shape != predicted.shape or truth.ndim < 2:
        raise InputError(f"masks of shapes {truth.shape} and {predicted.shape} cannot be compared")
    return truth, predicted
