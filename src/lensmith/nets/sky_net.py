"""Is there a halo in a sky of galaxy shapes, and where: a small network on maps of the shear likelihood.

`shear_maps` gives, for each of some NFW haloes at each place of the sky, the two sums that its likelihood is made of.
From them the network computes ln likelihood over no halo, with the scatter of shapes integrated out (`halos.likelihood`
has the formula), and weighs the templates by learned weights. A few convolutions look at the same maps and correct the
result; they start at zero, so that the network starts as a Bayesian detector on a grid.

The answer is one softmax over "no halo" and every place: the heat map and the probability of a halo belong together.
Maps are scalars, so that flips and quarter turns of them are those of a sky with its e1, e2 transformed.
"""

import math

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from lensmith.data.shear_grid import BANDS, CELLS, HALO_CELLS
from lensmith.nets.network import Network
from lensmith.nets.settings import NetworkSpec, Settings
from lensmith.nets.shear_maps import shear_maps

AMPLITUDES = (0.75, 1.0, 1.3)
"""Amplitudes that each template is tried at; T and N scale with the first and second power."""

_LARGE = 20.0

_KNOWN_TO = 0.7
"""What the cells of galaxies and places leave open: 68 % radius in cells of the heat map, added in quadrature.

Chosen on 60 haloes in simulated pictures (seed 7): half a cell, which holds 68 % of one, left compact haloes outside.
"""


class SkyNetSettings(Settings):
    """`templates`: NFW haloes (kappa_s, r_s over the field's longer side); the default spans those of Dark Worlds.

    `width`: channels of the convolutions; 0 leaves them out. `shape_noise`, `shape_noise_strength`: inverse-gamma prior
    of the scatter of shapes.
    """

    templates: tuple[tuple[float, float], ...] = (
        (0.118, 0.17),
        (0.118, 0.23),
        (0.118, 0.31),
        (0.118, 0.42),
        (0.5, 0.059),
        (0.5, 0.079),
        (0.5, 0.106),
    )
    width: int = Field(24, ge=0)
    shape_noise: float = Field(0.22, gt=0)
    shape_noise_strength: float = Field(10.0, gt=0)


