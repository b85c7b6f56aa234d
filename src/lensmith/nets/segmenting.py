"""The segmenter's stage in a run: cutouts in, classes of the pixels of the first band out."""

from collections.abc import Sequence

import numpy as np
import torch

from lensmith.data import Cutout
from lensmith.data.labels import CLASSES
from lensmith.errors import InputError
from lensmith.nets.cutout_input import WorkingImage, working_image
from lensmith.nets.fixed_batches import in_fixed_batches
from lensmith.nets.segmenter import Segmenter
from lensmith.nets.segmenter_input import on_grid
from lensmith.types import FloatArray

SHIPPED = "unet-mixed"
"""The weights in the package that segment cutouts of every instrument."""


def segment(network: Segmenter, cutouts: Sequence[Cutout]) -> list[dict]:
    """`classes`, `probabilities` and notes of each cutout, the same whatever stands beside it.

    ``classes`` is uint8 ``[y, x]``, the most probable of `lensmith.data.labels.CLASSES`; ``probabilities`` float32
    ``[class, y, x]``, adding up to 1 in each pixel. Both are on the pixels of the first band.

    Raises
    ------
    InputError
        if the network is no segmenter of detection images with these classes.
    """
    if not isinstance(network, Segmenter) or network.spec.shape[0] != 1 or network.spec.classes != CLASSES:
        raise InputError(
            f"{network.spec.name} with the classes {', '.join(network.spec.classes)} cannot segment cutouts; train "
            "unet-mixed on what `lensmith label --mix` makes"
        )
    working = [working_image(cutout) for cutout in cutouts]
    shares = pixel_shares(network, [one.image for one in working])
    return [_found(cutout, image, share) for cutout, image, share in zip(cutouts, working, shares)]


@torch.inference_mode()
def pixel_shares(network: Segmenter, images: Sequence[FloatArray]) -> list[FloatArray]:
    """Probabilities ``[class, y, x]`` of the pixels of detection images ``[y, x]`` of any sizes, each by itself."""
    network.eval()
    array = network.spec.inputs.array
    prepared = [network.prepare({array: image[None, None]})["image"][0] for image in images]
    margins = [tuple(network.margins(side) for side in image.shape) for image in images]
    padded = [np.pad(image, ((0, 0), *margin), mode="edge") for image, margin in zip(prepared, margins)]
    ask = lambda inputs: (network.shares(network(inputs).float()).numpy(),)
    found: list[FloatArray] = [np.zeros(0)] * len(padded)
    for shape in {image.shape for image in padded}:
        rows = [row for row, image in enumerate(padded) if image.shape == shape]
        (answers,) = in_fixed_batches(ask, np.stack([padded[row] for row in rows]))
        for row, answer in zip(rows, answers):
            (below, _), (left, _) = margins[row]
            height, width = images[row].shape
            found[row] = answer[:, below : below + height, left : left + width]
    return found


def _found(cutout: Cutout, working: WorkingImage, shares: FloatArray) -> dict:
    shape = cutout.bands[0].shape
    if shares.shape[1:] != shape or working.factor != 1:
        # On the frame of the working grid there is nothing to interpolate to: its edge is repeated.
        edged = np.pad(shares, ((0, 0), (1, 1), (1, 1)), mode="edge")
        shares = np.stack([on_grid(one, working.factor * np.eye(2), np.zeros(2), shape) for one in edged])
        shares = shares / shares.sum(0)
    left_out = [band.name for band in cutout.bands if band.name not in working.bands]
    notes = (f"segmenter: bands left out, blurred: {', '.join(left_out)}",) if left_out else ()
    shares = np.ascontiguousarray(shares, np.float32)
    return {"classes": shares.argmax(0).astype(np.uint8), "probabilities": shares, "notes": notes}
