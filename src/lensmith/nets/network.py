"""What every network is to those who train it and ask it: arrays in, prepared inputs, class scores out."""

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
    slow_to_prepare : whether `prepare` is worth doing once and keeping on disk, instead of in every epoch.
    """

    slow_to_prepare = False

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

    @property
    def taught(self) -> nn.Module | None:
        """The part that `learn_to_prepare` teaches, or None."""
        return None

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

    @torch.inference_mode()
    def probabilities(self, arrays: dict[str, np.ndarray], device: str = "cpu") -> np.ndarray:
        """Class probabilities, float32 ``[sample, class]``, of stored arrays ``[sample, ...]``."""
        self.eval()
        inputs = {name: torch.from_numpy(values).to(device) for name, values in self.prepare(arrays).items()}
        return self(inputs).float().softmax(1).cpu().numpy()
