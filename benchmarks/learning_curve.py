"""Scores against the number of training samples, of networks that were judged on the same samples.

python -m benchmarks.learning_curve SCORES... --out PICTURE

SCORES are folders of `lensmith evaluate`. The table goes to the terminal, the picture to PICTURE. Where a network was
trained from several seeds on as many samples, its row is their mean. Where the sizes are three in one ratio, and one
training each, a second table says where the accuracy levels off (`benchmarks.asymptote`).
"""

import argparse
import json
from itertools import groupby
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.asymptote import floor_interval, in_one_ratio
from lensmith.data import atomic_write
from lensmith.errors import InputError
from lensmith.plots import DPI
from lensmith.training.compare import read_predictions

CHANCE = {"accuracy": lambda classes: 1 / classes, "macro AUC": lambda classes: 0.5}


def main() -> None:
    """Print the table, draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning_curve", description=__doc__.splitlines()[0])
    parser.add_argument("scores", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    points = points_of(options.scores)
    print(table(points))
    if lines := levels(points):
        print(f"\n{lines}")
    with atomic_write(options.out) as temporary:
        picture(points).savefig(temporary, dpi=DPI)


def points_of(folders: list[Path]) -> list[dict]:
    """One point a network and number of training samples: mean scores over its seeds, and the range over these.

    With one seed the range is the 95 % interval over the test samples.

    Raises
    ------
    InputError
        if a folder does not say how many samples its network was trained on, or they were judged on different samples.
    """
    read = []
    for folder in folders:
        scores = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        if not scores.get("training_samples"):
            raise InputError(f"{folder} does not say on how many samples its network was trained; evaluate it again")
        read.append(scores | {"folder": folder})
    if len({(scores["judged_on"], scores["n"]) for scores in read}) > 1:
        raise InputError(f"{', '.join(map(str, folders))} were not judged on the same samples")
    key = lambda scores: (scores["network"], scores["training_samples"])
    return [_point(*named, list(group)) for named, group in groupby(sorted(read, key=key), key=key)]


def _point(network: str, samples: int, group: list[dict]) -> dict:
    """Mean and range of a group's scores."""
    point = {"network": network, "samples": samples, "seeds": len(group), "classes": len(group[0]["confusion"])}
    point["folders"] = [scores["folder"] for scores in group]
    for name, ends in (
        ("accuracy", [scores["accuracy"] for scores in group]),
        ("macro AUC", [scores["auc"]["macro"] for scores in group]),
    ):
        values = np.array(ends)
        low, high = (values[0, 1], values[0, 2]) if len(group) == 1 else (values[:, 0].min(), values[:, 0].max())
        point[name] = (float(values[:, 0].mean()), float(low), float(high))
    return point


def table(points: list[dict]) -> str:
    """Markdown: a row a network, a column a number of training samples, accuracy and macro AUC."""
    sizes = sorted({point["samples"] for point in points})
    lines = ["| network | " + " | ".join(f"{size:,}" for size in sizes) + " |", "|---|" + "---|" * len(sizes)]
    for network, group in groupby(points, key=lambda point: point["network"]):
        of_size = {point["samples"]: point for point in group}
        cells = [_said(of_size[size]) if size in of_size else "" for size in sizes]
        lines.append(f"| `{network}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _said(point: dict) -> str:
    shown = ("{:.3f} [{:.3f}, {:.3f}]".format(*point[name]) for name in CHANCE)
    return ", ".join(shown) + (f", {point['seeds']} seeds" if point["seeds"] > 1 else "")


def levels(points: list[dict]) -> str:
    """Markdown: a row a network, the accuracy that it levels off at and how far below that the largest set leaves it.

    Empty where no network has one training at each of three sizes in one ratio.
    """
    lines = []
    for network, group in groupby(points, key=lambda point: point["network"]):
        chosen = sorted(group, key=lambda point: point["samples"])
        if in_one_ratio([point["samples"] for point in chosen]) and all(point["seeds"] == 1 for point in chosen):
            floor, low, high, without = floor_interval(np.array([_wrong(point["folders"][0]) for point in chosen]))
            reached = chosen[-1]["accuracy"][0]
            cells = (
                f"{1 - floor:.3f} [{1 - high:.3f}, {1 - low:.3f}] | {1 - floor - reached:.3f}"
                if np.isfinite(floor)
                else "not in sight | "
            )
            lines.append(f"| `{network}` | {reached:.3f} | {cells} | {without:.0%} |")
    if not lines:
        return ""
    heads = ("network", "accuracy, most samples", "levels off at", "still to gain", "resamples in which it does not")
    return "\n".join([f"| {' | '.join(heads)} |", "|---|---|---|---|---|", *lines])


def _wrong(folder: Path) -> np.ndarray:
    """Whether each sample was taken for another class."""
    _, labels, probabilities, _ = read_predictions(folder)
    return probabilities.argmax(1) != labels


def picture(points: list[dict]) -> Figure:
    """Accuracy (left) and macro AUC (right) against training samples."""
    figure = Figure(figsize=(9.4, 3.6), layout="constrained")
    sizes = sorted({point["samples"] for point in points})
    for axes, (what, chance) in zip(figure.subplots(1, 2), CHANCE.items()):
        for network, group in groupby(points, key=lambda point: point["network"]):
            chosen = list(group)
            value, low, high = np.array([point[what] for point in chosen]).T
            at = [point["samples"] for point in chosen]
            axes.errorbar(at, value, [value - low, high - value], fmt="o-", capsize=2, markersize=4, label=network)
        axes.axhline(chance(points[0]["classes"]), color="0.6", linestyle=":", linewidth=1)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel("training samples")
        axes.set_ylabel(what)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper", frameon=False, fontsize="small")
    return figure


if __name__ == "__main__":
    main()
