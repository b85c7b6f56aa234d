"""The step of the loop, as Lightning wants it: loss, optimiser, learning rate, scores of the validation set."""

import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn

from lensmith.metrics import roc_auc
from lensmith.nets.network import Network
from lensmith.training.recipe import Recipe
from lensmith.training.schedule import rate_factor


class ClassifierModule(pl.LightningModule):
    """Trains a network by cross-entropy; validation loss, accuracy and macro AUC after every epoch.

    `validation_losses` are those of the epochs before; `History` keeps them.
    """

    def __init__(self, network: Network, recipe: Recipe, steps: int):
        super().__init__()
        self.network, self.recipe, self.steps = network, recipe, steps
        self.validation_losses: list[float] = []
        self.loss = nn.CrossEntropyLoss(label_smoothing=recipe.loop.label_smoothing)
        self._seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def configure_optimizers(self):
        """The recipe's optimiser; its learning rate is set before every step."""
        chosen, weights = self.recipe.optimiser, [w for w in self.network.parameters() if w.requires_grad]
        options = {"lr": chosen.learning_rate, "weight_decay": chosen.weight_decay}
        if chosen.name == "sgd":
            return torch.optim.SGD(weights, momentum=0.9, nesterov=True, **options)
        return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[chosen.name](weights, **options)

    def on_train_batch_start(self, batch, batch_idx) -> None:
        """Set the learning rate of this step.

        Dropout depends on (seed, epoch, step, rank): an epoch run again is the same, whatever else drew numbers before.
        """
        state = np.random.SeedSequence([self.recipe.loop.seed, self.current_epoch, batch_idx, self.global_rank])
        torch.manual_seed(int(state.generate_state(1, np.uint64)[0] >> np.uint64(1)))
        factor = rate_factor(self.recipe.schedule, self.global_step, self.steps, self.validation_losses)
        for group in self.optimizers(use_pl_optimizer=False).param_groups:
            group["lr"] = self.recipe.optimiser.learning_rate * factor

    def training_step(self, batch, batch_idx):
        """The network's loss of one batch."""
        inputs, labels = batch
        loss = self.network.classification_loss(self._laid_out(inputs), labels, self.loss)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels), sync_dist=True)
        return loss

    def validation_step(self, batch, batch_idx) -> None:
        """Keep the scores: they are judged together."""
        inputs, labels = batch
        self._seen.append((self.network(self._laid_out(inputs)).float().cpu(), labels.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Loss without label smoothing, accuracy and macro AUC."""
        scores, labels = (torch.cat(parts) for parts in zip(*self._seen))
        self._seen.clear()
        loss = nn.functional.cross_entropy(scores, labels)
        accuracy = (scores.argmax(1) == labels).double().mean()
        probabilities, labels = scores.softmax(1).numpy(), labels.numpy()
        aucs = [roc_auc(labels == k, np.nan_to_num(column)) for k, column in enumerate(probabilities.T)]
        self.log_dict({"val_loss": loss, "val_accuracy": accuracy, "val_auc": float(np.nanmean(aucs))})

    def _laid_out(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if not self.recipe.loop.channels_last:
            return inputs
        return {
            name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
            for name, value in inputs.items()
        }
