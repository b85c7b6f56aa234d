"""The estimator's stage in a run: cutouts in, a Gaussian of lens parameters out."""

import numpy as np
import torch

from lensmith.data import Cutout
from lensmith.nets.estimator import NAMES, Estimator, unscaled
from lensmith.nets.lens_view import View, view_of


def estimate(network: Estimator, cutouts: list[Cutout]) -> list[dict]:
    """Parameters, mean, covariance and notes of each cutout, the same whatever stands beside it."""
    return [_of_view(network, view_of(cutout)) for cutout in cutouts]


def _of_view(network: Estimator, view: View) -> dict:
    if view.image is None:
        return {"notes": view.notes}
    mean, covariance = estimate_view(network, view.image, view.pixel_scale)
    return {"parameters": NAMES, "mean": mean, "covariance": covariance, "notes": view.notes}


def estimate_view(network: Estimator, image: np.ndarray, pixel_scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean ``[p]`` and covariance ``[p, p]`` of one view ``[2, y, x]``, arcsec."""
    inputs = network.prepare({network.spec.inputs.array: image[None]})
    found = network.scaled_estimate({name: torch.from_numpy(values) for name, values in inputs.items()})
    mean, covariance = unscaled(*found, np.array([pixel_scale]))
    return mean[0], covariance[0]
