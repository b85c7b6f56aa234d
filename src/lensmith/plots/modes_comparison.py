"""The solutions that a fit weighed against each other, side by side."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.data.results import BandFit, LensFit, Mode
from lensmith.physics.critical_curves import critical_curves
from lensmith.physics.point_source import point_images
from lensmith.plots.annotations import ON_SKY, scale_bar
from lensmith.plots.curves import draw_caustics, draw_closed
from lensmith.plots.lens_of_fit import deflection_of, lens_profiles
from lensmith.plots.palette import CATEGORY_COLOURS
from lensmith.plots.panel import draw_pixels, frame_panel
from lensmith.plots.quantity import drawable
from lensmith.plots.stretch import arc_stretch
from lensmith.plots.style import FLUX_CMAP, INK, LABEL_SIZE, SOURCE_CMAP, TITLE_SIZE
from lensmith.plots.view import Grid, View

MAX_MODES = 6
_SIDE, _WORDS, _GAP, _TOP = 2.1, 1.75, 0.1, 0.5
"""Side of a panel, width of the words, gaps, room for the title, inches."""
_GRID_POINTS = 48
_SOURCE_COLOUR = CATEGORY_COLOURS[4]
_FAINTEST = 0.1
"""Images magnified less than this are not marked."""


def modes_comparison(fit: LensFit) -> Figure:
    """Draw the solutions that were compared, a row each, the chosen one first; at most `MAX_MODES`.

    Left: the band with the clearest arcs, lens light taken away, with the critical curve of that solution and crosses
    where it has images of the source's centre: a right solution has them on arcs. Middle: its caustics, and a cross
    where its source is. Right: its numbers; scores are differences of log-evidence to the chosen one. Lens centre and
    slope are those of the chosen solution, since modes keep no others.
    """
    modes = fit.modes[:MAX_MODES]
    rows = max(len(modes), 1)
    width, height = 2 * (_SIDE + _GAP) + _GAP + _WORDS, rows * (_SIDE + _GAP) + _TOP
    figure = Figure(figsize=(width, height))
    figure.text(
        _GAP / width, 1 - 0.12 / height, _title(fit), va="top", fontsize=TITLE_SIZE, color=INK, parse_math=False
    )
    if not modes:
        return figure
    band, view = _clearest(fit.bands), View.of(fit)
    traced = [_trace(fit, mode) for mode in modes]
    source_view = _source_view([curves for curves, _ in traced], modes)
    for row, (mode, (curves, images)) in enumerate(zip(modes, traced)):
        bottom = height - _TOP - (row + 1) * (_SIDE + _GAP) + _GAP
        place = lambda column: (_GAP + column * (_SIDE + _GAP)) / width
        size = _SIDE / width, _SIDE / height
        _draw_sky(figure.add_axes((place(0), bottom / height, *size)), band, view, curves, images)
        _draw_source(figure.add_axes((place(1), bottom / height, *size)), source_view, curves, mode)
        figure.text(
            place(2), (bottom + _SIDE) / height, _numbers(fit, mode, row), va="top", fontsize=LABEL_SIZE,
            color=INK, linespacing=1.5, fontweight="bold" if row == 0 else "normal",
        )  # fmt: skip
    return figure


def _title(fit: LensFit) -> str:
    count = len(fit.modes)
    if count == 0:
        return drawable(f"{fit.id}: no list of solutions")
    shown = f", the best {MAX_MODES} of them here" if count > MAX_MODES else ""
    return drawable(f"{fit.id}: {count} solution{'s' if count > 1 else ''} compared{shown}")


def _clearest(bands: tuple[BandFit, ...]) -> BandFit:
    return bands[int(np.argmax(np.nan_to_num([band.arc_snr for band in bands], nan=-np.inf)))]


def _trace(fit: LensFit, mode: Mode):
    """Critical curves and caustics of a solution, and the images of its source's centre."""
    names = ("theta_E", "e1", "e2", "gamma1", "gamma2")
    profiles = lens_profiles(fit, **{name: getattr(mode, name) for name in names})
    deflection, centre = deflection_of(profiles), tuple(profiles[0][1][name] for name in ("center_x", "center_y"))
    curves = critical_curves(deflection, 2 * mode.theta_E, centre, points=_GRID_POINTS)
    images = point_images(
        deflection, mode.x_source, mode.y_source, 3 * mode.theta_E, centre, points=_GRID_POINTS,
        magnification_limit=_FAINTEST,
    )  # fmt: skip
    return curves, images


def _draw_sky(ax: Axes, band: BandFit, view: View, curves, images) -> None:
    frame_panel(ax, view)
    without_lens = band.image - band.lens_light
    stretch = arc_stretch(without_lens, band.noise, band.mask, band.arc_mask)
    draw_pixels(ax, stretch(without_lens), Grid.of(band), view, FLUX_CMAP)
    for curve in curves.tangential:
        draw_closed(ax, curve)
    ax.plot(images.x, images.y, "+", markersize=6, markeredgewidth=1.0, **ON_SKY)
    scale_bar(ax, view)


def _source_view(all_curves, modes) -> View:
    """The square that holds the tangential caustics and sources of all solutions."""
    points = [np.array([[mode.x_source, mode.y_source]]) for mode in modes]
    points += [curve for curves in all_curves for curve in curves.tangential_caustics]
    points = np.concatenate(points)
    low, high = points.min(axis=0), points.max(axis=0)
    return View(tuple((low + high) / 2), max(0.58 * float((high - low).max()), 0.05))


def _draw_source(ax: Axes, view: View, curves, mode: Mode) -> None:
    frame_panel(ax, view)
    ax.set_facecolor(colormaps[SOURCE_CMAP](0.0))
    draw_caustics(ax, (*curves.tangential_caustics, *curves.radial_caustics))
    ax.plot([mode.x_source], [mode.y_source], "+", color=_SOURCE_COLOUR, markersize=8, markeredgewidth=1.5)
    scale_bar(ax, view)


def _numbers(fit: LensFit, mode: Mode, row: int) -> str:
    e, shear = np.hypot(mode.e1, mode.e2), np.hypot(mode.gamma1, mode.gamma2)
    score = mode.score - fit.modes[0].score
    weight = f"{mode.weight:.3f}" if mode.weight >= 5e-4 or mode.weight == 0 else f"{mode.weight:.0e}"
    lines = [
        "chosen" if row == 0 else f"solution {row + 1}",
        rf"$\theta_\mathrm{{E}}$ = {mode.theta_E:.3f}″",
        rf"$q$ = {(1 - e) / (1 + e):.2f}",
        rf"$\gamma_\mathrm{{ext}}$ = {shear:.3f}",
        f"weight {weight}",
        f"score {score:+.1f}".replace("-", "−") if row else "",
    ]
    return "\n".join(line for line in lines if line)
