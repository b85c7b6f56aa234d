"""How a training went, epoch by epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lensmith.plots.palette import CATEGORY_COLOURS
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, TICK_SIZE, TITLE_SIZE


def training_curves(history: Mapping[str, Sequence[float]], chosen: int | None = None, title: str = "") -> Figure:
    """Draw losses (left) and scores of the validation set (right) against the epoch.

    Parameters
    ----------
    history : ``epoch``, ``train_loss``, ``val_loss``, ``val_accuracy``, ``val_auc``, each ``[epoch]``.
    chosen : the epoch whose weights were kept, marked by a line.
    """
    epochs = np.asarray(history["epoch"])
    figure = Figure(figsize=(8.4, 3.4))
    panels = figure.add_axes((0.07, 0.15, 0.41, 0.74)), figure.add_axes((0.56, 0.15, 0.41, 0.74))
    lines = (("train_loss", "training"), ("val_loss", "validation")), (("val_accuracy", "accuracy"), ("val_auc", "AUC"))
    for axes, drawn, what in zip(panels, lines, ("loss", "validation score")):
        for k, (name, label) in enumerate(drawn):
            axes.plot(
                epochs, history[name], "o-", markersize=2.5, linewidth=1.1, color=CATEGORY_COLOURS[k], label=label
            )
        if chosen is not None:
            axes.axvline(chosen, color=FAINT_INK, linewidth=0.7, linestyle=":")
        axes.set_xlabel("epoch", fontsize=LABEL_SIZE, color=INK)
        axes.set_ylabel(what, fontsize=LABEL_SIZE, color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(labelsize=TICK_SIZE)
        axes.legend(fontsize=TICK_SIZE, frameon=False)
    panels[0].set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", parse_math=False)
    return figure
