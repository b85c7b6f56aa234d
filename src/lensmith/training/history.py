"""What a training keeps of every epoch: a row of numbers, the best weights, and all it takes to go on from here."""

import csv
import math
import os
import time
from pathlib import Path

import lightning.pytorch as pl

from lensmith.data import atomic_write
from lensmith.errors import FitError
from lensmith.nets import save_checkpoint
from lensmith.training.recipe import Recipe
from lensmith.training.schedule import epochs_since_best

LAST = "checkpoints/last.ckpt"
BEST = "checkpoints/best.safetensors"


class History(pl.Callback):
    """Keeps `rows` (a dict of `columns` each), writes history.csv, the best and the last checkpoint; stops early.

    `scores` are the module's scores of the validation set beside its loss: name in the module's log, name for people.
    """

    scores = {"val_accuracy": "accuracy", "val_auc": "AUC"}  # noqa: RUF012 (constant)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of history.csv."""
        return ("epoch", "train_loss", "val_loss", *self.scores, "learning_rate", "seconds")

    def __init__(self, folder: Path, recipe: Recipe, tell):
        self.folder, self.recipe, self.tell = folder, recipe, tell
        self.rows: list[dict[str, float]] = []
        self.began = time.monotonic()

    def state_dict(self) -> dict:
        """What Lightning's checkpoint keeps of it."""
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        """Take the rows of the epochs before."""
        self.rows = list(state["rows"])

    @property
    def losses(self) -> list[float]:
        """Validation loss of every epoch."""
        return [row["val_loss"] for row in self.rows]

    def on_train_start(self, trainer, module) -> None:
        """Hand the losses of the epochs before to the schedule; a training that had stopped early stays stopped."""
        module.validation_losses = self.losses
        self._stop_early(trainer)

    def on_train_epoch_start(self, trainer, module) -> None:
        """Start the epoch's clock."""
        self.began = time.monotonic()

    def on_train_epoch_end(self, trainer, module) -> None:
        """Add the row, save, stop if nothing has become better for long."""
        found = trainer.callback_metrics
        row = {name: float(found[name]) for name in ("train_loss", "val_loss", *self.scores)}
        rate = module.optimizers(use_pl_optimizer=False).param_groups[0]["lr"]
        row = {"epoch": trainer.current_epoch + 1, **row, "learning_rate": rate}
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
        # Last of all, by all processes: what it holds is then the state after this epoch.
        target = self.folder / LAST
        temporary = target.with_suffix(".tmp")
        trainer.save_checkpoint(temporary)
        if trainer.is_global_zero:
            os.replace(temporary, target)
            self.tell(self.line(row))

    def line(self, row: dict[str, float]) -> str:
        """One epoch for people."""
        scores = "".join(f", {name} {row[column]:.4f}" for column, name in self.scores.items())
        return (
            f"epoch {row['epoch']}/{self.recipe.loop.epochs}  loss {row['train_loss']:.4f}  validation: loss "
            f"{row['val_loss']:.4f}{scores}  ({row['seconds']:.1f} s)"
        )

    def _write(self, module) -> None:
        path = self.folder / "history.csv"
        with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.rows)
        if self.recipe.loop.select == "last" or epochs_since_best(self.losses) == 0:
            save_checkpoint(self.folder / BEST, module.network, {"epoch": self.rows[-1]["epoch"]})

    def _stop_early(self, trainer) -> None:
        limit = self.recipe.loop.early_stopping
        if limit is not None and epochs_since_best(self.losses) >= limit:
            trainer.should_stop = True
