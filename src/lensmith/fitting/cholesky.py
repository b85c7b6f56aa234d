"""Cholesky roots of matrices that are positive but for rounding."""

import numpy as np

_RIDGES = (1e-9, 1e-7, 1e-5, 1e-3)
"""Shares of the diagonal that are added to it, one after the other, until the matrix is positive."""


def positive_root(matrix) -> np.ndarray:
    """Lower Cholesky root ``[n, n]`` of a symmetric matrix that is positive but for rounding.

    Products of columns in single precision are not positive to a billionth where the signal is many thousand times the
    noise; then a larger share of the diagonal is added to it.

    Raises
    ------
    numpy.linalg.LinAlgError
        if the matrix is far from positive.
    """
    matrix = np.asarray(matrix, float)
    diagonal = np.diag(np.diag(matrix))
    for ridge in _RIDGES[:-1]:
        try:
            return np.linalg.cholesky(matrix + ridge * diagonal)
        except np.linalg.LinAlgError:
            continue
    return np.linalg.cholesky(matrix + _RIDGES[-1] * diagonal)
