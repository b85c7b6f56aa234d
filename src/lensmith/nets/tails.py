"""Marginals with longer or shorter tails than a Gaussian's, by one number: the sinh-arcsinh transform.

Jones & Pewsey (2009, Biometrika 96, 761), without their skewness, and scaled so that 1 stays 1: a width is half
that of the 68 % interval whatever the tails. `tails` of 1 is the Gaussian, more is longer.
"""

import math

import numpy as np
import torch
from torch import Tensor

_ONE = math.asinh(1.0)


def to_gaussian(away: Tensor, tails: Tensor) -> Tensor:
    """Standard normal deviates of distances from the median, in widths."""
    return torch.sinh(torch.asinh(away * torch.sinh(_ONE * tails)) / tails)


def log_slope(away: Tensor, deviate: Tensor, tails: Tensor) -> Tensor:
    """Logarithm of the derivative of `to_gaussian`; `deviate` is what that gives."""
    scale = torch.sinh(_ONE * tails)
    return 0.5 * torch.log1p(deviate**2) + torch.log(scale / tails) - 0.5 * torch.log1p((away * scale) ** 2)


def from_gaussian(deviate, tails) -> np.ndarray:
    """Distances from the median, in widths, of standard normal deviates: where an interval ends."""
    return np.sinh(np.arcsinh(deviate) * tails) / np.sinh(_ONE * np.asarray(tails))


def deviates(away: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """`to_gaussian` of arrays."""
    return to_gaussian(torch.from_numpy(np.asarray(away, float)), torch.from_numpy(np.asarray(tails, float))).numpy()
