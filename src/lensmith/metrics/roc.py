"""Receiver operating characteristic (ROC) and the area under it (AUC), of two classes and of several.

The AUC is the Mann-Whitney statistic, ties counted half (Hanley & McNeil 1982, Radiology 143, 29).
"""

import numpy as np

from lensmith.errors import InputError
from lensmith.metrics.interval import Interval, bootstrap_counts, percentiles


class RankedScores:
    """Scores sorted once, so that the AUC of every resample costs three sums.

    Parameters
    ----------
    truth : bool ``[sample]``, True for the positive class.
    score : float ``[sample]``, higher for what looks positive.
    """

    def __init__(self, truth, score):
        truth, score = np.asarray(truth, bool).ravel(), np.asarray(score, float).ravel()
        if truth.shape != score.shape:
            raise InputError(f"{truth.size} labels and {score.size} scores do not pair up")
        if not np.all(np.isfinite(score)):
            raise InputError("a score is not a finite number; look for NaN among the predictions")
        self.order = np.argsort(score, kind="stable")
        self.truth = truth[self.order]
        ranked = score[self.order]
        self.starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if truth.size else np.zeros(0, int)

    def auc(self, count=None) -> float:
        """AUC, each sample counted `count` times (``[sample]``, default once); NaN where a class is missing."""
        weight = np.ones(self.order.size) if count is None else np.asarray(count, float).ravel()[self.order]
        if not weight.size:
            return float("nan")
        positive = np.add.reduceat(weight * self.truth, self.starts)
        negative = np.add.reduceat(weight * ~self.truth, self.starts)
        below = np.cumsum(negative) - negative / 2
        pairs = positive.sum() * negative.sum()
        return float(positive @ below / pairs) if pairs > 0 else float("nan")


def roc_auc(truth, score) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative; NaN where a class is missing."""
    return RankedScores(truth, score).auc()


def roc_curve(truth, score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False-positive rate, true-positive rate and threshold, float64 ``[point]``, from (0, 0) to (1, 1).

    A point takes as positive what scores at least its threshold; the first threshold is infinite.
    """
    truth, score = np.asarray(truth, bool).ravel(), np.asarray(score, float).ravel()
    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    last = np.flatnonzero(np.r_[score[1:] != score[:-1], True])
    hits = np.cumsum(truth)[last]
    alarms = last + 1 - hits
    rates = [np.r_[0, counts] / max(counts[-1], 1) for counts in (alarms, hits)]
    return rates[0], rates[1], np.r_[np.inf, score[last]]


def true_positive_rate_at(truth, score, false_positive_rate: float) -> float:
    """Largest true-positive rate of a threshold whose false-positive rate does not exceed the one given."""
    false, true, _ = roc_curve(truth, score)
    return float(true[false <= false_positive_rate + 1e-12].max())


def multiclass_auc(
    labels, probabilities, classes=None, resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> dict[str, Interval]:
    """AUC of each class against the rest, their `macro` mean, and `micro` over all (sample, class) pairs.

    Parameters
    ----------
    labels : int ``[sample]``, index of the class.
    probabilities : float ``[sample, class]``.
    classes : names, one a column; default the column numbers.

    Returns
    -------
    Intervals (bootstrap over samples) by name of class, ``macro`` and ``micro``. A class that no sample has is NaN and
    stays out of the mean.
    """
    labels, probabilities = checked_classification(labels, probabilities)
    names = [str(name) for name in (range(probabilities.shape[1]) if classes is None else classes)]
    onehot = labels[:, None] == np.arange(len(names))
    ranked = [RankedScores(onehot[:, k], probabilities[:, k]) for k in range(len(names))]
    pooled = RankedScores(onehot, probabilities)

    def scores(count):
        single = np.array([one.auc(count) for one in ranked])
        macro = np.nanmean(single) if np.isfinite(single).any() else np.nan
        return np.r_[single, macro, pooled.auc(np.repeat(count, len(names)))]

    value = scores(np.ones(len(labels)))
    drawn = np.array([scores(count) for count in bootstrap_counts(len(labels), resamples, seed)])
    drawn = drawn.reshape(-1, len(value))
    return {
        name: Interval(float(value[k]), *percentiles(drawn[:, k], level))
        for k, name in enumerate([*names, "macro", "micro"])
    }


def checked_classification(labels, probabilities) -> tuple[np.ndarray, np.ndarray]:
    """Labels int64 ``[sample]`` and probabilities float64 ``[sample, class]``, refused where they do not pair up."""
    labels, probabilities = np.asarray(labels, np.int64), np.asarray(probabilities, float)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise InputError(f"labels {labels.shape} and probabilities {probabilities.shape} do not pair up")
    if labels.size and not (labels.min() >= 0 and labels.max() < probabilities.shape[1]):
        raise InputError(f"a label is outside 0 to {probabilities.shape[1] - 1}, the classes that have a probability")
    return labels, probabilities
