"""The network that proposes where a fit starts, taught on smooth lenses that it is shown and never on data."""

import jax
import numpy as np
import torch
from torch import Tensor, nn

from lensmith.nets.residual_trunk import ResidualTrunk
from lensmith.nets.smooth_lens import NAMES, PRIOR_MEAN, PRIOR_SIGMA, Detector, Noise, draw_images

_REACH = 2.2
"""Lessons reach this many sigma of the prior."""
_TOGETHER = 32


class Proposal(nn.Module):
    """Image, averaged over 2x2 pixels, to the 14 parameters of a smooth lens in units of their prior."""

    def __init__(self, side: int, width: int):
        super().__init__()
        self.trunk = ResidualTrunk(1, width)
        cells = -(-(side // 2) // 16)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(cells),
            nn.Flatten(),
            nn.Linear(self.trunk.channels * cells**2, 128),
            nn.ReLU(),
            nn.Linear(128, len(NAMES)),
        )

    def forward(self, image: Tensor) -> Tensor:
        """``[sample, 14]`` of scaled images ``[sample, 1, y, x]``."""
        return self.head(self.trunk(nn.functional.avg_pool2d(image, 2)))

    @torch.inference_mode()
    def parameters_of(self, image: np.ndarray) -> np.ndarray:
        """Parameters, float32 ``[sample, 14]``, of scaled images ``[sample, y, x]``, within reach of the prior.

        Always as many images at a time, padded: to the last bit the same for an image whatever stands beside it.
        """
        self.eval()
        n = len(image)
        padded = np.concatenate([image, np.zeros((-n % _TOGETHER, *image.shape[1:]), np.float32)])
        parts = torch.from_numpy(padded[:, None]).split(_TOGETHER)
        scaled = torch.cat([self(part) for part in parts]).clamp(-_REACH, _REACH).numpy()[:n]
        return PRIOR_MEAN + PRIOR_SIGMA * scaled


def scale_flux(images: np.ndarray, background_rms) -> np.ndarray:
    """Flux ``[sample, y, x]`` as networks read it: the square root where bright, linear where faint; float32."""
    softening = 2 * np.asarray(background_rms, np.float32)[:, None, None]
    return (np.arcsinh(images / softening) / 2 - 0.4).astype(np.float32)


def teach(
    proposal: Proposal, detector: Detector, side: int, exposure: tuple[float, float], steps: int, seed: int, tell
) -> None:
    """Teach `proposal` on `steps` batches of simulated smooth lenses, parameters drawn from the prior.

    `exposure`: range of electrons for one unit of flux, drawn evenly in the logarithm.
    """
    batch = 64
    random, key = np.random.default_rng([seed, 11]), jax.random.key(seed)
    optimiser = torch.optim.AdamW(proposal.parameters(), lr=2e-3, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=max(steps, 2), pct_start=0.1)
    proposal.train()
    recent = []
    for step in range(steps):
        scaled = np.clip(random.normal(size=(batch, len(NAMES))), -_REACH, _REACH).astype(np.float32)
        noise = Noise(
            np.full(batch, detector.background_rms, np.float32),
            np.exp(random.uniform(*np.log(exposure), size=batch)).astype(np.float32),
        )
        images = draw_images(jax.random.fold_in(key, step), PRIOR_MEAN + PRIOR_SIGMA * scaled, noise, detector, side)
        shown = torch.from_numpy(scale_flux(np.asarray(images), noise.background_rms)[:, None])
        loss = nn.functional.smooth_l1_loss(proposal(shown), torch.from_numpy(scaled))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        recent = [*recent[-49:], loss.item()]
        if step % 200 == 199:
            tell(f"proposing network: {step + 1} of {steps} lessons, loss {np.mean(recent):.4f}")
    proposal.eval()
