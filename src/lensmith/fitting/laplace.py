"""The Laplace approximation: a Gaussian at the maximum of the posterior, cut at the bounds."""

import numpy as np


def laplace_covariance(matrix) -> np.ndarray:
    """Inverse of the Gauss-Newton matrix (of half the chi-square, prior included), float64 ``[p, p]``.

    Directions in which the matrix is not positive (rounding, a flat valley) get the largest variance among the rest.
    """
    diagonal = np.diag(matrix)
    scale = 1 / np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max()))
    values, vectors = np.linalg.eigh(matrix * scale[:, None] * scale)
    values = np.maximum(values, 1e-10 * values.max())
    return (vectors / values) @ vectors.T * scale[:, None] * scale


def draw_truncated_normal(mean, covariance, low, high, n, rng, max_rounds: int = 50) -> np.ndarray:
    """`n` draws ``[draw, parameter]`` of a Gaussian restricted to a box.

    By rejection; where a mean on a corner of the box leaves too little acceptance, the last draws are clipped.
    """
    root = np.linalg.cholesky(covariance + 1e-14 * np.diag(np.diag(covariance)))
    kept = np.empty((0, len(mean)))
    for _ in range(max_rounds):
        draws = mean + rng.standard_normal((4 * n, len(mean))) @ root.T
        kept = np.vstack([kept, draws[((draws >= low) & (draws <= high)).all(1)]])
        if len(kept) >= n:
            return kept[:n]
    rest = mean + rng.standard_normal((n - len(kept), len(mean))) @ root.T
    return np.vstack([kept, np.clip(rest, low, high)])
