"""The step of the loop for segmenters, and what is kept of every epoch."""

import torch
from torch import nn

from lensmith.nets.segmenter import Segmenter
from lensmith.training.history import History
from lensmith.training.module import ClassifierModule
from lensmith.training.recipe import Recipe

MASKS = "masks"
"""Where the inputs of a batch hold its masks, so that they are flipped and turned with the images."""


class SegmentationModule(ClassifierModule):
    """Trains a segmenter by its own loss; validation loss and mean IoU of the foreground after every epoch.

    `teacher` is what `Segmenter.make_teacher` gives, already trained; it is frozen here.
    """

    def __init__(self, network: Segmenter, recipe: Recipe, steps: int, teacher: nn.Module | None = None):
        super().__init__(network, recipe, steps)
        self.teacher = teacher
        if teacher is not None:
            teacher.requires_grad_(False)
        first = 1 if network.settings.exclusive and len(network.spec.classes) > 1 else 0
        self.foreground = slice(first, None)
        self._overlaps: list[torch.Tensor] = []

    def on_train_start(self) -> None:
        """A teacher shows the same features whatever the batch: its normalisation stands still."""
        if self.teacher is not None:
            self.teacher.eval()

    def on_train_epoch_start(self) -> None:
        """Validation in between must not have woken the teacher."""
        self.on_train_start()

    def training_step(self, batch, batch_idx):
        """The network's loss of one batch."""
        inputs, labels = batch
        inputs = self._laid_out(inputs)
        loss = self.network.loss(inputs, inputs[MASKS], self.teacher)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels), sync_dist=True)
        return loss

    def validation_step(self, batch, batch_idx) -> None:
        """Keep loss and overlaps of the batch."""
        inputs, labels = batch
        inputs = self._laid_out(inputs)
        masks = inputs[MASKS]
        loss = self.network.loss(inputs, masks, self.teacher)
        self.log("val_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels))
        said = hard_masks(self.network.shares(self.network(inputs).float()), self.network.settings.exclusive)
        truth = masks > 0.5
        self._overlaps.append(torch.stack(((said & truth).sum((0, 2, 3)), (said | truth).sum((0, 2, 3)))).cpu())

    def on_validation_epoch_end(self) -> None:
        """Mean IoU over the classes of the foreground, pixels of all samples together."""
        both, either = torch.stack(self._overlaps).sum(0)[:, self.foreground].double()
        self._overlaps.clear()
        there = either > 0
        self.log("val_iou", (both[there] / either[there]).mean() if there.any() else torch.tensor(1.0))


def hard_masks(shares: torch.Tensor, exclusive: bool) -> torch.Tensor:
    """Masks, bool ``[sample, class, y, x]``, of probabilities: the most probable class, or each above one half."""
    if not exclusive:
        return shares > 0.5
    chosen = shares.argmax(1, keepdim=True)
    return torch.zeros_like(shares, dtype=torch.bool).scatter_(1, chosen, True)


class SegmentationHistory(History):
    """`History` with the score of a segmenter."""

    scores = {"val_iou": "IoU"}  # noqa: RUF012 (constant)
