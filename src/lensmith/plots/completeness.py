"""The selection function: which share of the lenses is found, against what they are."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.style import INK, LABEL_SIZE, POSTERIOR, TICK_SIZE, TITLE_SIZE


def completeness_panels(panels: Mapping[str, Sequence[tuple]], title: str = "") -> Figure:
    """A panel for each quantity (its label) of bins ``(low, high, share, share_low, share_high)``."""
    figure = Figure(figsize=(3.3 * max(len(panels), 1), 3.2), layout="constrained")
    for k, (label, bins) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), k + 1)
        low, high, share, below, above = np.array(bins, float).reshape(-1, 5).T
        middle = (low + high) / 2
        axes.errorbar(
            middle,
            share,
            xerr=[middle - low, high - middle],
            yerr=[np.maximum(share - below, 0), np.maximum(above - share, 0)],
            fmt="o",
            markersize=3.5,
            linewidth=0.9,
            color=POSTERIOR,
        )
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel(label, fontsize=LABEL_SIZE, color=INK)
        if k == 0:
            axes.set_ylabel("share of lenses found", fontsize=LABEL_SIZE, color=INK)
            axes.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", parse_math=False)
        axes.tick_params(labelsize=TICK_SIZE)
    return figure
