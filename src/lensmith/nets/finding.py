"""The finder's stage in a run: cutouts in, P(lens) out."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import expit, logit

from lensmith.data import Cutout
from lensmith.nets.finder import Finder
from lensmith.nets.fixed_batches import in_fixed_batches
from lensmith.nets.lens_view import View, notes_of, views_of

_LEAST = 1e-4
"""Among several views a probability counts as no nearer to 0 or 1 than this: one view cannot outvote all others by
being surer than any calibration could have shown."""


def find(network: Finder, cutouts: list[Cutout]) -> list[dict]:
    """`p_lens` and notes of each cutout, the same whatever stands beside it; where it cannot look, notes alone."""
    views = [views_of(cutout) for cutout in cutouts]
    found: list[dict] = [{"notes": notes_of(seen)} for seen in views]
    for one, p in zip(found, p_lens_of_views(network, views)):
        if p is not None:
            one["p_lens"] = p
    return found


def p_lens_of_views(network: Finder, views: Sequence[Sequence[View]]) -> list[float | None]:
    """P(lens) of candidates of which each has a few views; None where none of them can be looked at.

    Views of one candidate show the same galaxy and share what may deceive: their log-odds are averaged, not added.
    """
    usable = [[view for view in seen if view.image is not None] for seen in views]
    if not any(usable):
        return [None] * len(usable)
    channels = [view.channels(network.planes) for several in usable for view in several]
    p = p_lens_of_channels(network, np.stack(channels))
    ends = np.cumsum([len(several) for several in usable])
    return [_together(part) if len(part) else None for part in np.split(p, ends[:-1])]


def _together(p: np.ndarray) -> float:
    """One probability of those of several views; that of a single one stays."""
    return float(p[0] if len(p) == 1 else expit(logit(np.clip(p, _LEAST, 1 - _LEAST)).mean()))


def p_lens(network: Finder, images: np.ndarray) -> np.ndarray:
    """P(lens), float64 ``[view]``, of views ``[view, plane, y, x]``, where there are as many lenses as impostors."""
    return p_lens_of_channels(network, network.prepare({network.spec.inputs.array: images})["image"])


@torch.inference_mode()
def p_lens_of_channels(network: Finder, prepared: np.ndarray) -> np.ndarray:
    """The same of what `network.prepare` makes of views, ``[view, channel, y, x]``."""
    network.eval()
    lens = network.spec.classes.index("lens")
    (p,) = in_fixed_batches(lambda inputs: (network(inputs).double().softmax(1)[:, lens].numpy(),), prepared)
    return p
