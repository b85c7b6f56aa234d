"""The estimator's stage in a run: cutouts in, a Gaussian of lens parameters out."""

import numpy as np

from lensmith.data import Cutout
from lensmith.nets.estimator import NAMES, Estimator, unscaled
from lensmith.nets.fixed_batches import in_fixed_batches
from lensmith.nets.lens_view import View, views_of


def estimate(network: Estimator, cutouts: list[Cutout]) -> list[dict]:
    """Parameters, mean, covariance and notes of each cutout, the same whatever stands beside it.

    It looks at the bands on the grid of the first one.
    """
    seen_of = [views_of(cutout) for cutout in cutouts]
    views = [first for first, *_ in seen_of]
    found: list[dict] = [{"notes": (*first.notes, *_left_out(others))} for first, *others in seen_of]
    seen = [k for k, view in enumerate(views) if view.image is not None]
    if seen:
        channels = np.stack([views[k].channels(network.planes) for k in seen])
        scales = np.array([views[k].pixel_scale for k in seen])
        for k, mean, covariance, _ in zip(seen, *_of_channels(network, channels, scales)):
            found[k] |= {"parameters": NAMES, "mean": mean, "covariance": covariance}
    return found


def _left_out(others: list[View]) -> tuple[str, ...]:
    """A note on the bands on other grids."""
    names = ", ".join(name for view in others for name in view.bands)
    return (f"estimator did not look at {names}: another grid than the first band's",) if names else ()


def estimates(network: Estimator, images: np.ndarray, pixel_scale: np.ndarray) -> tuple[np.ndarray, ...]:
    """Medians ``[view, p]`` and covariances ``[view, p, p]``, arcsec, and tails ``[view, p]``, of views
    ``[view, plane, y, x]``; tails (`lensmith.nets.tails`) of theta_E are those of its logarithm.
    """
    return _of_channels(network, network.prepare({network.spec.inputs.array: images})["image"], pixel_scale)


def _of_channels(network: Estimator, prepared: np.ndarray, pixel_scale: np.ndarray) -> tuple[np.ndarray, ...]:
    mean, covariance, tails = in_fixed_batches(network.scaled_estimate, prepared)
    return *unscaled(mean, covariance, pixel_scale), tails
