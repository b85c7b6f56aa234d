"""IS-Net with intermediate supervision (Qin et al. 2022, ECCV, p. 38), of residual U-blocks (Qin et al. 2020, U2-Net,
Pattern Recognition 106, 107404).

A ground-truth encoder is trained first to give the masks back; its features then are what those of the decoder are to
be like, level by level (eqs. 2 to 5).
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from lensmith.nets.segmentation_losses import Region, pixel_loss, region_loss
from lensmith.nets.segmenter import Segmenter, SegmenterSettings, resized, scaled_channels
from lensmith.nets.settings import NetworkSpec

_ENCODER = ((7, 32, 64), (6, 32, 128), (5, 64, 256), (4, 128, 512), (4, 256, 512), (4, 256, 512))
_DECODER = ((4, 256, 512), (4, 128, 256), (5, 64, 128), (6, 32, 64), (7, 16, 64))
_TEACHER = ((7, 16, 64), (6, 16, 64), (5, 32, 128), (4, 32, 256), (4, 64, 512), (4, 64, 512))
"""Height, middle and outer channels of the blocks; the two deepest levels are dilated instead of pooled."""
_STEM, _TEACHER_STEM = 64, 16


class IsnetSettings(SegmenterSettings):
    """`width` scales all channels, 1 is published; `feature_weight` is that of the features' MSE.

    `teacher_epochs` are those of the ground-truth encoder, also a part of one; 0 leaves intermediate supervision out.
    `region` is added to the cross-entropy of every side output; ``none`` is published, but classes of a per cent of
    the pixels then learn slowly.
    """

    width: float = Field(1.0, gt=0, le=2)
    feature_weight: float = Field(1.0, ge=0)
    teacher_epochs: float = Field(5, ge=0)
    region: Region = "none"


class ConvBlock(nn.Sequential):
    """Convolution 3x3, batch normalisation, ReLU."""

    def __init__(self, into: int, out: int, dilation: int = 1, stride: int = 1):
        super().__init__(
            nn.Conv2d(into, out, 3, stride, dilation, dilation), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
        )


class ResidualUBlock(nn.Module):
    """A U-Net inside a residual block: RSU7 to RSU4 by `height`, RSU4F where `dilated` (it keeps its resolution)."""

    def __init__(self, height: int, into: int, middle: int, out: int, dilated: bool = False):
        super().__init__()
        rates = [2**k for k in range(height)] if dilated else [1] * (height - 1) + [2]
        self.dilated = dilated
        self.enter = ConvBlock(into, out)
        self.down = nn.ModuleList(ConvBlock(middle if k else out, middle, rates[k]) for k in range(height - 1))
        self.bottom = ConvBlock(middle, middle, rates[-1])
        up_rates = rates[:-1] if dilated else [1] * (height - 1)
        self.up = nn.ModuleList(ConvBlock(2 * middle, middle if k else out, up_rates[k]) for k in range(height - 1))

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same size."""
        entered = self.enter(features)
        levels, here = [], entered
        for k, block in enumerate(self.down):
            here = block(_pooled(here) if k and not self.dilated else here)
            levels.append(here)
        here = self.bottom(here)
        for level, block in zip(reversed(levels), reversed(self.up)):
            here = block(torch.cat((resized(here, level), level), 1))
        return here + entered


def _pooled(features: Tensor) -> Tensor:
    return functional.max_pool2d(features, 2, 2, ceil_mode=True)


