"""A trunk that looks at views in polar coordinates about the galaxy: a ring is a row, its radius is where it lies.

Rings, arcs and counter-images that a plain network has to learn at every radius and direction are here one pattern
moved along two axes: along the logarithm of the radius, and around, where the image has no edge (Esteves et al. 2018,
ICLR, "Polar transformer networks"). The dihedral turns of an image become shifts, and so does any other rotation.
"""

import math

import torch
from torch import Tensor, nn

RADII, ANGLES = 36, 80
"""Rows and columns of the polar image."""
INNERMOST, OUTERMOST = 1.0, 36.0
"""Radii [pixels of the view] of its first and last row; between them the radius grows by one factor a row."""
MODES = 2
"""Fourier modes around the galaxy that are kept beside the mean: 1 knows a direction, 2 an axis."""
_CORE, _CENTRINGS = 4.0, 6
"""Radius [pixels] within which the galaxy's centre is measured, and how often, each time about the last one."""


class PolarTrunk(nn.Module):
    """Channels of views ``[sample, channel, y, x]`` to features ``[sample, features]`` and the centres of these.

    Features are those of every radius: mean and largest value around, and Fourier modes 1 to `MODES`.
    """

    def __init__(self, channels: int, width: int, kept: int):
        super().__init__()
        # One channel more says how large the radius is: pixels and PSF do not grow with it.
        self.stem = _Around(channels + 1, width, (5, 5), 2)
        self.blocks = nn.Sequential(
            _Block(width, width, 1),
            _Block(width, 2 * width, 2),
            _Block(2 * width, 2 * width, 1),
            _Block(2 * width, 4 * width, (1, 2)),
        )
        self.narrow = nn.Sequential(nn.Conv2d(4 * width, kept, 1, bias=False), nn.BatchNorm2d(kept), nn.ReLU())
        rows, columns = -(-RADII // 4), -(-ANGLES // 8)
        self.features = kept * rows * (2 + 2 * MODES)
        directions = 2 * math.pi * torch.arange(columns) / columns
        waves = [wave(m * directions) for m in range(1, MODES + 1) for wave in (torch.cos, torch.sin)]
        self.register_buffer("waves", torch.stack(waves, 1) / columns, persistent=False)

    def forward(self, image: Tensor, turned: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Features and centres ``[sample, 2]`` (x, y from the middle, pixels); `turned` [rad] is where angle 0 lies."""
        centre = light_centre(image)
        polar = polar_image(image, centre, turned)
        found = self.narrow(self.blocks(self.stem(polar)))
        parts = [found.mean(3, keepdim=True), found.amax(3, keepdim=True), found @ self.waves]
        return torch.cat(parts, 3).flatten(1), centre


def light_centre(image: Tensor) -> Tensor:
    """Centre ``[sample, 2]`` (x, y from the middle, pixels) of the galaxy in the middle of views' channels."""
    light = torch.relu(3 * torch.sinh(image[:, 0].float().clamp(max=12)) - 1)
    side = image.shape[-1]
    at = torch.arange(side, device=image.device, dtype=torch.float32) - (side - 1) / 2
    x, y = at[None, None, :], at[None, :, None]
    centre = torch.zeros(len(image), 2, device=image.device)
    for _ in range(_CENTRINGS):
        within = (x - centre[:, 0, None, None]) ** 2 + (y - centre[:, 1, None, None]) ** 2 < _CORE**2
        weight = light * within
        total = weight.sum((1, 2)).clamp(min=1e-6)
        centre = torch.stack([(weight * x).sum((1, 2)), (weight * y).sum((1, 2))], 1) / total[:, None]
    return centre


def polar_image(image: Tensor, centre: Tensor, turned: Tensor | None = None) -> Tensor:
    """Channels ``[sample, channel + 1, RADII, ANGLES]`` about `centre`; the last is the logarithm of the radius.

    Each value is the mean of 2x2 places of its cell, so that outer cells do not leave out light.
    """
    n, side = len(image), image.shape[-1]
    step = math.log(OUTERMOST / INNERMOST) / (RADII - 1)
    logs = math.log(INNERMOST) + step * (torch.arange(2 * RADII, device=image.device) / 2 - 0.25)
    angles = 2 * math.pi * (torch.arange(2 * ANGLES, device=image.device) / 2 - 0.25) / ANGLES
    angles = angles[None] + (torch.zeros(n, 1, device=image.device) if turned is None else turned[:, None])
    radius = logs.exp()[None, :, None]
    x = centre[:, 0, None, None] + radius * torch.cos(angles)[:, None, :]
    y = centre[:, 1, None, None] + radius * torch.sin(angles)[:, None, :]
    grid = torch.stack([x, y], 3) / (side / 2)
    sampled = nn.functional.grid_sample(image.float(), grid, mode="bilinear", align_corners=False)
    sampled = nn.functional.avg_pool2d(sampled, 2)
    rows = (logs.reshape(-1, 2).mean(1) - 2).expand(n, 1, ANGLES, RADII).mT
    return torch.cat([sampled, rows], 1).contiguous(memory_format=torch.channels_last)


class _Around(nn.Module):
    """Convolution, normalisation: around the circle without an edge, zeros within the first and beyond the last row."""

    def __init__(self, into: int, out: int, kernel: tuple[int, int], stride):
        super().__init__()
        self.reach = kernel[1] // 2
        self.convolution = nn.Conv2d(into, out, kernel, stride, (kernel[0] // 2, 0), bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, image: Tensor) -> Tensor:
        if self.reach:
            image = torch.cat([image[..., -self.reach :], image, image[..., : self.reach]], 3)
        return self.norm(self.convolution(image))


class _Block(nn.Module):
    """Two convolutions and a way past them (He et al. 2016, CVPR, p. 770)."""

    def __init__(self, into: int, out: int, stride: int):
        super().__init__()
        self.first, self.second = _Around(into, out, (3, 3), stride), _Around(out, out, (3, 3), 1)
        self.past = _Around(into, out, (1, 1), stride) if stride != 1 or into != out else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(torch.relu(features)))) + self.past(features))


class PolarHead(nn.Module):
    """Numbers ``[sample, output]`` from a `PolarTrunk`'s features, with the centres they are counted from."""

    def __init__(self, channels: int, width: int, kept: int, hidden: int, drop_rate: float, outputs: int):
        super().__init__()
        self.trunk = PolarTrunk(channels, width, kept)
        self.head = nn.Sequential(
            nn.Dropout(drop_rate), nn.Linear(self.trunk.features, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
        )

    def forward(self, image: Tensor, turned: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Outputs and centres ``[sample, 2]``; `turned` as in `PolarTrunk`."""
        features, centre = self.trunk(image, turned)
        return self.head(features), centre
