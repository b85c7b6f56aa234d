"""The step of the loop for estimators, and what is kept of every epoch."""

import torch

from lensmith.nets.estimator import turned_truth
from lensmith.training.history import History
from lensmith.training.module import ClassifierModule
from lensmith.training.order import TURN

TRUTH = "truth"
"""Where the inputs of a batch hold its scaled truths."""


class EstimationModule(ClassifierModule):
    """Trains an estimator by its negative log density, and judges it by theta_E too."""

    def __init__(self, network, recipe, steps: int):
        super().__init__(network, recipe, steps)
        self._errors: list[torch.Tensor] = []

    def training_step(self, batch, batch_idx):
        """The loss of one batch, its truths turned as its images are."""
        inputs, labels = batch
        inputs = self._laid_out(inputs)
        loss = self.network.loss(inputs, turned_truth(inputs[TRUTH], inputs[TURN]))
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels), sync_dist=True)
        return loss

    def validation_step(self, batch, batch_idx) -> None:
        """Keep the loss and the errors of theta_E."""
        inputs, labels = batch
        inputs = self._laid_out(inputs)
        self.log(
            "val_loss", self.network.loss(inputs, inputs[TRUTH]), on_step=False, on_epoch=True, batch_size=len(labels)
        )
        mean, *_ = self.network(inputs)
        self._errors.append((mean[:, 0] - inputs[TRUTH][:, 0]).abs().float().cpu())

    def on_validation_epoch_end(self) -> None:
        """Median error of theta_E."""
        from lensmith.nets.estimator import SPREAD

        self.log("val_error", SPREAD[0] * torch.cat(self._errors).median())
        self._errors.clear()


class EstimationHistory(History):
    """`History` with the score of an estimator."""

    scores = {"val_error": "median |ln theta_E - truth|"}  # noqa: RUF012 (constant)
