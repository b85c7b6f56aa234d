"""Einstein radii of a run against published ones."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lensmith.plots.quantity import drawable
from lensmith.plots.style import FAINT_INK, INK, LABEL_SIZE, TICK_SIZE, TITLE_SIZE, VERDICT_COLOURS
from lensmith.types import FloatArray

NAMED_BEYOND = 0.2
"""Lenses that differ by more than this share are named in the figure."""
REACH = 25.0
"""Largest difference that the lower panel shows [%]; what lies beyond is an open triangle at its edge."""


def compare(
    reference: FloatArray,
    fitted: FloatArray,
    errors: FloatArray,
    names: Sequence[str],
    *,
    verdicts: Sequence[str] | None = None,
    reference_label: str = "published",
) -> Figure:
    """Draw fitted against reference Einstein radii, and below how far they differ, in per cent.

    Parameters
    ----------
    reference, fitted : ``[lens]``, arcsec; lenses where either is not finite or not positive are left out.
    errors : ``[lens]`` 1 sigma or ``[2, lens]`` (down, up), arcsec; NaN where unknown.
    names : ``[lens]``; those more than 20 % off are written beside their points.
    verdicts : ``[lens]``, to colour the points and to count the accepted ones apart.
    reference_label : whose the reference radii are.
    """
    reference, fitted = np.asarray(reference, dtype=float), np.asarray(fitted, dtype=float)
    errors = np.abs(np.nan_to_num(np.broadcast_to(np.asarray(errors, dtype=float), (2, reference.size))))
    labels = np.array(["all"] * reference.size if verdicts is None else [str(v) for v in verdicts])
    usable = np.isfinite(reference) & np.isfinite(fitted) & (reference > 0) & (fitted > 0)
    figure = Figure(figsize=(5.2, 6.2))
    above, below = figure.add_axes((0.13, 0.36, 0.84, 0.61)), figure.add_axes((0.13, 0.09, 0.84, 0.25))
    difference = 100 * (fitted / np.where(usable, reference, 1) - 1)
    for label in sorted(set(labels[usable]), key=_rank):
        pick = usable & (labels == label)
        style = {"fmt": "o", "markersize": 3.5, "elinewidth": 0.7, "color": VERDICT_COLOURS.get(label, "#0072b2")}
        above.errorbar(reference[pick], fitted[pick], yerr=errors[:, pick], label=f"{label} ({pick.sum()})", **style)
        percent = 100 * errors[:, pick] / reference[pick]
        below.errorbar(reference[pick], difference[pick], yerr=percent, **style)
        for far, marker in ((difference > REACH, "^"), (difference < -REACH, "v")):
            edge = np.full(int((pick & far).sum()), REACH * 0.95 * (1 if marker == "^" else -1))
            below.plot(reference[pick & far], edge, marker, markersize=5, color=style["color"], fillstyle="none")
    _dress(above, below, reference[usable], fitted[usable], reference_label)
    for i in np.flatnonzero(usable & (abs(difference) > 100 * NAMED_BEYOND)):
        above.annotate(drawable(str(names[i])), (reference[i], fitted[i]), (4, 3), textcoords="offset points",
                       fontsize=TICK_SIZE, color=FAINT_INK, parse_math=False)  # fmt: skip
    above.text(0.97, 0.04, _score(abs(difference[usable]), abs(difference[usable & (labels == "accept")])),
               transform=above.transAxes, ha="right", va="bottom", fontsize=LABEL_SIZE, color=INK)  # fmt: skip
    return figure


def _dress(above: Axes, below: Axes, reference: np.ndarray, fitted: np.ndarray, reference_label: str) -> None:
    values = np.concatenate([reference, fitted]) if reference.size else np.array([0.5, 2.0])
    limits = (0.9 * values.min(), 1.06 * values.max())
    above.plot(limits, limits, color=FAINT_INK, linewidth=0.8, zorder=0)
    below.axhline(0, color=FAINT_INK, linewidth=0.8, zorder=0)
    below.axhspan(-2, 2, color="#dddddd", linewidth=0, zorder=-1)
    above.set(xlim=limits, ylim=limits)
    below.set(xlim=limits, ylim=(-REACH, REACH))
    above.set_xticklabels([])
    above.set_ylabel(r"$\theta_\mathrm{E}$ fitted [arcsec]", fontsize=TITLE_SIZE)
    below.set_ylabel("difference [%]", fontsize=TITLE_SIZE)
    below.set_xlabel(r"$\theta_\mathrm{E}$ " + drawable(reference_label).replace("$", r"\$") + " [arcsec]",
                     fontsize=TITLE_SIZE)  # fmt: skip
    for ax in (above, below):
        ax.tick_params(labelsize=LABEL_SIZE, direction="in", top=True, right=True)
    if above.get_legend_handles_labels()[0]:
        above.legend(loc="upper left", fontsize=LABEL_SIZE, frameon=False, handletextpad=0.2)


def _rank(verdict: str) -> int:
    order = list(VERDICT_COLOURS)
    return order.index(verdict) if verdict in order else len(order)


def _score(difference: np.ndarray, accepted: np.ndarray) -> str:
    """Median, 68th percentile and share beyond 20 % of the absolute differences [%], for all and for the accepted."""
    lines = []
    for name, values in (("all", difference), ("accepted", accepted)):
        if values.size:
            middle, most, far = np.median(values), np.percentile(values, 68), 100 * np.mean(values > 20)
            lines.append(f"{name}: median {middle:.1f} %, 68 % {most:.1f} %, over 20 %: {far:.1f} %")
    return "\n".join(lines)
