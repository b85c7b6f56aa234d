"""Whether probabilities mean what they say: reliability, expected calibration error, Brier score, likelihood."""

from typing import NamedTuple

import numpy as np

from lensmith.metrics.roc import checked_classification


class Reliability(NamedTuple):
    """Bins of equal count, float64 ``[bin]`` each: mean confidence, share that was right, number of samples."""

    confidence: np.ndarray
    correct: np.ndarray
    count: np.ndarray


def reliability(confidence, correct, bins: int = 15) -> Reliability:
    """Samples sorted by confidence and cut into `bins` of equal count (fewer where there are fewer samples).

    `confidence` float ``[sample]``, `correct` bool ``[sample]``.
    """
    confidence, correct = np.asarray(confidence, float).ravel(), np.asarray(correct, float).ravel()
    parts = [part for part in np.array_split(np.argsort(confidence, kind="stable"), bins) if part.size]
    return Reliability(
        np.array([confidence[part].mean() for part in parts]),
        np.array([correct[part].mean() for part in parts]),
        np.array([part.size for part in parts], float),
    )


def expected_calibration_error(labels, probabilities, bins: int = 15) -> float:
    """Mean |confidence - accuracy| over bins of equal count (Naeini et al. 2015; Nguyen & O'Connor 2015).

    Confidence is the probability of the most probable class. `labels` int ``[sample]``, `probabilities` float
    ``[sample, class]``.
    """
    labels, probabilities = checked_classification(labels, probabilities)
    found = reliability(probabilities.max(1), probabilities.argmax(1) == labels, bins)
    return float(np.sum(found.count * np.abs(found.confidence - found.correct)) / np.sum(found.count))


def brier_score(labels, probabilities) -> float:
    """Mean squared distance of the probabilities from the truth, summed over the classes: 0 to 2 (Brier 1950)."""
    labels, probabilities = checked_classification(labels, probabilities)
    onehot = labels[:, None] == np.arange(probabilities.shape[1])
    return float(np.mean(np.sum((probabilities - onehot) ** 2, axis=1)))


def log_loss(labels, probabilities) -> float:
    """Mean negative logarithm of the probability of the truth; a probability below 1e-15 counts as that."""
    labels, probabilities = checked_classification(labels, probabilities)
    return float(-np.mean(np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-15))))
