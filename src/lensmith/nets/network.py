"""What every network is to those who train it and ask it: arrays in, prepared inputs, class scores out."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lensmith.nets.images import prepare_images
from lensmith.nets.settings import NetworkSpec


class Network(nn.Module):
    """A classifier of images; a network that reads more than that replaces `reads`, `prepare` and `forward`.

    Attributes
    ----------
    spec : what it was built from.
    reads : names of the arrays of a data set that it needs.
    may_read : names of those that it takes where a data set has them.
    slow_to_prepare : whether `prepare` is worth doing once and keeping on disk, instead of in every epoch.
    """

    slow_to_prepare = False
    may_read: tuple[str, ...] = ()

    def __init__(self, spec: NetworkSpec, body: nn.Module | None = None):
        super().__init__()
        self.spec = spec
        self.reads: tuple[str, ...] = (spec.inputs.array,)
        self.body = body

    def learn_to_prepare(self, tell) -> None:
        """What has to be learned before `prepare` can work; called once, before training. Nothing, as a rule.

        It is the same for every training, whatever its seed and data, so that what was prepared can be shared. `tell`
        takes a line of progress.
        """

    def calibrate(self, scores: Tensor, labels: Tensor) -> None:
        """Make scores ``[sample, class]`` of the validation samples mean what they say; after training. Nothing, as a
        rule.
        """

    def learn_from_held_out(self, batches: Iterable[dict[str, Tensor]], labels: Tensor) -> None:
        """What is learned last, from samples that were not trained on, such as how outputs are combined.

        As a rule only what `calibrate` does with their scores. Called once after training, in evaluation mode, with
        prepared inputs of the validation set.
        """
        if type(self).calibrate is not Network.calibrate:
            with torch.no_grad():
                scores = torch.cat([self(batch).float() for batch in batches])
            self.calibrate(scores, labels)

    @property
    def taught(self) -> nn.Module | None:
        """The part that `learn_to_prepare` teaches, or None."""
        return None

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether it can be asked about images of a shape (band, y, x) as they are: those that it was trained on."""
        return tuple(shape) == tuple(self.spec.shape)

    def preparation(self) -> dict[str, Any]:
        """What `prepare` depends on beside the data, JSON-able: the whole spec, as a rule."""
        return self.spec.model_dump(mode="json")

    def lessons(self) -> dict[str, Any]:
        """What the outcome of `learn_to_prepare` depends on, JSON-able."""
        return self.preparation()

    def prepare(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What `forward` takes, by name, float32 ``[sample, ...]``: a function of each sample alone."""
        return {"image": prepare_images(arrays[self.spec.inputs.array], self.spec.inputs)}

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Scores before the softmax, ``[sample, class]``."""
        return self.body(inputs["image"])

    def classification_loss(self, inputs: dict[str, Tensor], labels: Tensor, criterion: nn.Module) -> Tensor:
        """What training makes small: `criterion` of scores and `labels`, as a rule.

        Scores of several members, ``[sample, member, class]``, are taught each by itself.
        """
        scores = self(inputs)
        if scores.ndim == 3:
            labels = labels.repeat_interleave(scores.shape[1])
        return criterion(scores.flatten(0, -2), labels)

    @torch.inference_mode()
    def probabilities(self, arrays: dict[str, np.ndarray], device: str = "cpu") -> np.ndarray:
        """Class probabilities, float32 ``[sample, class]``, of stored arrays ``[sample, ...]``."""
        return self.probabilities_of(self.prepare(arrays), device)

    @torch.inference_mode()
    def probabilities_of(self, inputs: dict[str, np.ndarray], device: str = "cpu") -> np.ndarray:
        """Class probabilities, float32 ``[sample, class]``, of prepared inputs."""
        self.eval()
        given = {name: torch.from_numpy(values).to(device) for name, values in inputs.items()}
        return self(given).float().softmax(1).cpu().numpy()
