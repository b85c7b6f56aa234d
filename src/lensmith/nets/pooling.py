"""Several estimates of one lens made one: each is of other bands, whose grids do not let them be looked at together.

The logarithms of their densities are averaged, as the finder averages log-odds: views of one galaxy share what misleads
a network, so that two that agree are no surer than one. Where they do not agree the spread is added.
"""

import numpy as np

from lensmith.types import FloatArray

SHAPES = ((1, 2), (5, 6))
"""Places of ellipticity and shear among an estimator's parameters: they turn with the image, by twice its angle."""
_CENTRE = slice(3, 5)
"""Of the centre, a vector."""


def turned(mean: FloatArray, covariance: FloatArray, to_frame: FloatArray) -> tuple[FloatArray, FloatArray]:
    """An estimate ``[p]``, ``[p, p]`` in a frame turned or mirrored against its own, about the same origin.

    `to_frame` ``(2, 2)`` goes from its axes to that frame's.
    """
    scale = np.sqrt(abs(np.linalg.det(to_frame)))
    (a, b), (c, d) = to_frame / scale
    # Of the traceless symmetric tensor [[e1, e2], [e2, -e1]], turned on both sides.
    block = np.array([[a * a - b * b, 2 * a * b], [a * c - b * d, a * d + b * c]])
    turn = np.eye(len(mean))
    for place in SHAPES:
        turn[np.ix_(place, place)] = block
    turn[_CENTRE, _CENTRE] = to_frame / scale
    return turn @ mean, turn @ covariance @ turn.T


def pooled(means: FloatArray, covariances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One estimate of several ``[view, p]``, ``[view, p, p]`` in one frame; theta_E comes first and is pooled by its
    logarithm. The centre is the first one's: other bands may lie elsewhere.
    """
    if len(means) == 1:
        return means[0], covariances[0]
    means, covariances = np.array(means), np.array(covariances)
    units = np.ones_like(means)
    units[:, 0] = means[:, 0]
    means[:, 0] = np.log(means[:, 0])
    means[:, _CENTRE] = means[0, _CENTRE]
    precisions = np.linalg.inv(covariances / (units[:, :, None] * units[:, None]))
    covariance = np.linalg.inv(precisions.mean(0))
    weights = covariance @ precisions
    mean = np.einsum("vpq,vq->p", weights, means) / len(means)
    away = np.einsum("vpq,vq->vp", weights, means - mean)
    covariance = covariance + away.T @ away / len(means)
    mean[0] = np.exp(mean[0])
    unit = np.ones(len(mean))
    unit[0] = mean[0]
    return mean, covariance * unit[:, None] * unit
