"""What every segmenter is to those who train it and ask it: images of any size in, scores of every pixel out."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lensmith.data.labels import PERCENTILE_CLASSES
from lensmith.errors import SettingsError
from lensmith.nets.level_channels import CHANNELS, galaxy_channels, level_images, masks_of_ranks
from lensmith.nets.network import Network
from lensmith.nets.percentile_rule import RankScores, counted_masks
from lensmith.nets.segmentation_losses import segmentation_loss
from lensmith.nets.segmenter_input import detection_images, with_left_over
from lensmith.nets.settings import NetworkSpec, Settings


class SegmenterSettings(Settings):
    """Settings that all segmenters have.

    Attributes
    ----------
    exclusive : whether a pixel is of one class (softmax, with a class for the background) or may be of several.
    units : ``stored``, every band as `InputSettings` scales it; ``noise``, one detection image in noise units;
        ``level``, every band of noise-free images over their 99th percentile, stretched (`level_images`).
    left_over : of stored detection images asinh(d / 3), also what a smooth elliptical galaxy leaves of them: arcs are
        some per cent of the galaxy that they lie on. Of ``level``, the channels of `galaxy_channels`.
    from_ranks : masks by percentile only: the ranks among these channels are scores that the network corrects
        (`RankScores`); the network learns what to add to them.
    counted : masks by percentile only: they have the number of pixels that the rule gives (`counted_masks`).
    """

    exclusive: bool = True
    units: Literal["stored", "noise", "level"] = "stored"
    left_over: bool = False
    from_ranks: bool = False
    counted: bool = False


class Segmenter(Network):
    """A network that gives every pixel a score a class; a subclass says how, in `outputs`.

    Attributes
    ----------
    multiple : images are padded to sides that this divides, and to `smallest` at least; scores are cut back.
    independent : whether each class is judged by itself in training, whatever `settings.exclusive` says.
    """

    multiple = 32
    smallest = 64
    independent = False

    def __init__(self, spec: NetworkSpec, settings: SegmenterSettings):
        super().__init__(spec)
        self.settings = settings
        # Four channels of a large set fill disks: they are made when asked for.
        self.slow_to_prepare = type(self).slow_to_prepare and settings.units != "level"
        if settings.from_ranks and not self.has_ranks:
            raise SettingsError(
                "from_ranks needs units: level, left_over: true and images of one band labelled by percentile"
            )
        if settings.counted and (settings.exclusive or spec.classes != PERCENTILE_CLASSES):
            raise SettingsError("counted is for masks by percentile: label with `lensmith label --rule percentile`")
        self.rank_scores = RankScores() if settings.from_ranks else None

    @property
    def has_ranks(self) -> bool:
        """Whether the prepared image ranks pixels for the masks that are asked for."""
        settings = self.settings
        by_percentile = self.spec.classes == PERCENTILE_CLASSES and not settings.exclusive
        return by_percentile and settings.units == "level" and settings.left_over and self.bands == CHANNELS

    @property
    def bands(self) -> int:
        """Channels of the prepared image."""
        stored = 1 if self.settings.units == "noise" else self.spec.shape[0]
        if not self.settings.left_over:
            return stored
        return CHANNELS * stored if self.settings.units == "level" else 2 * stored

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The image ``[sample, band, y, x]``: a function of each sample alone."""
        if self.settings.units == "noise":
            image = detection_images(arrays[self.spec.inputs.array])
        else:
            image = super().prepare(arrays)["image"]
        if self.settings.units == "level":
            return {"image": galaxy_channels(image) if self.settings.left_over else level_images(image)}
        return {"image": with_left_over(image) if self.settings.left_over else image}

    def without_learning(self, prepared: dict[str, np.ndarray]) -> np.ndarray | None:
        """Masks, bool ``[sample, class, y, x]``, that prepared inputs show before anything is learnt, if they do."""
        return masks_of_ranks(prepared["image"]) if self.has_ranks else None

    def masks(self, arrays: dict[str, np.ndarray], shares: np.ndarray) -> np.ndarray:
        """Masks, bool ``[sample, class, y, x]``, of stored arrays and their probabilities.

        The most probable class, or each above one half, or the most probable pixels (``counted``).
        """
        if self.settings.counted:
            images = np.asarray(arrays[self.spec.inputs.array]).reshape(len(shares), -1, *shares.shape[-2:])
            return counted_masks(shares, (images > 0).any(1))
        if self.settings.exclusive:
            return shares.argmax(1)[:, None] == np.arange(shares.shape[1]).reshape(1, -1, 1, 1)
        return shares > 0.5

    def with_ranks(self, scores: list[Tensor], image: Tensor) -> list[Tensor]:
        """Scores, the best first, to which what ranks give is added where the settings say so."""
        if self.rank_scores is None:
            return scores
        return [scores[0] + self.rank_scores(image), *scores[1:]]

    def outputs(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """Scores ``[sample, class, y, x]``, the best first, then those that only training looks at."""
        raise NotImplementedError

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before softmax or sigmoid, ``[sample, class, y, x]``, on the image's own grid."""
        return self.on_grid(inputs)[0]

    def on_grid(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """All `outputs` on the image's own grid."""
        rows, columns = inputs["image"].shape[-2:]
        padded = {name: self._padded(values) for name, values in inputs.items()}
        below, left = self.margins(rows)[0], self.margins(columns)[0]
        return [scores[..., below : below + rows, left : left + columns] for scores in self.outputs(padded)]

    def make_teacher(self) -> nn.Module | None:
        """A network that is trained on the masks first and then guides this one; None, as a rule."""
        return None

    def loss(self, inputs: dict[str, Tensor], masks: Tensor, teacher: nn.Module | None = None) -> Tensor:
        """What training makes small; `masks` float ``[sample, class, y, x]``."""
        return segmentation_loss(self(inputs), masks, self.settings.exclusive)

    def shares(self, scores: Tensor) -> Tensor:
        """Probabilities ``[sample, class, y, x]`` of scores; of exclusive classes they add up to 1."""
        if not self.settings.exclusive:
            return scores.sigmoid()
        if not self.independent:
            return scores.softmax(1)
        each = scores.sigmoid()
        return each / each.sum(1, keepdim=True).clamp_min(1e-6)

    def probabilities(self, arrays: dict[str, np.ndarray], device: str = "cpu") -> np.ndarray:
        """Class probabilities, float32 ``[sample, class, y, x]``, of stored arrays ``[sample, ...]``."""
        return self.probabilities_of(self.prepare(arrays), device)

    @torch.inference_mode()
    def probabilities_of(self, prepared: dict[str, np.ndarray], device: str = "cpu") -> np.ndarray:
        """`probabilities` of inputs that are prepared already."""
        self.eval()
        inputs = {name: torch.from_numpy(values).to(device) for name, values in prepared.items()}
        return self.shares(self(inputs).float()).cpu().numpy()

    def margins(self, side: int) -> tuple[int, int]:
        """Pixels that are added before and behind a side."""
        wanted = max(-(-side // self.multiple) * self.multiple, self.smallest)
        return (wanted - side) // 2, wanted - side - (wanted - side) // 2

    def _padded(self, values: Tensor) -> Tensor:
        """Edges repeated: zeros would be a step that is in no sky."""
        rows, columns = values.shape[-2:]
        margins = (*self.margins(columns), *self.margins(rows))
        return functional.pad(values, margins, mode="replicate") if any(margins) else values


def scaled_channels(width: float):
    """Numbers of channels times `width`, rounded to a multiple of 4, at least 4."""
    return lambda channels: max(4, 4 * round(channels * width / 4))


def resized(values: Tensor, like: Tensor) -> Tensor:
    """Values on the grid of another tensor, bilinear."""
    if values.shape[-2:] == like.shape[-2:]:
        return values
    return functional.interpolate(values, size=like.shape[-2:], mode="bilinear", align_corners=False)
