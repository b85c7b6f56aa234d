"""Least squares in which some amplitudes must not be negative.

Active-set method of Lawson & Hanson (1974, chapter 23) on the normal equations, with the warm start of Bro & de Jong
(1997, J. Chemometrics 11, 393): in an optimisation the active set hardly changes from one step to the next.
"""

import numpy as np

_JITTER = 1e-7
"""Relative ridge that keeps nearly parallel columns (neighbouring Gaussian widths) solvable."""


def _solve_on(gram, vector, passive):
    amplitudes = np.zeros(len(vector))
    index = np.flatnonzero(passive)
    if len(index):
        amplitudes[index] = np.linalg.solve(gram[np.ix_(index, index)], vector[index])
    return amplitudes


def _backtrack(gram, vector, passive, free, amplitudes):
    """Walk from the feasible `amplitudes` to the solution on `passive`, freezing what would turn negative."""
    target = _solve_on(gram, vector, passive)
    while True:
        negative = passive & ~free & (target <= 0)
        if not negative.any():
            return target, passive
        step = np.min(amplitudes[negative] / (amplitudes[negative] - target[negative] + 1e-300))
        amplitudes = amplitudes + step * (target - amplitudes)
        leaving = negative & (amplitudes <= 1e-12 * np.abs(amplitudes).max())
        if not leaving.any():  # rounding: the blocking amplitude is not exactly zero
            leaving = negative & (amplitudes == amplitudes[negative].min())
        passive = passive & ~leaving
        amplitudes = np.where(leaving, 0.0, amplitudes)
        target = _solve_on(gram, vector, passive)


def solve_nonnegative(gram, vector, free, start=None, max_steps: int = 200):
    """Minimise ``a.G.a / 2 - b.a`` with ``a >= 0`` except where `free`.

    Parameters
    ----------
    gram : float64 ``[column, column]``, G, positive semi-definite.
    vector : float64 ``[column]``, b.
    free : bool ``[column]``, True where an amplitude may be negative.
    start : bool ``[column]``, a guess of the columns that end up non-zero, or None.

    Returns
    -------
    amplitudes : float64 ``[column]``.
    passive : bool ``[column]``, True for the columns in use.
    """
    scale = 1 / np.sqrt(np.maximum(np.diag(gram), 1e-30))
    gram = gram * scale[:, None] * scale + _JITTER * np.eye(len(vector))
    vector = vector * scale
    passive = free.copy() if start is None else free | start
    amplitudes = _solve_on(gram, vector, passive)
    while (passive & ~free & (amplitudes <= 0)).any():
        passive = passive & (free | (amplitudes > 0))
        amplitudes = _solve_on(gram, vector, passive)
    tolerance = 1e-9 * np.abs(vector).max(initial=0.0)
    for _ in range(max_steps):
        gradient = np.where(passive, -np.inf, vector - gram @ amplitudes)
        entering = int(np.argmax(gradient))
        if gradient[entering] <= tolerance:
            break
        passive = passive.copy()
        passive[entering] = True
        amplitudes, passive = _backtrack(gram, vector, passive, free, amplitudes)
    return amplitudes * scale, passive
