"""The draws of a posterior in the order in which they came: whether a sampler has settled."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.data.results import LensFit
from lensmith.plots.corner_plot import SHOWN
from lensmith.plots.quantity import SYMBOLS, drawable
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, TICK_SIZE, TITLE_SIZE, VERDICT_COLOURS

CHAIN_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
"""Okabe-Ito; further chains begin anew."""
ROW_HEIGHT, WIDTH = 0.85, 7.5
"""Inches."""
MOST_POINTS = 1500
"""Of one chain in one panel."""


def trace_plot(fit: LensFit, names: Iterable[str] = SHOWN) -> Figure:
    """Draw value against draw for every parameter, chain by chain, with their histograms beside them.

    Divergent draws of NUTS are marked below. Draws of importance sampling are resampled and have no order: for them the
    last row shows the raw weights, largest first, with k-hat; a posterior is to be believed if no few of them dominate.
    """
    chains = {name: _chains(fit, name) for name in names if name in fit.draws}
    chains = {name: values for name, values in chains.items() if values.size and np.ptp(values) > 0}
    weights = np.asarray(fit.weighted_draws.get("log_weight", ()), float)
    rows = len(chains) + bool(len(weights))
    height = max(1.6, 0.8 + ROW_HEIGHT * rows)
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.015, 1 - 0.1 / height, _caption(fit), va="top", fontsize=TITLE_SIZE, color=INK, parse_math=False)
    if not rows:
        return figure
    grid = figure.add_gridspec(
        rows, 2, width_ratios=(5, 1), left=0.1, right=0.985, top=1 - 0.5 / height, bottom=0.3 / height, hspace=0.35,
        wspace=0.03,
    )  # fmt: skip
    for row, (name, values) in enumerate(chains.items()):
        ax = figure.add_subplot(grid[row, 0])
        _traces(ax, fit, name, values)
        _histograms(figure.add_subplot(grid[row, 1], sharey=ax), values)
    if len(weights):
        _weights(figure.add_subplot(grid[rows - 1, 0]), weights)
    return figure


def _chains(fit: LensFit, name: str) -> np.ndarray:
    """``[chain, draw]``, as many of each chain as are finite."""
    values = np.asarray(fit.draws[name], float)
    values = values[: len(values) - len(values) % fit.chains].reshape(fit.chains, -1)
    return np.where(np.isfinite(values), values, np.nanmedian(values)) if np.isfinite(values).any() else values[:, :0]


def _caption(fit: LensFit) -> str:
    known = {"r_hat": "R-hat {:.3f}", "ess": "effective draws {:.0f}", "k_hat": "k-hat {:.2f}"}
    known["n_divergent"] = "{:.0f} divergent"
    parts = [form.format(fit.diagnostics[key]) for key, form in known.items() if key in fit.diagnostics]
    name = fit.id if len(fit.id) <= 40 else fit.id[:39] + "…"
    return drawable(f"{name}: {fit.sampler or 'draws'}" + (f" ({', '.join(parts)})" if parts else ""))


def _traces(ax: Axes, fit: LensFit, name: str, values: np.ndarray) -> None:
    step = max(1, -(-values.shape[1] // MOST_POINTS))
    index = np.arange(0, values.shape[1], step)
    loose = fit.chains == 1
    for chain, colour in zip(values, _colours(len(values))):
        style = {"linestyle": "", "marker": ".", "markersize": 1.5} if loose else {"linewidth": 0.4, "alpha": 0.8}
        ax.plot(index, chain[index], color=colour, **style)
    diverging = np.asarray(fit.sample_stats.get("diverging", ()), bool)
    if diverging.size == values.size and diverging.any():
        place = np.nonzero(diverging.reshape(values.shape))[1]
        ax.plot(place, np.full(len(place), values.min()), "|", color=VERDICT_COLOURS["reject"], markersize=5)
    symbol, unit = SYMBOLS.get(name, (name, ""))
    ax.set_ylabel(f"{symbol} [{unit}]" if unit else symbol, fontsize=LABEL_SIZE)
    ax.set_xlim(0, values.shape[1])
    _dress(ax)


def _histograms(ax: Axes, values: np.ndarray) -> None:
    edges = np.linspace(values.min(), values.max(), 31)
    for chain, colour in zip(values, _colours(len(values))):
        counts, _ = np.histogram(chain, edges)
        ax.stairs(counts, edges, orientation="horizontal", color=colour, linewidth=0.8)
    _dress(ax)
    ax.set_xticks([])
    ax.tick_params(labelleft=False, left=False)


def _weights(ax: Axes, log_weights: np.ndarray) -> None:
    shares = np.sort(np.exp(log_weights - log_weights.max()))[::-1]
    ax.plot(np.arange(1, len(shares) + 1), shares / shares.sum() * len(shares), color=CHAIN_COLOURS[0], linewidth=1.0)
    ax.axhline(1.0, color=FAINT_INK, linewidth=0.6, linestyle=":")
    ax.set_ylabel("weight", fontsize=LABEL_SIZE)
    ax.set_xlim(0, len(shares))
    ax.set_ylim(bottom=0)
    _dress(ax)


def _colours(n: int) -> list[str]:
    return [CHAIN_COLOURS[i % len(CHAIN_COLOURS)] for i in range(n)]


def _dress(ax: Axes) -> None:
    ax.tick_params(labelsize=TICK_SIZE, length=2, width=0.5, pad=1.5, labelcolor=FAINT_INK)
    for spine in ax.spines.values():
        spine.set_linewidth(0.6)
