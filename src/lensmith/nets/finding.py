"""The finder's stage in a run: cutouts in, P(lens) out."""

import numpy as np
import torch

from lensmith.data import Cutout
from lensmith.nets.finder import Finder
from lensmith.nets.fixed_batches import in_fixed_batches
from lensmith.nets.lens_view import view_of


def find(network: Finder, cutouts: list[Cutout]) -> list[dict]:
    """`p_lens` and notes of each cutout, the same whatever stands beside it; where it cannot look, notes alone."""
    views = [view_of(cutout) for cutout in cutouts]
    found: list[dict] = [{"notes": view.notes} for view in views]
    seen = [k for k, view in enumerate(views) if view.image is not None]
    if seen:
        for k, p in zip(seen, p_lens(network, np.stack([views[k].image for k in seen]))):
            found[k]["p_lens"] = float(p)
    return found


@torch.inference_mode()
def p_lens(network: Finder, images: np.ndarray) -> np.ndarray:
    """P(lens), float64 ``[view]``, of views ``[view, 2, y, x]``: holds where there are as many lenses as impostors."""
    network.eval()
    lens = network.spec.classes.index("lens")
    prepared = network.prepare({network.spec.inputs.array: images})["image"]
    (p,) = in_fixed_batches(lambda inputs: (network(inputs).double().softmax(1)[:, lens].numpy(),), prepared)
    return p
