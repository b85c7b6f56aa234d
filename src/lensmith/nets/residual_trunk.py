"""A small residual trunk (He et al. 2016, CVPR, p. 770): 1/16 of the image's sides, four times `width` channels."""

import torch
from torch import Tensor, nn

LEAST_WIDTH = 8
"""Under it PyTorch 2.14 writes past its memory in the backward pass of 1x1 convolutions in `channels_last` on a CPU."""


class ResidualTrunk(nn.Module):
    """Image ``[sample, band, y, x]`` to features ``[sample, 4 * width, y / 16, x / 16]``."""

    def __init__(self, bands: int, width: int):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(bands, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.blocks = nn.Sequential(
            _Block(width, width, 1),
            _Block(width, 2 * width, 2),
            _Block(2 * width, 2 * width, 1),
            _Block(2 * width, 4 * width, 2),
            _Block(4 * width, 4 * width, 1),
            _Block(4 * width, 4 * width, 2),
        )
        self.channels = 4 * width

    def forward(self, image: Tensor) -> Tensor:
        """Features of images."""
        return self.blocks(self.stem(image))


class _Block(nn.Module):
    def __init__(self, into: int, out: int, stride: int):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out))
        self.second = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out))
        self.past = nn.Identity()
        if stride > 1 or into != out:
            self.past = nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(features))) + self.past(features))
