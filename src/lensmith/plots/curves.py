"""Closed curves upon panels: critical curves and caustics."""

import numpy as np
from matplotlib.axes import Axes

from lensmith.plots.annotations import ON_SKY


def draw_closed(ax: Axes, curve: np.ndarray, style: str = "-", width: float = 0.9, **look) -> None:
    """Draw a closed curve ``[point, 2]``, white with a dark rim unless `look` says otherwise."""
    curve = np.asarray(curve, dtype=float)
    if len(curve):
        ax.plot(*np.concatenate([curve, curve[:1]]).T, linestyle=style, linewidth=width, **(look or ON_SKY))


def draw_caustics(ax: Axes, caustics, **look) -> None:
    """The first, tangential one as a line, the others broken."""
    for curve, style in zip(caustics, ("-", *["--"] * len(caustics))):
        draw_closed(ax, curve, style, **look)
