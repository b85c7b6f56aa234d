"""ROC curves of several classes."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.palette import CATEGORY_COLOURS
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, TICK_SIZE, TITLE_SIZE
from lensmith.types import FloatArray


def roc(curves: Mapping[str, tuple[FloatArray, FloatArray]], labels: Mapping[str, str], title: str = "") -> Figure:
    """Draw true- against false-positive rates, linear and (right) with a logarithmic false-positive axis.

    Parameters
    ----------
    curves : by name, (false-positive rate, true-positive rate), each ``[point]``.
    labels : what the legend says of each, for example its AUC with interval; the name itself where it says nothing.
    """
    figure = Figure(figsize=(8.4, 4.3))
    linear, logarithmic = figure.add_axes((0.07, 0.12, 0.41, 0.79)), figure.add_axes((0.56, 0.12, 0.41, 0.79))
    for k, (name, (false, true)) in enumerate(curves.items()):
        style = {"color": CATEGORY_COLOURS[k % len(CATEGORY_COLOURS)], "linewidth": 1.3}
        linear.plot(false, true, label=labels.get(name, name), **style)
        logarithmic.step(np.maximum(false, 1e-9), true, where="post", **style)
    chance = np.linspace(0, 1, 200)
    for axes in (linear, logarithmic):
        axes.plot(chance, chance, color=FAINT_INK, linewidth=0.7, linestyle=":")
        axes.set(ylim=(0, 1.01))
        axes.set_xlabel("false-positive rate", fontsize=LABEL_SIZE, color=INK)
        axes.tick_params(labelsize=TICK_SIZE)
    linear.set(xlim=(0, 1))
    logarithmic.set(xscale="log", xlim=(1e-4, 1))
    linear.set_ylabel("true-positive rate", fontsize=LABEL_SIZE, color=INK)
    linear.legend(fontsize=TICK_SIZE, loc="lower right", frameon=False)
    linear.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", parse_math=False)
    return figure
