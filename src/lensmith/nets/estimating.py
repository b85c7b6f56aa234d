"""The estimator's stage in a run: cutouts in, a Gaussian of lens parameters out."""

import numpy as np

from lensmith.data import Cutout, pixel_to_frame
from lensmith.nets.estimator import NAMES, Estimator, unscaled
from lensmith.nets.fixed_batches import in_fixed_batches
from lensmith.nets.lens_view import View, notes_of, views_of
from lensmith.nets.pooling import pooled, turned
from lensmith.types import FloatArray


def estimate(network: Estimator, cutouts: list[Cutout]) -> list[dict]:
    """Parameters, mean, covariance and notes of each cutout, the same whatever stands beside it.

    It looks at every grid that bands are on, and pools what it finds (`lensmith.nets.pooling`).
    """
    seen_of = [views_of(cutout) for cutout in cutouts]
    found: list[dict] = [{"notes": notes_of(views)} for views in seen_of]
    seen = [(k, view) for k, views in enumerate(seen_of) for view in views if view.image is not None]
    if seen:
        channels = np.stack([view.channels(network.planes) for _, view in seen])
        scales = np.array([view.pixel_scale for _, view in seen])
        parts: dict[int, list] = {}
        for (k, view), mean, covariance, _ in zip(seen, *_of_channels(network, channels, scales)):
            parts.setdefault(k, []).append(turned(mean, covariance, _to_frame(cutouts[k], view)))
        for k, estimates_of in parts.items():
            mean, covariance = pooled(*(np.stack(some) for some in zip(*estimates_of)))
            found[k] |= {"parameters": NAMES, "mean": mean, "covariance": covariance}
    return found


def _to_frame(cutout: Cutout, view: View) -> FloatArray:
    """From the axes of a view to the frame of the cutout's first band."""
    band = next(band for band in cutout.bands if band.name == view.bands[0])
    return pixel_to_frame(band, cutout.bands[0])


def estimates(network: Estimator, images: np.ndarray, pixel_scale: np.ndarray) -> tuple[np.ndarray, ...]:
    """Medians ``[view, p]`` and covariances ``[view, p, p]``, arcsec, and tails ``[view, p]``, of views
    ``[view, plane, y, x]``; tails (`lensmith.nets.tails`) of theta_E are those of its logarithm.
    """
    return _of_channels(network, network.prepare({network.spec.inputs.array: images})["image"], pixel_scale)


def _of_channels(network: Estimator, prepared: np.ndarray, pixel_scale: np.ndarray) -> tuple[np.ndarray, ...]:
    mean, covariance, tails = in_fixed_batches(network.scaled_estimate, prepared)
    return *unscaled(mean, covariance, pixel_scale), tails
