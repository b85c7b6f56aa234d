"""The finder: is there a lens in the middle of this view? Any encoder of timm, calibrated by a temperature.

Source of the calibration: Guo et al. 2017, ICML, p. 1321, section 4.2.
"""

import torch
from torch import Tensor, nn

from lensmith.nets.encoder import EncoderSettings, make_encoder, without_start
from lensmith.nets.polar_trunk import PolarHead
from lensmith.nets.settings import NetworkSpec
from lensmith.nets.view_network import ViewNetwork

CLASSES = ("impostor", "lens")


class FinderSettings(EncoderSettings):
    """An encoder: 0.7 million parameters with ``resnet10t`` in the widths of the recipe."""


class Finder(ViewNetwork):
    """Scores of `CLASSES` of views ``[sample, plane, y, x]``; divided by a temperature that validation samples set."""

    def __init__(self, spec: NetworkSpec, settings: FinderSettings):
        super().__init__(without_start(spec), make_encoder(settings, spec.shape[0] + 1, len(spec.classes)))
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax, ``[sample, class]``."""
        image = inputs["image"]
        if not isinstance(self.body, PolarHead):
            return self.body(image) / self.temperature
        if self.training:
            # Every sample is seen turned by an angle of its own.
            return self.body(image, 2 * torch.pi * torch.rand(len(image), device=image.device))[0] / self.temperature
        # No direction is special: the image and its mirror image are asked.
        return (self.body(image)[0] + self.body(image.flip(-1))[0]) / (2 * self.temperature)

    def calibrate(self, scores: Tensor, labels: Tensor) -> None:
        """Set the temperature that makes the labels of validation samples most probable."""
        raw = (scores * self.temperature).double()
        candidates = torch.logspace(-0.7, 0.7, 141, dtype=torch.float64)
        losses = torch.stack([nn.functional.cross_entropy(raw / t, labels) for t in candidates])
        self.temperature.fill_(float(candidates[losses.argmin()]))
