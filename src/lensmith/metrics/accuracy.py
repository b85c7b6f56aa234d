"""Accuracy, confusion matrix, and what follows from them, with intervals of proportions."""

import math

import numpy as np

from lensmith.metrics.interval import Interval
from lensmith.metrics.roc import checked_classification


def wilson_interval(successes: int, trials: int, z: float = 1.959963984540054) -> Interval:
    """A proportion with its Wilson (1927) score interval; `z` is how many sigma, 1.96 for 95 %."""
    if trials == 0:
        return Interval(math.nan, 0.0, 1.0)
    share = successes / trials
    scale = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def accuracy(labels, probabilities) -> Interval:
    """Share of samples whose most probable class is theirs, with its Wilson interval.

    `labels` int ``[sample]``, `probabilities` float ``[sample, class]``.
    """
    labels, probabilities = checked_classification(labels, probabilities)
    return wilson_interval(int((probabilities.argmax(1) == labels).sum()), len(labels))


def confusion_matrix(labels, predicted, classes: int) -> np.ndarray:
    """How many samples of each true class (row) were taken for each class (column), int64 ``[class, class]``."""
    labels, predicted = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def precision_and_recall(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each class, the share of what was taken for it that is it, and of it that was found; NaN where none is."""
    found = np.diag(confusion).astype(float)
    with np.errstate(invalid="ignore"):
        return found / confusion.sum(0), found / confusion.sum(1)
