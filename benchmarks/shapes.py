"""Slope, axis ratio and shear of the fits beside those of Tan+24 (arXiv:2311.09307): numbers and a picture."""

import csv
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT
from benchmarks.page import table
from benchmarks.scores import Lens, with_interval

FIGURE = ROOT / "docs" / "shapes.png"
_NAMES = {"gamma": "slope gamma", "q": "axis ratio q", "shear": "shear"}
_COLOURS = {"accept": "tab:green", "check": "tab:orange", "reject": "tab:red"}


def section(lenses: list[Lens], real: Path) -> str:
    """Table in Markdown, empty where nothing is published; draws `FIGURE`."""
    with open(real / "hst_references.csv", newline="", encoding="utf-8") as lines:
        published = {row["name"]: row for row in csv.DictReader(lines) if row.get("gamma")}
    fitted = [lens for lens in lenses if lens.name in published and np.isfinite(lens.theta_E)]
    if not fitted:
        return ""
    lines, panels = [], []
    for name, title in _NAMES.items():
        theirs = np.array([float(published[lens.name][name]) for lens in fitted])
        ours = np.array([lens.shape[name] for lens in fitted])
        accepted = np.array([lens.verdict == "accept" for lens in fitted], bool)
        lines.append(
            [title, len(fitted), *_numbers(ours - theirs), int(accepted.sum()), *_numbers((ours - theirs)[accepted])]
        )
        panels.append((title, theirs, ours, [lens.verdict for lens in fitted]))
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
