"""Physics inside: a smooth lens is fitted to each image, and the classifier reads what the fit cannot explain.

A network proposes lens and source, a few Levenberg-Marquardt steps on the likelihood in noise units converge (no
gradient passes through them), and the image is traced to the source plane and back. The classifier reads image,
residual over sigma and model, and beside them the fit's chi-square and the evidence of substructure
(`vortex_scan`, `subhalo_evidence`). With
``physics: off`` the same layers read the image three times, and what would propose is trained with the rest: as many
parameters, without the lens equation.
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
from lensmith.nets.residual_trunk import LEAST_WIDTH, ResidualTrunk
from lensmith.nets.settings import NetworkSpec, Settings
from lensmith.nets.smooth_lens import NAMES, PRIOR_MEAN, PRIOR_SIGMA, Detector
from lensmith.nets.subhalo_evidence import Subhaloes
from lensmith.nets.vortex_fit import VortexSteps
from lensmith.nets.vortex_scan import Vortex, vortex_evidence
from lensmith.physics.imaging import bin_pixels

_TOLD = (0, 9, 10, 13)
"""Parameters that the classifier is told, because no flip or turn of the image changes them: sizes, index, flux."""
_CLIP = 8.0
"""Residuals are cut at this many sigma."""
_RESIDUAL_GAIN = 4.0
"""Brings the noise of the residual, halved and averaged over 2x2 pixels, to 1: as large as image and model."""
_LESSON_SEED = 1


class LensPhysicsSettings(Settings):
    """Settings of `LensPhysics`.

    Attributes
    ----------
    physics : ``off`` is the ablation.
    detector : pixels, PSF and noise.
    given : parameters that are known beforehand, by name of `NAMES`; the others are fitted. Empty: all are fitted.
    steps : Levenberg-Marquardt steps from the proposal.
    vortex, subhaloes : the substructure whose likelihood is compared with that of none.
    vortex_fit : how the best vortex is fitted together with lens and source; the classifier then sees what it leaves
        over too. None: vortices are compared to first order alone.
    lessons : batches of 64 smooth lenses on which the proposing network is taught.
    exposure : range of the exposures in the lessons.
    binning : the classifier sees means of so many pixels squared.
    width, proposal_width : channels of the first layers of classifier and proposing network.
    hidden : width of the layer that joins what the classifier saw with what it is told.
    """

    physics: Literal["on", "off"] = "on"
    detector: Detector = Detector()
    given: dict[str, float] = Field(default_factory=dict)
    steps: int = Field(5, ge=0)
    vortex: Vortex = Vortex()
    subhaloes: Subhaloes = Subhaloes()
    vortex_fit: VortexSteps | None = None
    lessons: int = Field(600, ge=1)
    exposure: tuple[float, float] = (1000.0, 3163.0)
    binning: int = Field(2, ge=1)
    width: int = Field(16, ge=LEAST_WIDTH)
    hidden: int = Field(64, ge=4)
    proposal_width: int = Field(16, ge=LEAST_WIDTH)
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
        # Image, residual and model; where a vortex is fitted, its residual too.
        self.channels = 3 if settings.vortex_fit is None else 4
        self.trunk = ResidualTrunk(self.channels, settings.width)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(settings.dropout))
        spreads = len(settings.subhaloes.spreads)
        self.told = len(_TOLD) + 1 + settings.vortex.lengths + 1 + spreads
        # Chi-square, gain and what subhaloes explain beside it.
        self.told += 0 if settings.vortex_fit is None else 2 + spreads
        self.last = nn.Sequential(
            nn.Linear(self.trunk.channels + self.told, settings.hidden),
            nn.ReLU(),
            nn.Linear(settings.hidden, len(spec.classes)),
        )
        self.alone = nn.Linear(self.trunk.channels, len(spec.classes))

    def train(self, mode: bool = True):
        """What proposes has been taught before: its running means stay as they are."""
        super().train(mode)
        if self.on:
            self.proposal.eval()
        return self

    @property
    def taught(self) -> nn.Module | None:
        """What proposes where the fit starts."""
        return self.proposal if self.on else None

    def learn_to_prepare(self, tell) -> None:
        """Teach the proposing network on smooth lenses."""
        chosen = self.settings
        torch.manual_seed(_LESSON_SEED)
        self.proposal = Proposal(self.side, chosen.proposal_width)
        teach(self.proposal, chosen.detector, self.side, chosen.exposure, chosen.lessons, _LESSON_SEED, tell)
        self.proposal.requires_grad_(False)

    def lessons(self) -> dict:
        """Settings of what proposes."""
        names = {"detector", "lessons", "exposure", "proposal_width"}
        return {"side": self.side, "seed": _LESSON_SEED} | self.settings.model_dump(mode="json", include=names)

    def preparation(self) -> dict:
        """Settings of the fit, and a hash of what proposes; the classifier's own settings change nothing."""
        if not self.on:
            return super().preparation()
        state = self.proposal.state_dict()
        weights = hashlib.sha256(b"".join(state[name].cpu().numpy().tobytes() for name in sorted(state))).hexdigest()
        inputs = self.spec.inputs.model_dump(mode="json")
        names = {"detector", "given", "steps", "vortex", "subhaloes", "vortex_fit", "binning"}
        fit = self.settings.model_dump(mode="json", include=names, exclude_none=True)
        return {"inputs": inputs, "shape": self.spec.shape, "fit": fit, "proposal": weights}

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Image, residual, model (and the residual beside a vortex) as bands, and the fits in a few numbers."""
        images, rms, exposure = self._in_flux(arrays)
        scaled = scale_flux(images, rms)
        if not self.on:
            told = np.zeros((len(images), self.told), np.float32)
            return {"image": self._seen([scaled] * self.channels), "told": told}
        fits = self.fit(images, rms, exposure)
        channels = [scaled, _cut(fits.residual), scale_flux(fits.model, rms)]
        units = ((fits.parameters - PRIOR_MEAN) / PRIOR_SIGMA)[:, _TOLD]
        evidence = np.concatenate([vortex_evidence(fits.gains), fits.subhaloes], 1)
        told = [units, self._excess(fits.chi2), _calmed(evidence)]
        if fits.vortex is not None:
            channels.append(_cut(fits.vortex.residual))
            left = np.concatenate([fits.vortex.gain[:, None] / 2, fits.vortex.subhaloes], 1)
            told += [self._excess(fits.vortex.chi2), _calmed(left)]
        return {"image": self._seen(channels), "told": np.concatenate(told, 1).astype(np.float32)}

    def fit(self, images: np.ndarray, rms: np.ndarray, exposure: np.ndarray):
        """`SmoothFits` of images in flux ``[sample, y, x]``, from what the network proposes."""
        from lensmith.nets.smooth_fit import Substructure, fit_smooth_lenses

        start = self.proposal.parameters_of(scale_flux(images, rms))
        for name, value in self.settings.given.items():
            start[:, NAMES.index(name)] = value
        chosen = self.settings
        tried = Substructure(vortex=chosen.vortex, subhaloes=chosen.subhaloes, vortex_fit=chosen.vortex_fit)
        return fit_smooth_lenses(images, start, rms, exposure, chosen.detector, self.free, chosen.steps, tried)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax, ``[sample, class]``."""
        return self._joined(self._features(inputs), inputs)

    def classification_loss(self, inputs: dict[str, Tensor], labels: Tensor, criterion: nn.Module) -> Tensor:
        """The scores' loss, and that of scores from the images alone.

        The evidences tell so much that a trunk taught through the joint scores alone falls silent: without a loss of
        its own (Lee et al. 2015, AISTATS, p. 562) none of what it could add is learned.
        """
        features = self._features(inputs)
        return criterion(self._joined(features, inputs), labels) + criterion(self.alone(features), labels)

    def _features(self, inputs: dict[str, Tensor]) -> Tensor:
        image = inputs["image"]
        if self.on:
            gain = [1.0, _RESIDUAL_GAIN, 1.0, _RESIDUAL_GAIN][: self.channels]
            image = image * image.new_tensor(gain)[:, None, None]
        return self.pool(self.trunk(image))

    def _joined(self, features: Tensor, inputs: dict[str, Tensor]) -> Tensor:
        told = inputs["told"]
        if not self.on:
            told = torch.cat([self.proposal(inputs["image"][:, :1])[:, _TOLD], told[:, len(_TOLD) :]], 1)
        return self.last(torch.cat([features, told], 1))

    def vortex_score(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Of prepared inputs, a rising function of the evidence of a vortex of any length, ``[sample]``."""
        return inputs["told"][:, len(_TOLD) + 1 + self.settings.vortex.lengths]

    def _excess(self, chi2: np.ndarray) -> np.ndarray:
        """What the classifier is told of chi-square, ``[sample, 1]``: one sigma, sqrt(2 / pixels), is a tenth."""
        return np.clip((chi2[:, None] - 1) / np.sqrt(2 / self.side**2) / 10, -5, 20)

    def _seen(self, channels: list[np.ndarray]) -> np.ndarray:
        """What the classifier sees, float32 ``[sample, channel, y, x]``."""
        return bin_pixels(np.stack(channels, 1).astype(np.float32), self.settings.binning)

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


def _cut(residual: np.ndarray) -> np.ndarray:
    """Residuals in noise units as the classifier sees them."""
    return np.clip(residual, -_CLIP, _CLIP) / 2


def _calmed(evidence: np.ndarray) -> np.ndarray:
    """Logarithms of likelihood ratios reach thousands; what counts is below ten.

    Rounding may leave the widest field of subhaloes without an evidence: then it speaks for neither side.
    """
    calmed = np.arcsinh(evidence / 2)
    return np.where(np.isfinite(calmed), calmed, 0.0)
