"""The step of the loop for segmenters, and what is kept of every epoch."""

import csv
import math
import os
import time

import lightning.pytorch as pl
import torch
from torch import nn

from lensmith.data import atomic_write
from lensmith.errors import FitError
from lensmith.nets import save_checkpoint
from lensmith.nets.segmenter import Segmenter
from lensmith.training.history import BEST, LAST, History
from lensmith.training.module import ClassifierModule
from lensmith.training.recipe import Recipe
from lensmith.training.schedule import epochs_since_best

MASKS = "masks"
"""Where the inputs of a batch hold its masks, so that they are flipped and turned with the images."""
COLUMNS = ("epoch", "train_loss", "val_loss", "val_iou", "learning_rate", "seconds")


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
        """As for a classifier; validation in between must not have woken the teacher."""
        super().on_train_epoch_start()
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
    """`History` with the scores of a segmenter."""

    def on_train_epoch_end(self, trainer: pl.Trainer, module) -> None:
        """Add the row, save, stop if nothing has become better for long."""
        found = trainer.callback_metrics
        row = {"epoch": trainer.current_epoch + 1, **{name: float(found[name]) for name in COLUMNS[1:4]}}
        row["learning_rate"] = module.optimizers(use_pl_optimizer=False).param_groups[0]["lr"]
        row["seconds"] = round(time.monotonic() - self.began, 3)
        if not (math.isfinite(row["train_loss"]) and math.isfinite(row["val_loss"])):
            raise FitError(
                f"the loss is not finite in epoch {row['epoch']}: lower optimiser.learning_rate or set loop.clip"
            )
        self.rows.append(row)
        module.validation_losses = self.losses
        if trainer.is_global_zero:
            self._write(module)
        self._stop_early(trainer)
        target = self.folder / LAST
        temporary = target.with_suffix(".tmp")
        trainer.save_checkpoint(temporary)
        if trainer.is_global_zero:
            os.replace(temporary, target)
            self.tell(self.line(row))

    def line(self, row: dict[str, float]) -> str:
        """One epoch for people."""
        return (
            f"epoch {row['epoch']}/{self.recipe.loop.epochs}  loss {row['train_loss']:.4f}  validation: loss "
            f"{row['val_loss']:.4f}, IoU {row['val_iou']:.4f}  ({row['seconds']:.1f} s)"
        )

    def _write(self, module) -> None:
        path = self.folder / "history.csv"
        with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)
        if self.recipe.loop.select == "last" or epochs_since_best(self.losses) == 0:
            save_checkpoint(self.folder / BEST, module.network, {"epoch": self.rows[-1]["epoch"]})
