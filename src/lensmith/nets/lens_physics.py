"""Physics inside: a smooth lens is fitted to each image, and the classifier reads what the fit cannot explain.

A network proposes lens and source, a few Levenberg-Marquardt steps on the likelihood in noise units converge (no
gradient passes through them), and the image is traced to the source plane and back. The classifier reads image,
residual over sigma and model, and beside them the fit's chi-square. With ``physics: off`` the same layers read the
image three times, and what would propose is trained with the rest: as many parameters, without the lens equation.
"""

import hashlib
from typing import Literal

import numpy as np
import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from lensmith.nets.images import crop
from lensmith.nets.network import Network
from lensmith.nets.proposal import Proposal, scale_flux, teach
from lensmith.nets.published_units import flux_of_scaled
from lensmith.nets.residual_trunk import ResidualTrunk
from lensmith.nets.settings import NetworkSpec, Settings
from lensmith.nets.smooth_lens import NAMES, PRIOR_MEAN, PRIOR_SIGMA, Detector

_TOLD = (0, 9, 10, 13)
"""Parameters that the classifier is told, because no flip or turn of the image changes them: sizes, index, flux."""
_CLIP = 8.0
"""Residuals are cut at this many sigma."""


class LensPhysicsSettings(Settings):
    """Settings of `LensPhysics`.

    Attributes
    ----------
    physics : ``off`` is the ablation.
    detector : pixels, PSF and noise.
    given : parameters that are known beforehand, by name of `NAMES`; the others are fitted. Empty: all are fitted.
    steps : Levenberg-Marquardt steps from the proposal.
    lessons : batches of 64 smooth lenses on which the proposing network is taught.
    exposure : range of the exposures in the lessons.
    width, proposal_width : channels of the first layers of classifier and proposing network.
    """

    physics: Literal["on", "off"] = "on"
    detector: Detector = Detector()
    given: dict[str, float] = Field(default_factory=dict)
    steps: int = Field(5, ge=0)
    lessons: int = Field(600, ge=1)
    exposure: tuple[float, float] = (1000.0, 3163.0)
    width: int = Field(24, ge=4)
    proposal_width: int = Field(16, ge=4)
    dropout: float = Field(0.2, ge=0, lt=1)

    @field_validator("physics", mode="before")
    @classmethod
    def _yaml_switch(cls, value):
        """YAML reads a bare on or off as a truth value."""
        return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value

    @field_validator("given")
    @classmethod
    def _known(cls, given):
        for name in given:
            if name not in NAMES:
                raise ValueError(f"{name} is no parameter; known are {', '.join(NAMES)}")
        return given


class LensPhysics(Network):
    """Proposal, fit, classifier."""

    def __init__(self, spec: NetworkSpec, settings: LensPhysicsSettings):
        super().__init__(spec)
        self.settings = settings
        self.side = spec.inputs.side or min(spec.shape[1:])
        self.on = settings.physics == "on"
        self.slow_to_prepare = self.on
        if self.on:
            self.reads = (spec.inputs.array, "background_rms", "exposure")
        self.free = tuple(k for k, name in enumerate(NAMES) if name not in settings.given)
        self.proposal = Proposal(self.side, settings.proposal_width)
        self.proposal.requires_grad_(not self.on)
        self.trunk = ResidualTrunk(3, settings.width)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(settings.dropout))
        self.last = nn.Linear(self.trunk.channels + len(_TOLD) + 1, len(spec.classes))

    def train(self, mode: bool = True):
        """What proposes has been taught before: its running means stay as they are."""
        super().train(mode)
        if self.on:
            self.proposal.eval()
        return self

    def learn_to_prepare(self, arrays: dict[str, np.ndarray], seed: int, tell) -> None:
        """Teach the proposing network on smooth lenses."""
        if not self.on:
            return
        torch.manual_seed(seed)
        chosen = self.settings
        self.proposal.requires_grad_(True)
        teach(self.proposal, chosen.detector, self.side, chosen.exposure, chosen.lessons, seed, tell)
        self.proposal.requires_grad_(False)

    def preparation_fingerprint(self) -> str:
        """Hash of what proposes."""
        state = self.proposal.state_dict()
        return hashlib.sha256(b"".join(state[name].cpu().numpy().tobytes() for name in sorted(state))).hexdigest()

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Image, residual and model as three bands, and the fit in five numbers."""
        images, rms, exposure = self._in_flux(arrays)
        scaled = scale_flux(images, rms)
        if not self.on:
            told = np.zeros((len(images), len(_TOLD) + 1), np.float32)
            return {"image": np.stack([scaled] * 3, 1), "told": told}
        fits = self.fit(images, rms, exposure)
        channels = [scaled, np.clip(fits.residual, -_CLIP, _CLIP) / 2, scale_flux(fits.model, rms)]
        # One sigma of chi-square a pixel is sqrt(2 / pixels): a tenth of a unit here.
        excess = (fits.chi2 - 1) / np.sqrt(2 / self.side**2) / 10
        units = ((fits.parameters - PRIOR_MEAN) / PRIOR_SIGMA)[:, _TOLD]
        told = np.concatenate([units, np.clip(excess, -5, 20)[:, None]], 1)
        return {"image": np.stack(channels, 1).astype(np.float32), "told": told.astype(np.float32)}

    def fit(self, images: np.ndarray, rms: np.ndarray, exposure: np.ndarray):
        """`SmoothFits` of images in flux ``[sample, y, x]``, from what the network proposes."""
        from lensmith.nets.smooth_fit import fit_smooth_lenses

        start = self.proposal.parameters_of(scale_flux(images, rms))
        for name, value in self.settings.given.items():
            start[:, NAMES.index(name)] = value
        return fit_smooth_lenses(images, start, rms, exposure, self.settings.detector, self.free, self.settings.steps)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax, ``[sample, class]``."""
        image, told = inputs["image"], inputs["told"]
        if not self.on:
            told = torch.cat([self.proposal(image[:, :1])[:, _TOLD], told[:, -1:]], 1)
        return self.last(torch.cat([self.pool(self.trunk(image)), told], 1))

    def _in_flux(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Images ``[sample, y, x]`` in flux, 1 sigma of their background and their exposure, ``[sample]``."""
        images = np.asarray(arrays[self.spec.inputs.array], np.float32)
        images = images.reshape(len(images), *images.shape[-2:])
        unknown = np.full(len(images), np.nan, np.float32)
        rms, exposure = (np.asarray(arrays.get(name, unknown), np.float32) for name in ("background_rms", "exposure"))
        scaled = images.min((1, 2)) >= 0
        scaled &= np.abs(images.max((1, 2)) - 1) < 1e-6
        scaled &= ~np.isfinite(exposure)
        if scaled.any():
            images, exposure = images.copy(), exposure.copy()
            images[scaled], exposure[scaled] = flux_of_scaled(images[scaled], self.settings.detector)
        detector = self.settings.detector
        rms = np.where(np.isfinite(rms), rms, np.float32(detector.background_rms))
        exposure = np.where(np.isfinite(exposure), exposure, np.float32(detector.exposure))
        return np.ascontiguousarray(crop(images, self.side)), rms, exposure
