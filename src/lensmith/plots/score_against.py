"""Scores with intervals against something that varies: epochs seen, noise, seeing."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.palette import CATEGORY_COLOURS
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, TICK_SIZE, TITLE_SIZE


def score_against(
    panels: Mapping[str, Mapping[str, np.ndarray]], score: str, title: str = "", chance: float | None = None
) -> Figure:
    """Draw one panel for each quantity, one line for each series in it.

    Parameters
    ----------
    panels : by what is along x (with its unit), series by name: float ``[point, 4]``, x, score, and the lower and upper
        end of its interval.
    score : what is along y.
    chance : score of guessing, drawn as a dotted line.
    """
    figure = Figure(figsize=(0.6 + 3.9 * len(panels), 3.6))
    share = 1 / len(panels)
    shared = None
    for k, (quantity, series) in enumerate(panels.items()):
        axes = figure.add_axes((share * (k + 0.16), 0.15, share * 0.8, 0.74), sharey=shared)
        shared = shared or axes
        for j, (name, points) in enumerate(series.items()):
            x, value, low, high = np.asarray(points, float).reshape(-1, 4).T
            colour = CATEGORY_COLOURS[j % len(CATEGORY_COLOURS)]
            errors = np.clip([value - low, high - value], 0, None)
            axes.errorbar(x, value, yerr=errors, fmt="o-", markersize=3.5, linewidth=1, color=colour, label=name)
        if chance is not None:
            axes.axhline(chance, color=FAINT_INK, linewidth=0.7, linestyle=":")
        axes.set_xlabel(quantity, fontsize=LABEL_SIZE, color=INK, parse_math=False)
        axes.tick_params(labelsize=TICK_SIZE)
        if k == 0:
            axes.set_ylabel(score, fontsize=LABEL_SIZE, color=INK)
            axes.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", parse_math=False)
        if len(series) > 1:
            axes.legend(fontsize=TICK_SIZE, frameon=False)
    return figure
