"""Dual-scale dense fusion (Srivastava et al. 2022, IEEE J. Biomed. Health Inform. 26, 2252, section III-B)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

_ROUNDS = ((0, 2), (0, 2), (1,), (0, 2), (1,), (0, 2))
"""Which pairs of neighbouring levels exchange, by their finer level, round after round."""


class DualScaleFusion(nn.Module):
    """Two streams at neighbouring resolutions, each dense, that hand each other their last features in every step."""

    def __init__(self, fine: int, coarse: int, growth: int, steps: int, residual: float):
        super().__init__()
        self.residual = residual
        last = [(fine, coarse), *[(growth, growth)] * (steps - 1)]
        self.up = nn.ModuleList(nn.ConvTranspose2d(below, growth, 4, 2, 1) for _, below in last)
        self.down = nn.ModuleList(nn.Conv2d(above, growth, 3, 2, 1) for above, _ in last)
        self.fine = nn.ModuleList(nn.Conv2d(fine + (k + 1) * growth, growth, 3, padding=1) for k in range(steps))
        self.coarse = nn.ModuleList(nn.Conv2d(coarse + (k + 1) * growth, growth, 3, padding=1) for k in range(steps))
        self.fine_out = nn.Conv2d(fine + steps * growth, fine, 1)
        self.coarse_out = nn.Conv2d(coarse + steps * growth, coarse, 1)

    def forward(self, fine: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Both streams, of the same shapes."""
        above, below = [fine], [coarse]
        for up, down, to_fine, to_coarse in zip(self.up, self.down, self.fine, self.coarse):
            from_below, from_above = up(below[-1]), down(above[-1])
            above.append(functional.leaky_relu(to_fine(torch.cat((*above, from_below), 1)), 0.2))
            below.append(functional.leaky_relu(to_coarse(torch.cat((*below, from_above), 1)), 0.2))
        fine_new, coarse_new = self.fine_out(torch.cat(above, 1)), self.coarse_out(torch.cat(below, 1))
        return fine + self.residual * fine_new, coarse + self.residual * coarse_new


class FusionNetwork(nn.Module):
    """Fusion of four levels: rounds of `DualScaleFusion`, and what went in added at the end."""

    def __init__(self, levels: list[int], growth: list[int], steps: int, residual: float):
        super().__init__()
        self.residual = residual
        self.blocks = nn.ModuleList(
            nn.ModuleList(DualScaleFusion(levels[k], levels[k + 1], growth[k], steps, residual) for k in pairs)
            for pairs in _ROUNDS
        )

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        """Features of the same shapes, the finest first."""
        here = list(levels)
        for pairs, blocks in zip(_ROUNDS, self.blocks):
            for k, block in zip(pairs, blocks):
                here[k], here[k + 1] = block(here[k], here[k + 1])
        return [before + self.residual * after for before, after in zip(levels, here)]
