"""What is known of masks by percentile before anything is learnt: ranks are scores, and how many pixels there are."""

import numpy as np
import torch
from torch import Tensor, nn

from lensmith.data.labels import ARC_PERCENTILE, LENS_PERCENTILE, pixels_above
from lensmith.nets.level_channels import rank_channels
from lensmith.types import BoolArray, FloatArray

_STEEP = 50.0
"""Score of a pixel for each factor of 10 in rank, to begin with."""
_MOST = 6.0
"""The largest score that a rank gives: a network can say otherwise."""


class RankScores(nn.Module):
    """Scores that ranks give by themselves; how steep they are is learnt, for each class."""

    def __init__(self):
        super().__init__()
        self.steepness = nn.Parameter(torch.full((2, 1, 1), float(np.log(_STEEP))))

    def forward(self, channels: Tensor) -> Tensor:
        """Scores ``[sample, 2, y, x]`` of lens and arc, of what `galaxy_channels` makes of one band."""
        return _MOST * torch.tanh(rank_channels(channels) * self.steepness.exp() / _MOST)


def counted_masks(shares: FloatArray, known: BoolArray) -> BoolArray:
    """Masks of lens and arc with as many pixels as the rule gives, bool ``[sample, 2, y, x]``.

    The most probable of the `known` pixels ``[sample, y, x]``; none where the mean of their probabilities `shares`
    ``[sample, 2, y, x]`` is below one half: the image has no such mask.
    """
    masks = np.zeros(shares.shape, bool)
    for mask, share, seen in zip(masks, shares, known):
        for k, percentile in enumerate((LENS_PERCENTILE, ARC_PERCENTILE)):
            values = share[k][seen]
            kept = np.argsort(-values, kind="stable")[: pixels_above(percentile, values.size)]
            if kept.size and values[kept].mean() >= 0.5:
                inside = np.zeros(values.size, bool)
                inside[kept] = True
                mask[k][seen] = inside
    return masks
