"""The summary of one fit: what was seen, what the model makes of it, what is left, and the source behind the lens."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.data.results import BandFit, LensFit
from lensmith.plots.annotations import ON_SKY, colour_bar, compass, scale_bar
from lensmith.plots.numbers_panel import numbers_panel
from lensmith.plots.panel import draw_pixels, frame_panel, hatch_masked
from lensmith.plots.quantity import drawable, unit_sign
from lensmith.plots.stretch import Stretch, arc_stretch, flux_stretch, source_stretch
from lensmith.plots.style import FLUX_CMAP, INK, RESIDUAL_CMAP, SOURCE_CMAP, TICK_SIZE, TITLE_SIZE
from lensmith.plots.summary_layout import Layout
from lensmith.plots.view import Grid, View

MAX_BANDS = 10
"""Rows of a summary; of more bands those with the clearest arcs are shown."""
TITLES = ("Data", "Model", "(Data − model) / noise", "Data − lens light", "Source")
RESIDUAL = Stretch(-5.0, 5.0)


def summary(fit: LensFit) -> Figure:
    """Draw a fit: a row a band with data, model, normalised residual, data without lens light, and source plane.

    All panels on the sky show the same square in the frame of the first band (x along its columns), whatever the
    band's own pixels; colour bars are in the band's flux unit, of the source in that per square arcsec. On the data:
    the tangential critical curve; on the source: the caustics. Hatched pixels were not fitted, grey ones have no data.
    Of more than `MAX_BANDS` bands those with the highest S/N of the arcs are shown.
    """
    bands = _shown(fit)
    layout = Layout.of(len(bands))
    figure = Figure(figsize=layout.size)
    view, source_view = View.of(fit), _source_view(fit, bands)
    for row, band in enumerate(bands):
        panels = [layout.panel(figure, row, column) for column in range(5)]
        bars = [layout.bar(figure, row, column) for column in layout.with_bar]
        _draw_band(panels, bars, fit, band, view, source_view)
        if row == 0 or layout.wrapped:
            for ax, title in zip(panels, TITLES):
                ax.set_title(title, fontsize=TITLE_SIZE, pad=4, color=INK)
        panels[0].set_ylabel(drawable(band.name), fontsize=TITLE_SIZE, fontweight="bold", labelpad=3, parse_math=False)
    numbers_panel(layout.numbers(figure), fit, len(bands))
    return figure


def _shown(fit: LensFit) -> list[BandFit]:
    if len(fit.bands) <= MAX_BANDS:
        return list(fit.bands)
    snr = np.nan_to_num([band.arc_snr for band in fit.bands], nan=-np.inf)
    return [fit.bands[i] for i in sorted(np.argsort(-snr, kind="stable")[:MAX_BANDS])]


def _draw_band(
    panels: list[Axes], bars: list[Axes], fit: LensFit, band: BandFit, view: View, source_view: View
) -> None:
    data, model, residual, arcs, source = panels
    grid = Grid.of(band)
    flux = flux_stretch(band.image, band.noise, band.mask)
    without_lens = band.image - band.lens_light
    faint = arc_stretch(without_lens, band.noise, band.mask, band.arc_mask)
    scores = np.where(band.mask, band.residual, np.nan)
    for ax, image, stretch, cmap in (
        (data, band.image, flux, FLUX_CMAP),
        (model, band.model, flux, FLUX_CMAP),
        (residual, scores, RESIDUAL, RESIDUAL_CMAP),
        (arcs, without_lens, faint, FLUX_CMAP),
    ):
        frame_panel(ax, view)
        draw_pixels(ax, stretch(image), grid, view, cmap)
    for ax in (data, arcs):
        hatch_masked(ax, band.mask, grid, view)
    for curve in fit.critical_curves[:1]:
        _closed(data, curve, "-")
    scale_bar(data, view)
    if band.oriented and band.pixel_to_sky is not None:
        compass(data, view, band.pixel_to_sky @ np.linalg.inv(band.pixel_to_frame))
    _label(residual, f"χ² / ν = {band.chi2_red:.2f}" if np.isfinite(band.chi2_red) else "")
    _label(arcs, f"S/N = {band.arc_snr:.0f}" if np.isfinite(band.arc_snr) else "")
    brightness = _draw_source(source, fit, band, source_view)
    unit = unit_sign(band.unit)
    for bar in bars[:-3]:
        colour_bar(bar, flux, FLUX_CMAP, unit)
    colour_bar(bars[-3], RESIDUAL, RESIDUAL_CMAP, ticks=[-4, -2, 0, 2, 4])
    colour_bar(bars[-2], faint, FLUX_CMAP, unit)
    colour_bar(bars[-1], brightness, SOURCE_CMAP, f"{unit} / arcsec²")


def _has_source(band: BandFit) -> bool:
    place = [*band.source_centre, band.source_width]
    return bool(np.isfinite(place).all() and band.source_width > 0 and np.isfinite(band.source).any())


def _source_view(fit: LensFit, bands: list[BandFit]) -> View:
    """The square that holds the sources of all bands, and of the tangential caustic what less than doubles it."""
    bands = [band for band in bands if _has_source(band)]
    caustic = np.asarray(fit.caustics[0], dtype=float) if fit.caustics else np.empty((0, 2))
    if not bands:
        return View((0.0, 0.0), 1.1 * float(np.nanmax(abs(caustic))) if np.isfinite(caustic).any() else 1.0)
    centre = np.asarray(bands[0].source_centre, dtype=float)
    half = max(band.source_width / 2 + abs(np.subtract(band.source_centre, centre)).max() for band in bands)
    if np.isfinite(caustic).any():
        half = np.clip(1.08 * np.nanmax(abs(caustic - centre)), half, 2 * half)
    return View(tuple(centre), float(half))


def _draw_source(ax: Axes, fit: LensFit, band: BandFit, view: View) -> Stretch:
    stretch = source_stretch(band.source)
    frame_panel(ax, view)
    if _has_source(band):
        ax.set_facecolor(colormaps[SOURCE_CMAP](0.0))
        rows, columns = band.source.shape
        matrix = np.diag([band.source_width / columns, band.source_width / rows])
        middle = np.array([columns - 1, rows - 1]) / 2
        grid = Grid(tuple(middle - np.linalg.solve(matrix, band.source_centre)), matrix)
        draw_pixels(ax, stretch(band.source), grid, view, SOURCE_CMAP)
        scale_bar(ax, view)
    for curve, style in zip(fit.caustics, ("-", *["--"] * len(fit.caustics))):
        _closed(ax, curve, style)
    return stretch


def _closed(ax: Axes, curve: np.ndarray, style: str) -> None:
    """Draw a closed curve ``[point, 2]``."""
    curve = np.asarray(curve, dtype=float)
    if len(curve):
        ax.plot(*np.concatenate([curve, curve[:1]]).T, linestyle=style, linewidth=0.9, **ON_SKY)


def _label(ax: Axes, words: str) -> None:
    box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "alpha": 0.8, "edgecolor": "none"}
    if words:
        ax.text(0.04, 0.96, words, transform=ax.transAxes, ha="left", va="top", fontsize=TICK_SIZE, color=INK, bbox=box)
