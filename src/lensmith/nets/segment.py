"""Candidates segmented in batches by the network that ships: classes of the pixels of the first band."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lensmith.data import Cutout
from lensmith.data.labels import CLASSES
from lensmith.errors import InputError
from lensmith.nets.checkpoint import load_checkpoint
from lensmith.nets.cutout_input import WorkingImage, working_image
from lensmith.nets.segmenter_input import on_grid
from lensmith.types import FloatArray

SHIPPED = "unet-mixed"
"""The weights in the package that segment cutouts of every instrument."""
BATCH = 32


class Segmented(NamedTuple):
    """Of one candidate, on the pixels of its first band.

    Attributes
    ----------
    classes : uint8 ``[y, x]``, the most probable of `lensmith.data.labels.CLASSES`.
    probabilities : float32 ``[class, y, x]``, of each pixel adding up to 1.
    bands : names of the bands that were looked at.
    """

    classes: np.ndarray
    probabilities: FloatArray
    bands: tuple[str, ...]


class CutoutSegmenter:
    """A segmenter loaded once; call it with candidates.

    Attributes
    ----------
    path : the file of its weights.

    Raises
    ------
    InputError
        if the checkpoint is no segmenter of detection images with the classes of the rule ``truth``.
    """

    def __init__(self, checkpoint: str | Path = SHIPPED):
        import torch

        from lensmith.nets.segmenter import Segmenter

        known = load_checkpoint(checkpoint)
        network = known.network
        if not isinstance(network, Segmenter) or network.bands != 1 or network.spec.classes != CLASSES:
            raise InputError(
                f"{known.path} does not tell {', '.join(CLASSES)} apart in one detection image; train unet-mixed on "
                "what `lensmith label --mix` makes"
            )
        self.path = known.path
        self._network = network.to(memory_format=torch.channels_last)
        self._array = network.reads[0]

    def __call__(self, cutouts: Sequence[Cutout]) -> list[Segmented]:
        """Classes and probabilities of each candidate: the same whatever else is in the batch."""
        working = [working_image(cutout) for cutout in cutouts]
        shares: list[FloatArray | None] = [None] * len(working)
        for rows in _batches([one.image.shape for one in working]):
            images = np.stack([working[row].image for row in rows])[:, None]
            for row, found in zip(rows, self._network.probabilities({self._array: images})):
                shares[row] = found
        return [_on_first_band(cutout, *pair) for cutout, pair in zip(cutouts, zip(working, shares))]


def segment(cutouts: Sequence[Cutout], checkpoint: str | Path = SHIPPED) -> list[Segmented]:
    """`CutoutSegmenter` for once."""
    return CutoutSegmenter(checkpoint)(cutouts)


def _batches(shapes: list[tuple[int, int]]):
    """Places of images of one shape, `BATCH` at most."""
    for shape in sorted(set(shapes)):
        rows = [row for row, one in enumerate(shapes) if one == shape]
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]


def _on_first_band(cutout: Cutout, working: WorkingImage, shares: FloatArray) -> Segmented:
    shape = cutout.bands[0].shape
    if shares.shape[1:] != shape or working.factor != 1:
        # On the frame of the working grid there is nothing to interpolate to: its edge is repeated.
        edged = np.pad(shares, ((0, 0), (1, 1), (1, 1)), mode="edge")
        shares = np.stack([on_grid(one, working.factor * np.eye(2), np.zeros(2), shape) for one in edged])
        shares = np.clip(shares, 0, None) / shares.sum(0).clip(1e-6)
    return Segmented(shares.argmax(0).astype(np.uint8), shares.astype(np.float32), working.bands)
