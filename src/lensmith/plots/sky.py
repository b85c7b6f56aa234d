"""Skies of galaxies behind haloes: shapes as whiskers, mass maps, haloes with the regions that hold them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from lensmith.data.galaxy_field import GalaxyField
from lensmith.plots.style import (
    FAINT_INK,
    INK,
    LABEL_SIZE,
    POSTERIOR,
    RESIDUAL_CMAP,
    SOURCE_CMAP,
    TICK_SIZE,
    TITLE_SIZE,
)

TRUTH = "#d55e00"
"""Colour of true haloes."""

_SHOWN = 12


def draw_whiskers(axes: Axes, x, y, e1, e2, length: float, colour: str = INK) -> None:
    """A line a galaxy, along its long axis, `length` times |e| long."""
    size, angle = np.hypot(e1, e2), 0.5 * np.arctan2(e2, e1)
    half = 0.5 * length * size
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    ends = np.stack([np.stack([x - dx, y - dy], -1), np.stack([x + dx, y + dy], -1)], axis=1)
    axes.add_collection(LineCollection(ends, colors=colour, linewidths=0.6))


def draw_haloes(
    axes: Axes, points: np.ndarray, radii: np.ndarray | None = None, truth: np.ndarray | None = None
) -> None:
    """Estimated haloes ``[halo, 2]`` as crosses in circles of `radii` ``[halo, level]``, true ones as rings."""
    for number, point in enumerate(points):
        axes.plot(*point, "+", color=POSTERIOR, markersize=11, markeredgewidth=1.8, zorder=4)
        axes.annotate(str(number + 1), point, (5, 5), textcoords="offset points", color=POSTERIOR, size=LABEL_SIZE)
        for radius, style in zip([] if radii is None else radii[number], ("-", "--")):
            axes.add_patch(Circle(point, radius, fill=False, color=POSTERIOR, linestyle=style, linewidth=1.0, zorder=3))
    for point in [] if truth is None else truth:
        axes.plot(*point, "o", color=TRUTH, markersize=9, markerfacecolor="none", markeredgewidth=1.4, zorder=4)


def sky_figure(
    field: GalaxyField,
    maps: Sequence[tuple[str, np.ndarray]],
    points: np.ndarray,
    radii: np.ndarray,
    title: str = "",
    truth: np.ndarray | None = None,
) -> Figure:
    """Galaxies as whiskers and each of `maps` (title, ``[y, x]`` over the field's extent), with haloes on all.

    Parameters
    ----------
    points, radii : haloes ``[halo, 2]`` and the radii ``[halo, 2]`` about them that hold 68 and 95 %.
    """
    width, height = (field.extent[1] - field.extent[0]), (field.extent[3] - field.extent[2])
    figure = Figure(
        figsize=(4.2 * (1 + len(maps)), 4.2 * height / width + 0.8), facecolor="white", layout="constrained"
    )
    panels = figure.subplots(1, 1 + len(maps), squeeze=False)[0]
    draw_whiskers(panels[0], field.x, field.y, field.e1, field.e2, 0.06 * field.side, FAINT_INK)
    panels[0].set_title(f"{len(field)} galaxies", size=TITLE_SIZE)
    for axes, (name, image) in zip(panels[1:], maps):
        limit = float(np.nanpercentile(np.abs(image), 99.7)) or 1.0
        signed = image.min() < 0
        colours = {"cmap": RESIDUAL_CMAP, "vmin": -limit} if signed else {"cmap": f"{SOURCE_CMAP}_r", "vmin": 0.0}
        shown = axes.imshow(image, origin="lower", extent=field.extent, vmax=limit, aspect="equal", **colours)
        axes.set_title(name, size=TITLE_SIZE)
        bar = figure.colorbar(shown, ax=axes, shrink=0.8, pad=0.02)
        bar.ax.tick_params(labelsize=TICK_SIZE)
    for axes in panels:
        draw_haloes(axes, points, radii, truth)
        axes.set_xlim(*field.extent[:2])
        axes.set_ylim(*field.extent[2:])
        axes.set_aspect("equal")
        axes.tick_params(labelsize=TICK_SIZE)
        axes.set_xlabel(f"x [{field.unit}]", size=LABEL_SIZE)
    panels[0].set_ylabel(f"y [{field.unit}]", size=LABEL_SIZE)
    figure.suptitle(title, size=TITLE_SIZE)
    return figure


def sky_sheet(haloes: np.ndarray, catalogues: np.ndarray | None = None, pictures: np.ndarray | None = None) -> Figure:
    """The first skies of a simulation side by side with their true haloes ``[sky, halo, 2]`` (NaN: none).

    Either `catalogues` ``[sky, galaxy, 4]`` (x, y, e1, e2, NaN padded) as whiskers or `pictures` ``[sky, y, x, 3]``.
    """
    count = min(len(haloes), _SHOWN)
    columns = min(count, 4)
    rows = -(-count // columns)
    figure = Figure(figsize=(3 * columns, 3 * rows), facecolor="white", layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for sky, axes in zip(range(count), panels):
        if pictures is not None:
            axes.imshow(pictures[sky], origin="lower", interpolation="nearest")
        else:
            x, y, e1, e2 = np.asarray(catalogues[sky], float).T
            side = float(np.nanmax([x, y]))
            draw_whiskers(axes, *(v[np.isfinite(x)] for v in (x, y, e1, e2)), 0.06 * side)
            axes.set_xlim(0, side)
            axes.set_ylim(0, side)
            axes.set_aspect("equal")
        draw_haloes(axes, np.empty((0, 2)), truth=haloes[sky][np.isfinite(haloes[sky][:, 0])])
    return figure
