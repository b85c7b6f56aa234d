"""The finder's stage in a run: cutouts in, P(lens) out."""

import numpy as np

from lensmith.data import Cutout
from lensmith.nets.lens_view import View, view_of


def find(network, cutouts: list[Cutout]) -> list[dict]:
    """`p_lens` and notes of each cutout, the same whatever stands beside it; where it cannot look, notes alone."""
    views = [view_of(cutout) for cutout in cutouts]
    found = [{"notes": view.notes} for view in views]
    for one, p in zip((one for one, view in zip(found, views) if view.image is not None), p_lens(network, views)):
        one["p_lens"] = p
    return found


def p_lens(network, views: list[View]) -> list[float]:
    """P(lens) of the views that there are."""
    lens = network.spec.classes.index("lens")
    # One at a time: libraries add up in another order for another size of batch.
    return [
        float(network.probabilities({network.spec.inputs.array: view.image[None]})[0, lens])
        for view in views
        if view.image is not None
    ]


def stacked(views: list[View]) -> np.ndarray:
    """The images of the views that there are, ``[view, 2, y, x]``."""
    return np.stack([view.image for view in views if view.image is not None])
