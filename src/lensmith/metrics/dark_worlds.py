"""The score of Kaggle's Observing Dark Worlds: F/1000 + G, lower is better.

F is the mean distance [px] between predicted and true haloes, paired in each sky so that the total distance is least.
G is the length of the mean of ``exp(i theta)``, theta the direction from true to predicted halo measured from the
direction reference point -> true halo (from the x axis in a sky of one halo): 0 when errors point everywhere alike.
Source: D. Harvey's evaluation script of the competition (Harvey et al. 2014, Astronomy & Computing 5, 35).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from lensmith.errors import InputError


@dataclass(frozen=True)
class DarkWorldsScore:
    """`score` = `F`/1000 + `G`; F [px]; `distances` and `angles` [rad] of every halo, in the order given."""

    score: float
    F: float
    G: float
    distances: np.ndarray
    angles: np.ndarray


def match_haloes(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """`predicted` ``[halo, 2]`` in the order of `true` ``[halo, 2]`` that makes the summed distance least."""
    predicted, true = np.asarray(predicted, float), np.asarray(true, float)
    if predicted.shape != true.shape or predicted.ndim != 2:
        raise InputError(f"{len(predicted)} predicted haloes cannot be paired with {len(true)} true ones")
    orders = [list(order) for order in permutations(range(len(true)))]
    totals = [np.hypot(*(predicted[order] - true).T).sum() for order in orders]
    return predicted[orders[int(np.argmin(totals))]]


def sky_errors(predicted: np.ndarray, true: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances and angles of the haloes of one sky; `reference` ``[2]`` is the competition's point of that sky."""
    true = np.asarray(true, float)
    offset = match_haloes(predicted, true) - true
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    if len(true) > 1:
        base = true - np.asarray(reference, float)
        angle = angle - np.arctan2(base[:, 1], base[:, 0])
    return np.hypot(*offset.T), angle


def score_from_errors(distances: np.ndarray, angles: np.ndarray) -> DarkWorldsScore:
    """The score of haloes whose distances and angles are known."""
    F, G = float(np.mean(distances)), float(abs(np.mean(np.exp(1j * np.asarray(angles)))))
    return DarkWorldsScore(F / 1000 + G, F, G, np.asarray(distances), np.asarray(angles))


def dark_worlds_score(
    predicted: Sequence[np.ndarray], true: Sequence[np.ndarray], reference: Sequence[np.ndarray]
) -> DarkWorldsScore:
    """The competition's score over skies: haloes ``[halo, 2]`` and reference points ``[2]`` of each [px].

    Raises
    ------
    InputError
        for no sky at all, or as many predicted as true haloes not being there in a sky.
    """
    if not len(true) or not len(predicted) == len(true) == len(reference):
        raise InputError(f"{len(predicted)} predicted skies cannot be scored against {len(true)} true ones")
    errors = [sky_errors(*sky) for sky in zip(predicted, true, reference)]
    return score_from_errors(np.concatenate([e[0] for e in errors]), np.concatenate([e[1] for e in errors]))


def bootstrap_scores(
    predicted: Sequence[np.ndarray],
    true: Sequence[np.ndarray],
    reference: Sequence[np.ndarray],
    n: int = 1000,
    seed: int = 0,
) -> np.ndarray:
    """(score, F, G) of `n` resamplings of the skies with replacement: float ``[n, 3]``."""
    errors = [sky_errors(*sky) for sky in zip(predicted, true, reference)]
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        chosen = [errors[i] for i in rng.integers(len(errors), size=len(errors))]
        one = score_from_errors(np.concatenate([e[0] for e in chosen]), np.concatenate([e[1] for e in chosen]))
        rows.append((one.score, one.F, one.G))
    return np.array(rows)
