"""The reliability diagram: how often what was said with a confidence was right."""

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, POSTERIOR, TICK_SIZE, TITLE_SIZE
from lensmith.types import FloatArray


def reliability_diagram(
    confidence: FloatArray, correct: FloatArray, count: FloatArray, title: str = "", note: str = ""
) -> Figure:
    """Draw the share that was right against mean confidence, ``[bin]`` each, with 1 sigma of a binomial."""
    confidence, correct, count = (np.asarray(values, float) for values in (confidence, correct, count))
    figure = Figure(figsize=(4.3, 4.3))
    axes = figure.add_axes((0.14, 0.12, 0.82, 0.79))
    axes.plot([0, 1], [0, 1], color=FAINT_INK, linewidth=0.7, linestyle=":")
    sigma = np.sqrt(np.clip(correct * (1 - correct), 1 / (4 * np.maximum(count, 1)), None) / np.maximum(count, 1))
    axes.errorbar(confidence, correct, yerr=sigma, fmt="o-", markersize=3.5, linewidth=0.9, color=POSTERIOR)
    low = max(0.0, min(confidence.min(initial=1), correct.min(initial=1)) - 0.05)
    axes.set(xlim=(low, 1.01), ylim=(low, 1.01))
    axes.set_xlabel("confidence", fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel("share that was right", fontsize=LABEL_SIZE, color=INK)
    axes.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", parse_math=False)
    axes.text(0.97, 0.04, note, transform=axes.transAxes, ha="right", fontsize=LABEL_SIZE, color=INK, parse_math=False)
    axes.tick_params(labelsize=TICK_SIZE)
    return figure
