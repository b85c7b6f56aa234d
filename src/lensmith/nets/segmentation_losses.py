"""Losses of masks: pixel by pixel, and by how regions overlap."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Region = Literal["dice", "jaccard", "none"]


def segmentation_loss(scores: Tensor, masks: Tensor, exclusive: bool, region: Region = "dice") -> Tensor:
    """Cross-entropy of pixels and the loss of regions, added; all ``[sample, class, y, x]``.

    Cross-entropy over classes where they are `exclusive`, else binary for each of them.
    """
    pixels = pixel_loss(scores, masks, exclusive)
    if region == "none":
        return pixels
    shares = scores.softmax(1) if exclusive else scores.sigmoid()
    return pixels + region_loss(shares, masks, region)


def pixel_loss(scores: Tensor, masks: Tensor, exclusive: bool) -> Tensor:
    """Mean cross-entropy of the pixels."""
    if exclusive:
        return functional.cross_entropy(scores, masks)
    return functional.binary_cross_entropy_with_logits(scores, masks)


def region_loss(shares: Tensor, masks: Tensor, region: Region) -> Tensor:
    """1 - Dice or Jaccard of soft masks, over the batch for each class that it holds, averaged over these.

    Milletari et al. 2016 (3DV, eq. 1), without squares. A class that no sample of the batch has is left to the
    pixels' loss: its overlap says nothing.
    """
    shares, masks = shares.float(), masks.float()
    both = (shares * masks).sum((0, 2, 3))
    sizes = shares.sum((0, 2, 3)) + masks.sum((0, 2, 3))
    overlap = (2 * both + 1) / (sizes + 1) if region == "dice" else (both + 1) / (sizes - both + 1)
    there = masks.sum((0, 2, 3)) > 0
    return torch.where(there, 1 - overlap, 0).sum() / there.sum().clamp_min(1)


def mask_edges(masks: Tensor) -> Tensor:
    """Where any mask changes within a 3x3 neighbourhood, float ``[sample, 1, y, x]``, of ``[sample, class, y, x]``."""
    grown = functional.max_pool2d(masks, 3, 1, 1)
    shrunk = -functional.max_pool2d(-masks, 3, 1, 1)
    return (grown - shrunk).amax(1, keepdim=True)