class SkyNet(Network):
    """Scores of (no halo, halo), and of every place in `heat`. Reads `shear`, and `halo_map` where it is trained."""

    def __init__(self, spec: NetworkSpec, settings: SkyNetSettings):
        super().__init__(spec)
        self.settings = settings
        self.reads = ("shear", "halo_map")
        count = len(settings.templates)
        self.template_weights = nn.Parameter(torch.zeros(len(AMPLITUDES), count))
        self.sharpness = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(()))
        self.correction = _convolutions(2 * count, settings.width) if settings.width else None

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """``matched`` and ``power`` ``[sky, template, y, x]``, ``sums`` ``[sky, 2]``: sum w |e|^2 and the galaxies.

        `target`, the shares of the true haloes ``[sky, 1, y, x]``, where they are known.
        """
        grids = np.asarray(arrays["shear"], np.float32).reshape(-1, BANDS, CELLS, CELLS)
        matched, power = shear_maps(grids, self.settings.templates)
        sums = np.stack([grids[:, 3].sum((1, 2)), grids[:, 2].sum((1, 2))], axis=1)
        inputs = {"matched": matched, "power": power, "sums": sums}
        target = np.asarray(arrays.get("halo_map", np.nan), np.float32)
        if target.ndim == 4:
            inputs["target"] = target
        return inputs

    def heat(self, inputs: dict[str, Tensor]) -> Tensor:
        """ln of (posterior share of a halo in a cell) / (share of no halo), ``[sky, y, x]``, at even odds."""
        ratio = self._log_ratio(inputs)
        weights = self.template_weights.flatten().log_softmax(0).reshape(1, *self.template_weights.shape, 1, 1)
        heat = (ratio + weights).flatten(1, 2).logsumexp(1) * self.sharpness.exp()
        if self.correction is not None:
            middle = ratio[:, AMPLITUDES.index(1.0)]
            seen = torch.cat([middle.clamp(-_LARGE, _LARGE) / 4, inputs["power"].clamp_max(_LARGE).sqrt()], 1)
            heat = heat + self.correction(seen)[:, 0]
        return heat + self.bias - 2 * math.log(HALO_CELLS)

    def _log_ratio(self, inputs: dict[str, Tensor]) -> Tensor:
        """ln likelihood of a halo over none, ``[sky, amplitude, template, y, x]``."""
        a, b = self.settings.shape_noise_strength, self.settings.shape_noise_strength * self.settings.shape_noise**2
        total, number = (values[:, None, None, None, None] for values in inputs["sums"].unbind(1))
        size = torch.tensor(AMPLITUDES, device=total.device)[:, None, None, None]
        gain = 2 * size * inputs["matched"][:, None] - size**2 * inputs["power"][:, None]
        return -(a + number) * torch.log1p((-gain / (2 * b + total)).clamp_min(-0.999))

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores of no halo and of a halo, ``[sky, 2]``."""
        there = self.heat(inputs).flatten(1).logsumexp(1)
        return torch.stack([torch.zeros_like(there), there], 1)

    def classification_loss(self, inputs: dict[str, Tensor], labels: Tensor, criterion: nn.Module) -> Tensor:
        """Cross-entropy over "no halo" and all places; where a halo is, its true place counts."""
        heat = self.heat(inputs).flatten(1)
        scores = functional.pad(heat, (1, 0)).log_softmax(1)
        place = inputs["target"].flatten(1)
        known = (labels > 0) & (place.sum(1) > 0)
        here = torch.where(known, (place * scores[:, 1:]).sum(1), scores[:, 1:].logsumexp(1))
        return -torch.where(labels > 0, here, scores[:, 0]).mean()

    @torch.inference_mode()
    def places(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """ln odds of a halo ``[sky]``, and where it is if there is one: shares ``[sky, y, x]`` that add up to 1."""
        self.eval()
        heat = self.heat({name: torch.from_numpy(values) for name, values in self.prepare(arrays).items()})
        there = heat.flatten(1).logsumexp(1)
        return there.numpy(), (heat - there[:, None, None]).exp().numpy()


def _convolutions(channels: int, width: int) -> nn.Sequential:
    """Three layers that see five cells around; the last one starts at zero."""
    last = nn.Conv2d(width, 1, 1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    layers = [nn.Conv2d(channels, width, 3, padding=1), nn.GELU(), nn.Conv2d(width, width, 3, padding=1), nn.GELU()]
    return nn.Sequential(*layers, last)


def most_likely_place(shares: np.ndarray) -> tuple[float, float, float]:
    """x, y of least expected distance (0 ... 1) and the radius that holds 68 %, of shares ``[y, x]``."""
    along = (np.arange(len(shares)) + 0.5) / len(shares)
    x, y = (grid.ravel() for grid in np.meshgrid(along, along))
    weight = shares.ravel().astype(float) / shares.sum()
    row, column = np.unravel_index(shares.argmax(), shares.shape)
    here = np.array([along[column], along[row]])
    for start in (here, np.array([weight @ x, weight @ y])):
        found = _geometric_median(x, y, weight, start)
        here = min(here, found, key=lambda point: weight @ np.hypot(x - point[0], y - point[1]))
    distance = np.hypot(x - here[0], y - here[1])
    order = np.argsort(distance)
    held = distance[order[min(np.searchsorted(np.cumsum(weight[order]), 0.68), len(order) - 1)]]
    return float(here[0]), float(here[1]), float(np.hypot(held, _KNOWN_TO / len(shares)))


def _geometric_median(x, y, weight, start, steps: int = 60) -> np.ndarray:
    """Weiszfeld's steps, the distance floored at a third of a cell."""
    point = start
    for _ in range(steps):
        inverse = weight / np.maximum(np.hypot(x - point[0], y - point[1]), 0.3 / HALO_CELLS)
        point = np.array([inverse @ x, inverse @ y]) / inverse.sum()
    return point
