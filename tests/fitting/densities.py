"""Densities with known moments, as NumPy functions of ``[draw, parameter]``."""

import numpy as np


def correlated_gaussian(p=5, seed=0):
    """(log density, mean, covariance); the log density is normalised."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(p, p))
    covariance, mean = root @ root.T + 0.2 * np.eye(p), rng.normal(size=p)
    precision, norm = np.linalg.inv(covariance), -0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
    log_density = lambda x: norm - 0.5 * np.einsum("...i,ij,...j->...", x - mean, precision, x - mean)
    return log_density, mean, covariance


BANANA_BEND = 0.4


def banana(x, xp=np):
    """x0 normal, x1 normal around bend (x0^2 - 1): mean (0, 0), variances (1, 1 + 2 bend^2), no correlation."""
    bent = x[..., 1] - BANANA_BEND * (x[..., 0] ** 2 - 1)
    return -0.5 * (x[..., 0] ** 2 + bent**2) - np.log(2 * np.pi)
