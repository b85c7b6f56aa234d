"""The magnification that the lens of a fit gives every point of the image plane."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.data.results import LensFit
from lensmith.physics import lens_model
from lensmith.plots.annotations import colour_bar, compass, scale_bar
from lensmith.plots.curves import draw_closed
from lensmith.plots.lens_of_fit import image_positions, lens_profiles
from lensmith.plots.panel import draw_pixels, frame_panel
from lensmith.plots.quantity import drawable
from lensmith.plots.stretch import Stretch
from lensmith.plots.style import INK, RESIDUAL_CMAP, TICK_SIZE, TITLE_SIZE
from lensmith.plots.view import Grid, View
from lensmith.types import FloatArray

_SIDE, _MARGIN, _BAR, _TOP = 4.2, 0.12, 0.7, 0.32
_POINTS = 240
MAGNIFICATION = Stretch(-30.0, 30.0, 2.0)
_TICKS = [-30.0, -10.0, -3.0, -1.0, 0.0, 1.0, 3.0, 10.0, 30.0]


def magnification_grid(fit: LensFit, view: View, points: int = _POINTS) -> FloatArray:
    """Signed magnification ``[y, x]`` of the best model on `points` x `points` pixels that fill the view."""
    x, y = Grid.positions(_grid(view, points), (points, points))
    return lens_model.magnification(x, y, lens_profiles(fit))


def magnification_map(fit: LensFit) -> Figure:
    """Draw the signed magnification of a point source: red where an image keeps its parity, blue where it is mirrored.

    Lines are the critical curves, where it diverges; dots with numbers the images of the source's centre and how much
    each is magnified, where the fit lists them; thin contours the arcs of the first band.
    """
    width, height = _SIDE + _BAR + _MARGIN, _SIDE + _MARGIN + _TOP
    figure = Figure(figsize=(width, height))
    ax = figure.add_axes((_MARGIN / width, _MARGIN / height, _SIDE / width, _SIDE / height))
    bar = figure.add_axes(((_MARGIN + _SIDE + 0.08) / width, _MARGIN / height, 0.12 / width, _SIDE / height))
    view = View.of(fit)
    frame_panel(ax, view)
    shades = np.clip(MAGNIFICATION(magnification_grid(fit, view)), 0, 1)
    draw_pixels(ax, shades, _grid(view, _POINTS), view, RESIDUAL_CMAP)
    for curve in fit.critical_curves:
        draw_closed(ax, curve, width=1.0, color=INK)
    _contour_arcs(ax, fit)
    _mark_images(ax, fit)
    scale_bar(ax, view)
    first = fit.bands[0]
    if first.oriented and first.pixel_to_sky is not None:
        compass(ax, view, first.pixel_to_sky @ np.linalg.inv(first.pixel_to_frame))
    colour_bar(bar, MAGNIFICATION, RESIDUAL_CMAP, "magnification", ticks=_TICKS)
    ax.set_title(drawable(f"{fit.id}: magnification"), fontsize=TITLE_SIZE, pad=4, color=INK, parse_math=False)
    return figure


def _grid(view: View, points: int) -> Grid:
    scale = 2 * view.half / points
    middle = (points - 1) / 2
    return Grid(tuple(middle - np.asarray(view.centre) / scale), scale * np.eye(2))


def _contour_arcs(ax: Axes, fit: LensFit) -> None:
    band = fit.bands[0]
    arcs = np.where(band.mask & np.isfinite(band.arcs), band.arcs, 0.0)
    peak = float(arcs.max(initial=0.0))
    if peak > 0:
        x, y = Grid.of(band).positions(arcs.shape)
        ax.contour(x, y, arcs, levels=[0.15 * peak, 0.5 * peak], colors=INK, linewidths=0.4)


def _mark_images(ax: Axes, fit: LensFit) -> None:
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "edgecolor": "none"}
    for x, y, magnification in image_positions(fit):
        ax.plot([x], [y], "o", markersize=3.5, color="white", markeredgecolor=INK, markeredgewidth=0.8)
        if magnification is not None and np.isfinite(magnification):
            words = f"{magnification:+.1f}".replace("-", "−")
            place = {"xytext": (6, 4), "textcoords": "offset points"}
            ax.annotate(words, (x, y), fontsize=TICK_SIZE, color=INK, bbox=box, annotation_clip=True, **place)
