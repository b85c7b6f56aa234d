"""The confusion matrix: which class was taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.style import INK, LABEL_SIZE, TICK_SIZE, TITLE_SIZE


def confusion(counts: np.ndarray, classes: Sequence[str], title: str = "") -> Figure:
    """Draw counts ``[true class, predicted class]`` with the share of each row."""
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 2.0 + 0.7 * len(classes)
    figure = Figure(figsize=(side, side))
    axes = figure.add_axes((0.24, 0.18, 0.72, 0.72))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(column, row, f"{share:.3f}\n{counts[row, column]}", ha="center", va="center", fontsize=LABEL_SIZE,
                  color="white" if share > 0.6 else INK)  # fmt: skip
    places = range(len(classes))
    axes.set_xticks(places, classes, fontsize=TICK_SIZE, parse_math=False)
    axes.set_yticks(places, classes, fontsize=TICK_SIZE, parse_math=False)
    axes.set_xlabel("predicted", fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel("true", fontsize=LABEL_SIZE, color=INK)
    axes.set_title(title, fontsize=TITLE_SIZE, color=INK, parse_math=False)
    return figure
