"""The learning rate as a function of what has been: nothing to save, nothing to restore."""

import math

from lensmith.training.recipe import ScheduleSection

_THRESHOLD = 1e-4
"""Relative fall of the validation loss that counts, as in torch's ReduceLROnPlateau."""


def rate_factor(schedule: ScheduleSection, step: int, steps: int, validation_losses: list[float]) -> float:
    """Factor on the recipe's learning rate for optimiser step `step` of `steps`.

    `validation_losses` are those of the epochs before, for ``plateau``.
    """
    if schedule.name == "cosine":
        rise = schedule.warm_up * steps
        if step < rise:
            return (step + 1) / (rise + 1)
        return 0.5 * (1 + math.cos(math.pi * min((step - rise) / max(steps - rise, 1), 1)))
    if schedule.name == "plateau":
        return schedule.factor ** _reductions(validation_losses, schedule.patience)
    return 1.0


def _reductions(losses: list[float], patience: int) -> int:
    """How often more than `patience` epochs went by without a lower loss."""
    best, waited, reductions = math.inf, 0, 0
    for loss in losses:
        if loss < best * (1 - _THRESHOLD):
            best, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            reductions, waited = reductions + 1, 0
    return reductions


def epochs_since_best(losses: list[float]) -> int:
    """Epochs that have gone by since the lowest loss; 0 where the last is the lowest or there is none."""
    return len(losses) - 1 - losses.index(min(losses)) if losses else 0
