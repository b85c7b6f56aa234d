"""The posterior of a fit, parameter against parameter."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.ndimage import gaussian_filter

from lensmith.data.results import Estimate, LensFit
from lensmith.plots.quantity import SYMBOLS, drawable, with_error
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, POSTERIOR, TICK_SIZE, TITLE_SIZE

SHOWN = ("theta_E", "gamma", "e1", "e2", "gamma1", "gamma2", "x_source", "y_source")
MOST_DRAWS = 2000
CONTENTS = (0.393, 0.865)
"""Shares of the draws inside the contours: 1 and 2 sigma of a Gaussian in two dimensions, 1 - exp(-k^2 / 2)."""


def corner_plot(fit: LensFit, names: Iterable[str] = SHOWN) -> Figure:
    """Draw the statistical posterior: histograms on the diagonal, 1 and 2 sigma contours below it.

    Lines mark the maximum a posteriori; grey bands the 68 % interval with the systematic floor, which the draws do
    not hold. Parameters without draws, or whose draws do not vary, are left out; at most `MOST_DRAWS` draws, evenly
    taken, are used.
    """
    draws = {name: _thinned(fit.draws[name]) for name in names if name in fit.draws}
    draws = {name: values for name, values in draws.items() if values.size and np.ptp(values) > 0}
    count = len(draws)
    side = max(3.0, 1.05 * count + 0.9)
    figure = Figure(figsize=(side, side))
    figure.text(
        0.98, 0.985, _caption(fit, count), ha="right", va="top", fontsize=TITLE_SIZE, color=INK, parse_math=False
    )
    if not count:
        return figure
    edge, gap = 0.62 / side, 0.06 / side
    panel = (1 - edge - 0.36 / side - (count - 1) * gap) / count
    limits = {name: _limits(values) for name, values in draws.items()}
    for row, below in enumerate(draws):
        for column, along in enumerate(list(draws)[: row + 1]):
            place = (edge + column * (panel + gap), edge + (count - 1 - row) * (panel + gap), panel, panel)
            ax = figure.add_axes(place)
            if row == column:
                _histogram(ax, draws[along], limits[along], fit.parameters.get(along), along)
            else:
                _contours(ax, draws[along], draws[below], limits[along], limits[below])
                _mark_best(ax, fit, along, below)
            _dress(ax, along if row == count - 1 else "", below if column == 0 and row else "", row == column)
    return figure


def _thinned(values) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return values[:: max(1, -(-len(values) // MOST_DRAWS))]


def _caption(fit: LensFit, count: int) -> str:
    name = drawable(fit.id if len(fit.id) <= 40 else fit.id[:39] + "…")
    if not count:
        return f"{name}\nno posterior draws"
    return f"{name}\ncontours: 1 and 2 σ, statistical\ngrey: 68 % with systematic floor"


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, (0.3, 99.7))
    margin = 0.12 * (high - low) or 0.5 * np.ptp(values)
    return float(low - margin), float(high + margin)


def _histogram(ax: Axes, values: np.ndarray, limits: tuple[float, float], estimate: Estimate | None, name: str) -> None:
    counts, edges = np.histogram(values, bins=30, range=limits)
    if estimate is not None:
        if np.isfinite([estimate.lo, estimate.hi]).all():
            ax.axvspan(estimate.lo, estimate.hi, color="#e6e6e6", linewidth=0)
        if np.isfinite(estimate.best):
            ax.axvline(estimate.best, color=INK, linewidth=0.8)
    ax.stairs(counts, edges, color=POSTERIOR, linewidth=1.0, fill=False)
    low, middle, high = np.percentile(values, (15.865, 50, 84.135))
    symbol, unit = SYMBOLS.get(name, (name, ""))
    ax.set_title(f"{symbol} = {with_error(middle, low, high)}{unit}", fontsize=TICK_SIZE + 0.5, pad=3, color=INK)
    ax.set(xlim=limits, ylim=(0, 1.12 * max(counts.max(), 1)))


def _contours(ax: Axes, x: np.ndarray, y: np.ndarray, x_limits: tuple, y_limits: tuple) -> None:
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=28, range=(x_limits, y_limits))
    density = gaussian_filter(counts, 1.1)
    levels = _levels(density)
    x_middle, y_middle = (edges[:-1] + np.diff(edges) / 2 for edges in (x_edges, y_edges))
    ax.set(xlim=x_limits, ylim=y_limits)
    if len(levels) == len(CONTENTS):
        shades = ["#a9cfe8", POSTERIOR]
        ax.contourf(x_middle, y_middle, density.T, levels=[*levels, density.max() * 1.01], colors=shades, alpha=0.85)
        ax.contour(x_middle, y_middle, density.T, levels=levels, colors=POSTERIOR, linewidths=0.7)
    else:
        ax.plot(x, y, ".", markersize=1.5, color=POSTERIOR)


def _levels(density: np.ndarray) -> list[float]:
    """Densities whose contours hold the shares `CONTENTS` of the draws, rising; fewer where they coincide."""
    ranked = np.sort(density.ravel())[::-1]
    held = np.cumsum(ranked) / max(ranked.sum(), 1e-300)
    levels = {float(ranked[min(np.searchsorted(held, share), ranked.size - 1)]) for share in CONTENTS}
    return sorted(level for level in levels if 0 < level < density.max())


def _mark_best(ax: Axes, fit: LensFit, along: str, below: str) -> None:
    for name, line in ((along, ax.axvline), (below, ax.axhline)):
        estimate = fit.parameters.get(name)
        if estimate is not None and np.isfinite(estimate.best):
            line(estimate.best, color=INK, linewidth=0.6)


def _dress(ax: Axes, x_name: str, y_name: str, diagonal: bool) -> None:
    for spine in ax.spines.values():
        spine.set_linewidth(0.6)
    for axis, name in ((ax.xaxis, x_name), (ax.yaxis, y_name)):
        if not name:
            axis.set_ticks([])
            continue
        low, high = sorted(axis.get_view_interval())
        inner = 0.1 * (high - low)
        axis.set_ticks([t for t in MaxNLocator(4).tick_values(low, high) if low + inner < t < high - inner])
        symbol, unit = SYMBOLS.get(name, (name, ""))
        axis.set_label_text(f"{symbol} [{unit}]" if unit else symbol, fontsize=LABEL_SIZE)
        axis.set_tick_params(labelsize=TICK_SIZE, length=2, width=0.5, pad=1.5, labelcolor=FAINT_INK)
        for label in axis.get_ticklabels():
            label.set_rotation(40)
    if x_name:
        ax.xaxis.set_label_coords(0.5, -0.42)
    if y_name:
        ax.yaxis.set_label_coords(-0.48, 0.5)
