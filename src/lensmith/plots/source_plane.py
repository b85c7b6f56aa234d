"""The source behind the lens: its light in every band, and the caustics that it lies on."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.data.results import BandFit, LensFit
from lensmith.plots.annotations import ON_SKY, colour_bar, scale_bar
from lensmith.plots.curves import draw_caustics
from lensmith.plots.panel import draw_pixels, frame_panel
from lensmith.plots.quantity import drawable, unit_sign
from lensmith.plots.stretch import source_stretch
from lensmith.plots.style import INK, SOURCE_CMAP, TICK_SIZE, TITLE_SIZE
from lensmith.plots.view import Grid, View

MAX_BANDS = 6
"""Panels of one figure: of more bands the first ones are shown."""
_SIDE, _MARGIN, _BAR, _TOP = 2.9, 0.12, 0.75, 0.32
"""Sides of a panel, gaps, room of a colour bar and of a title, inches."""


def source_plane(fit: LensFit) -> Figure:
    """Draw the reconstructed source: a panel a band, all of one patch of the source plane.

    Lines are caustics: where the source crosses one, pairs of images merge; the tangential one is drawn through, the
    others are broken. The cross is the centre of the smooth source that positions are quoted for, with
    its 68 % interval. Shades are
    surface brightness in the band's flux unit per square arcsec.
    """
    bands = [band for band in fit.bands if _has_source(band)][:MAX_BANDS]
    count = max(len(bands), 1)
    width, height = count * (_SIDE + _BAR) + _MARGIN, _SIDE + _MARGIN + _TOP
    figure = Figure(figsize=(width, height))
    view = _view(fit, bands)
    for index in range(count):
        left = _MARGIN + index * (_SIDE + _BAR)
        ax = figure.add_axes((left / width, _MARGIN / height, _SIDE / width, _SIDE / height))
        frame_panel(ax, view)
        ax.set_facecolor(colormaps[SOURCE_CMAP](0.0))
        if bands:
            bar = figure.add_axes(((left + _SIDE + 0.06) / width, _MARGIN / height, 0.1 / width, _SIDE / height))
            _draw_source(ax, bar, bands[index], view)
        draw_caustics(ax, fit.caustics)
        _mark_centre(ax, fit)
        scale_bar(ax, view)
    if not bands:
        _say(figure, "the source was not reconstructed")
    return figure


def _has_source(band: BandFit) -> bool:
    place = [*band.source_centre, band.source_width]
    return bool(np.isfinite(place).all() and band.source_width > 0 and np.isfinite(band.source).any())


def _view(fit: LensFit, bands: list[BandFit]) -> View:
    """The square that holds the tangential caustic and the middle half of every source."""
    corners = [np.asarray(curve, float) for curve in fit.caustics[:1]]
    for band in bands:
        reach = band.source_width / 4
        corners.append(np.add(band.source_centre, [[-reach, -reach], [reach, reach]]))
    points = np.concatenate(corners) if corners else np.array([[-0.5, -0.5], [0.5, 0.5]])
    points = points[np.isfinite(points).all(axis=1)]
    low, high = points.min(axis=0), points.max(axis=0)
    return View(tuple((low + high) / 2), 0.54 * float((high - low).max()))


def _draw_source(ax: Axes, bar: Axes, band: BandFit, view: View) -> None:
    stretch = source_stretch(band.source)
    rows, columns = band.source.shape
    matrix = np.diag([band.source_width / columns, band.source_width / rows])
    middle = np.array([columns - 1, rows - 1]) / 2
    grid = Grid(tuple(middle - np.linalg.solve(matrix, band.source_centre)), matrix)
    draw_pixels(ax, stretch(band.source), grid, view, SOURCE_CMAP)
    colour_bar(bar, stretch, SOURCE_CMAP, f"{unit_sign(band.unit)} / arcsec²")
    ax.set_title(drawable(f"{band.name}, source plane"), fontsize=TITLE_SIZE, pad=4, color=INK, parse_math=False)


def _mark_centre(ax: Axes, fit: LensFit) -> None:
    x, y = (fit.parameters.get(name) for name in ("x_source", "y_source"))
    if x is None or y is None:
        return
    across = [[x.median - x.stat_lo], [x.stat_hi - x.median]]
    along = [[y.median - y.stat_lo], [y.stat_hi - y.median]]
    lines = ax.errorbar(
        [x.median], [y.median], yerr=along, xerr=across, marker="+", markersize=8, linewidth=1.0, **ON_SKY
    )
    for line in (lines[0], *lines[2]):
        line.set_path_effects(ON_SKY["path_effects"])


def _say(figure: Figure, words: str) -> None:
    figure.text(0.5, 0.98, words, ha="center", va="top", fontsize=TICK_SIZE, color=INK)
