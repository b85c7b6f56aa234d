"""Slope, axis ratio and shear of the best fits beside those of Tan+24 (arXiv:2311.09307): numbers and a picture."""

import csv
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT
from benchmarks.page import table
from benchmarks.scores import with_interval

FIGURE = ROOT / "docs" / "shapes.png"
_NAMES = {"gamma": "slope gamma", "q": "axis ratio q", "shear": "shear"}
_COLOURS = {"accept": "tab:green", "check": "tab:orange", "reject": "tab:red"}


def section(rows: list[dict], real: Path) -> str:
    """Table in Markdown; draws `FIGURE`."""
    with open(real / "hst_references.csv", newline="", encoding="utf-8") as lines:
        published = {row["name"]: row for row in csv.DictReader(lines) if row["gamma"]}
    fitted = [row for row in rows if row["name"] in published and "evidence" in row]
    lines, panels = [], []
    for name, title in _NAMES.items():
        theirs = np.array([float(published[row["name"]][name]) for row in fitted])
        ours = np.array([row["evidence"][name] for row in fitted])
        accepted = np.array([row["verdict"] == "accept" for row in fitted], bool)
        lines.append(
            [title, len(fitted), *_numbers(ours - theirs), int(accepted.sum()), *_numbers((ours - theirs)[accepted])]
        )
        panels.append((title, theirs, ours, [row["verdict"] for row in fitted]))
    _draw(panels)
    header = [
        "fitted less published",
        "lenses",
        "median",
        "half of the 16 to 84 % range",
        "accepted",
        "median",
        "half range",
    ]
    said = "Slope, axis ratio and shear beside Tan+24; in brackets 68 % intervals by resampling the lenses."
    return f"{said}\n\n{table(header, lines)}\n\n![Slope, axis ratio and shear beside Tan+24]({FIGURE.name})"


def _numbers(difference) -> list[str]:
    half = lambda values: float(np.diff(np.percentile(values, [16, 84]))[0] / 2)
    return ["{:+.3f} ({:+.3f} to {:+.3f})".format(*with_interval(np.median, difference)), f"{half(difference):.3f}"]


def _draw(panels) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.6), layout="constrained")
    for axes, (title, theirs, ours, verdicts) in zip(figure.subplots(1, len(panels)), panels):
        for verdict, colour in _COLOURS.items():
            chosen = np.array([said == verdict for said in verdicts], bool)
            axes.plot(theirs[chosen], ours[chosen], "o", ms=4, color=colour, label=verdict)
        limits = min(theirs.min(), ours.min()), max(theirs.max(), ours.max())
        axes.plot(limits, limits, color="0.6", lw=1, zorder=0)
        axes.set(title=title, xlabel="Tan+24", ylabel="lensmith")
    figure.axes[0].legend(fontsize=8)
    figure.savefig(FIGURE, dpi=110)
