"""MSRF-Net (Srivastava et al. 2022, IEEE J. Biomed. Health Inform. 26, 2252): multi-scale residual fusion.

Squeeze-and-excitation encoder of four levels; dual-scale dense fusion between neighbouring levels; a gated shape stream
that learns edges with those of Canny beside; a decoder with attention and deep supervision.
"""

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from lensmith.nets.canny import canny_edges
from lensmith.nets.dense_fusion import FusionNetwork
from lensmith.nets.segmentation_losses import mask_edges, segmentation_loss
from lensmith.nets.segmenter import Segmenter, SegmenterSettings, resized, scaled_channels
from lensmith.nets.settings import NetworkSpec

_LEVELS = (32, 64, 128, 256)
_GROWTH = (16, 32, 64)
_WEIGHTS = (2.0, 1.0, 1.0)
"""Of the final output and of the two deep ones; that of the edges is 1."""


class MsrfnetSettings(SegmenterSettings):
    """`width` scales all channels, 1 is published; `steps` and `residual` are those of the fusion blocks."""

    width: float = Field(1.0, gt=0, le=2)
    steps: int = Field(5, ge=1)
    residual: float = Field(0.4, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)


class SqueezeExcite(nn.Module):
    """Channels weighted by what the whole image shows in them (Hu et al. 2018, CVPR, p. 7132)."""

    def __init__(self, channels: int, ratio: int = 8):
        super().__init__()
        hidden = max(channels // ratio, 2)
        self.weigh = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, features: Tensor) -> Tensor:
        """Weighted features."""
        return features * self.weigh(features.mean((2, 3)))[..., None, None]


class TwoConvolutions(nn.Sequential):
    """Twice convolution, ReLU and batch normalisation."""

    def __init__(self, into: int, out: int, dropout: float = 0.0):
        super().__init__(
            *(nn.Conv2d(into, out, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(out), nn.Dropout(dropout)),
            *(nn.Conv2d(out, out, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(out)),
        )


class ShapeStream(nn.Module):
    """Edges, gated by deeper and deeper features (Takikawa et al. 2019, ICCV, p. 5228)."""

    def __init__(self, levels: list[int]):
        super().__init__()
        width = levels[0]
        self.enter = TwoConvolutions(levels[0], width)
        self.gates = nn.ModuleList(nn.Conv2d(width + deep, 1, 1) for deep in levels[1:])
        self.blocks = nn.ModuleList(TwoConvolutions(width, width) for _ in levels[1:])
        self.edges = nn.Conv2d(width, 1, 1)
        self.join = nn.Conv2d(2, 1, 1)

    def forward(self, levels: list[Tensor], canny: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the edges, and a map of them with Canny's for the decoder, both ``[sample, 1, y, x]``."""
        here = self.enter(levels[0])
        for gate, block, deep in zip(self.gates, self.blocks, levels[1:]):
            open_ = gate(torch.cat((here, resized(deep, here)), 1)).sigmoid()
            here = here + block(here * (1 + open_))
        edges = self.edges(here)
        return edges, self.join(torch.cat((edges.sigmoid(), canny), 1)).sigmoid()


class AttentionDecoder(nn.Module):
    """One level up: a gate on the skipped features (Oktay et al. 2018), attention over channels and over space."""

    def __init__(self, deep: int, skip: int):
        super().__init__()
        self.up = nn.ConvTranspose2d(deep, skip, 4, 2, 1)
        self.gate = nn.Sequential(nn.Conv2d(2 * skip, skip, 1), nn.ReLU(), nn.Conv2d(skip, 1, 1), nn.Sigmoid())
        self.mix = TwoConvolutions(2 * skip, skip)
        self.channel = SqueezeExcite(skip)
        self.space = nn.Sequential(nn.Conv2d(skip, 1, 1), nn.Sigmoid())
        self.past = nn.Conv2d(2 * skip, skip, 1)

    def forward(self, deep: Tensor, skip: Tensor) -> Tensor:
        """Features on the grid of `skip`."""
        deep = self.up(deep)
        joined = torch.cat((deep, skip * self.gate(torch.cat((deep, skip), 1))), 1)
        mixed = self.mix(joined)
        return self.channel(mixed) * (1 + self.space(mixed)) + self.past(joined)


class Msrfnet(Segmenter):
    """MSRF-Net: 17.7 million parameters at width 1. Prepared inputs have the edges of Canny beside the image."""

    multiple = 8
    smallest = 16
    slow_to_prepare = True

    def __init__(self, spec: NetworkSpec, settings: MsrfnetSettings):
        super().__init__(spec, settings)
        channels, classes = scaled_channels(settings.width), len(spec.classes)
        levels = [channels(n) for n in _LEVELS]
        before = [self.bands, *levels]
        self.encoder = nn.ModuleList(
            nn.Sequential(TwoConvolutions(into, out, settings.dropout), SqueezeExcite(out))
            for into, out in zip(before, levels)
        )
        self.fusion = FusionNetwork(levels, [channels(n) for n in _GROWTH], settings.steps, settings.residual)
        self.shape_stream = ShapeStream(levels)
        self.decoder = nn.ModuleList(AttentionDecoder(levels[k + 1], levels[k]) for k in (2, 1, 0))
        self.deep = nn.ModuleList(nn.Conv2d(levels[k], classes, 1) for k in (1, 2))
        self.head = nn.Sequential(TwoConvolutions(levels[0] + 1, levels[0]), nn.Conv2d(levels[0], classes, 1))

    def prepare(self, arrays):
        """The image and its edges (those of the mean over bands), float32 ``[sample, 1, y, x]``."""
        inputs = super().prepare(arrays)
        edges = [canny_edges(image.mean(0)) for image in inputs["image"]]
        return inputs | {"canny": np.stack(edges)[:, None].astype(np.float32)}

    def outputs(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """Final scores, those of the two deeper levels, and last the scores of the edges ``[sample, 1, y, x]``."""
        image, levels = inputs["image"], []
        here = image
        for k, block in enumerate(self.encoder):
            here = block(functional.max_pool2d(here, 2) if k else here)
            levels.append(here)
        levels = self.fusion(levels)
        edges, edge_map = self.shape_stream(levels, inputs["canny"])
        decoded = [levels[-1]]
        for block, skip in zip(self.decoder, reversed(levels[:-1])):
            decoded.append(block(decoded[-1], skip))
        final = self.head(torch.cat((decoded[3], edge_map), 1))
        deep = [resized(head(features), image) for head, features in zip(self.deep, (decoded[2], decoded[1]))]
        return self.with_ranks([final, *deep, edges], image)

    def loss(self, inputs, masks, teacher=None) -> Tensor:
        """2 x final + edge + deep + deep, each of the masks cross-entropy and Dice, of the edges cross-entropy."""
        *scores, edges = self.on_grid(inputs)
        parts = [segmentation_loss(one, masks, self.settings.exclusive) for one in scores]
        edge = functional.binary_cross_entropy_with_logits(edges, mask_edges(masks))
        return edge + sum(weight * part for weight, part in zip(_WEIGHTS, parts))