class EncoderLevels(nn.Module):
    """A strided convolution and six residual U-blocks, each at half the resolution of the one before."""

    def __init__(self, into: int, stem: int, blocks, channels):
        super().__init__()
        self.stem = nn.Conv2d(into, channels(stem), 3, 2, 1)
        before = [stem, *(out for _, _, out in blocks)]
        self.blocks = nn.ModuleList(
            ResidualUBlock(height, channels(before[k]), channels(middle), channels(out), dilated=k > 3)
            for k, (height, middle, out) in enumerate(blocks)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Features of the six levels, the finest first."""
        levels, here = [], self.stem(image)
        for k, block in enumerate(self.blocks):
            here = block(_pooled(here) if k else here)
            levels.append(here)
        return levels


class GroundTruthEncoder(nn.Module):
    """Masks ``[sample, class, y, x]`` to six levels of features, and from each of these back to masks."""

    def __init__(self, classes: int, width: float):
        super().__init__()
        channels = scaled_channels(width)
        self.encoder = EncoderLevels(classes, _TEACHER_STEM, _TEACHER, channels)
        self.sides = nn.ModuleList(nn.Conv2d(channels(out), classes, 3, padding=1) for _, _, out in _TEACHER)

    def forward(self, masks: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features, and scores on the grid of the masks, of every level."""
        levels = self.encoder(masks)
        return levels, [resized(side(level), masks) for side, level in zip(self.sides, levels)]

    def loss(self, masks: Tensor) -> Tensor:
        """Binary cross-entropy of all levels; the masks must be padded as the network pads them."""
        return sum(pixel_loss(scores, masks, exclusive=False) for scores in self(masks)[1])


class Isnet(Segmenter):
    """IS-Net: 44.0 million parameters for three bands at width 1. Side outputs are judged by binary cross-entropy."""

    multiple = 64
    independent = True

    def __init__(self, spec: NetworkSpec, settings: IsnetSettings):
        super().__init__(spec, settings)
        channels, classes = scaled_channels(settings.width), len(spec.classes)
        self.encoder = EncoderLevels(self.bands, _STEM, _ENCODER, channels)
        outs = [out for _, _, out in _ENCODER]
        below, decoder, sides = outs[-1], [], [outs[-1]]
        for k, (height, middle, out) in enumerate(_DECODER):
            into = channels(below) + channels(outs[-2 - k])
            decoder.append(ResidualUBlock(height, into, channels(middle), channels(out), dilated=k == 0))
            below = out
            sides.append(out)
        self.decoder = nn.ModuleList(decoder)
        self.sides = nn.ModuleList(nn.Conv2d(channels(out), classes, 3, padding=1) for out in reversed(sides))

    def features(self, image: Tensor) -> list[Tensor]:
        """Features of the six levels of the decoder, the finest first; the coarsest is the encoder's."""
        levels = self.encoder(image)
        here, found = levels[-1], [levels[-1]]
        for level, block in zip(reversed(levels[:-1]), self.decoder):
            here = block(torch.cat((resized(here, level), level), 1))
            found.append(here)
        return found[::-1]

    def outputs(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """Scores of the six levels on the grid of the image."""
        return self._scores(self.features(inputs["image"]), inputs["image"])

    def _scores(self, levels: list[Tensor], image: Tensor) -> list[Tensor]:
        return self.with_ranks([resized(side(level), image) for side, level in zip(self.sides, levels)], image)

    def make_teacher(self) -> GroundTruthEncoder | None:
        """A ground-truth encoder of the same width with fresh weights; it knows the class maps, not the images."""
        if not self.settings.teacher_epochs:
            return None
        return GroundTruthEncoder(len(self.spec.classes), self.settings.width)

    def loss(self, inputs, masks, teacher=None) -> Tensor:
        """Binary cross-entropy of the six side outputs, and MSE to the teacher's features of the true masks."""
        image, truth = self._padded(inputs["image"]), self._padded(masks)
        levels = self.features(image)
        # Where the image was padded the masks are, too: the edge goes on in both.
        loss = sum(self._mask_loss(one, truth) for one in self._scores(levels, image))
        if teacher is not None:
            with torch.no_grad():
                wanted = teacher(truth)[0]
            pairs = zip(levels, wanted)
            loss = loss + self.settings.feature_weight * sum(functional.mse_loss(one, other) for one, other in pairs)
        return loss

    def _mask_loss(self, scores: Tensor, truth: Tensor) -> Tensor:
        loss, region = pixel_loss(scores, truth, exclusive=False), self.settings.region
        return loss if region == "none" else loss + region_loss(scores.sigmoid(), truth, region)

    def teacher_loss(self, teacher: GroundTruthEncoder, masks: Tensor) -> Tensor:
        """What the teacher's own training makes small."""
        return teacher.loss(self._padded(masks))
