"""The published "physics-informed" idea in its own terms, at a sane size, so that its claim can be tested.

Two trunks read the image; one gives features called theta, the other features called k. A lens equation is formed of
them, ``beta = theta - k r^2``, r the distance from the centre of the image in half sides, and three dense layers read
beta. (k r^2 is the deflection of no isothermal lens, and the image never enters the equation: `lens_physics` differs.)
"""

import torch
from pydantic import Field
from torch import Tensor, nn

from lensmith.nets.network import Network
from lensmith.nets.residual_trunk import LEAST_WIDTH, ResidualTrunk
from lensmith.nets.settings import NetworkSpec, Settings

_GRID = 4
"""Cells along a side at which the dense layers read beta."""


class LensPinnSettings(Settings):
    """`width` of the two trunks, `hidden` units of the two inner dense layers, `dropout` between them."""

    width: int = Field(32, ge=LEAST_WIDTH)
    hidden: int = Field(256, ge=4)
    dropout: float = Field(0.2, ge=0, lt=1)


class LensPinn(Network):
    """Two trunks, beta = theta - k r^2, three dense layers."""

    def __init__(self, spec: NetworkSpec, settings: LensPinnSettings):
        super().__init__(spec)
        self.theta = ResidualTrunk(spec.shape[0], settings.width)
        self.k = ResidualTrunk(spec.shape[0], settings.width)
        self.shrink = nn.AdaptiveAvgPool2d(_GRID)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(self.theta.channels * _GRID**2, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, len(spec.classes)),
        )

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax, ``[sample, class]``."""
        theta, k = self.theta(inputs["image"]), self.k(inputs["image"])
        return self.dense(self.shrink(theta - k * _square_radius(theta)))


def _square_radius(features: Tensor) -> Tensor:
    """r^2 of every cell of ``[sample, channel, y, x]``, 1 at the middle of a side; ``[y, x]``."""
    y, x = (torch.linspace(-1, 1, side, device=features.device, dtype=features.dtype) for side in features.shape[-2:])
    return y[:, None] ** 2 + x**2
