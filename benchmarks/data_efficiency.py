"""Accuracy against the size of the training set, for any recipes of classifiers on the same samples.

python -m benchmarks.data_efficiency DATA TEST --out DIR --recipes lens-physics lens-physics-off --sizes 250 1000 2700

Every point is a run folder of `lensmith train` in DIR, judged on all of TEST (``test/metrics.json``); points that are
there are not made again. The table goes to the terminal, the picture to DIR/data_efficiency.png.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from lensmith.data import atomic_write
from lensmith.nets import load_checkpoint
from lensmith.plots import DPI
from lensmith.training import train
from lensmith.training.preflight import inspect
from lensmith.training.prepared import Prepared, preparation_key
from lensmith.training.recipe import load_recipe
from lensmith.training.run import WEIGHTS, batched
from lensmith.training.scores import write_scores
from lensmith.training.source import open_source

MOST_EPOCHS = 32


def main() -> None:
    """Train what is missing, print the table, draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data_efficiency", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipes", nargs="+", required=True)
    parser.add_argument("--sizes", nargs="+", type=int, required=True, help="training samples a class")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    passes = f"samples shown to each network: small sets are seen more often, up to {MOST_EPOCHS} times"
    parser.add_argument("--passes", type=int, default=130_000, help=passes)
    options = parser.parse_args()
    for recipe in options.recipes:
        for size in options.sizes:
            for seed in options.seeds:
                _point(options, recipe, size, seed)
    points = found_points(options.out)
    print(table(points))
    with atomic_write(options.out / "data_efficiency.png") as temporary:
        picture(points).savefig(temporary, dpi=DPI)


def _point(options, recipe: str, size: int, seed: int) -> None:
    """One training and its scores on the test samples."""
    folder, kept = options.out / f"{recipe}-{size}-{seed}", options.out / "prepared"
    if (folder / "test" / "metrics.json").is_file():
        return
    epochs = int(np.clip(round(options.passes / (3 * size)), 1, MOST_EPOCHS))
    sets = [f"loop.seed={seed}", f"data.limit={size}", f"loop.epochs={epochs}", f"data.prepared={kept}"]
    command = f"lensmith train {recipe} --data {options.data.name} --out {folder.name}"
    command += "".join(f" --set {one}" for one in sets[:-1])
    train(load_recipe(recipe, sets), folder, options.data, resume=folder.is_dir(), command=command)
    network = load_checkpoint(folder / WEIGHTS).network.eval()
    source = open_source(options.test, network.reads, network.may_read)
    key = preparation_key(network, inspect(source, network.reads[0], str).digest)
    prepared = Prepared(network, source, kept, key, print)
    everything = np.arange(len(source))
    probabilities = np.concatenate([network.probabilities_of(prepared.fetch(part)) for part in batched(everything)])
    extra = {"recipe": recipe, "size": size, "seed": seed, "epochs": epochs}
    scores = write_scores(folder / "test", source.names, source.labels, probabilities, source.classes, extra)
    print(f"{folder.name}: accuracy {scores['accuracy']}, macro AUC {scores['auc']['macro']} on {len(source)} samples")


def found_points(out: Path) -> list[dict]:
    """Scores of all points in `out`, by recipe, size and seed."""
    points = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*/test/metrics.json")]
    return sorted(points, key=lambda point: (point["recipe"], point["size"], point["seed"]))


def table(points: list[dict]) -> str:
    """Markdown; intervals are 95 % over test samples."""
    lines = ["| recipe | samples a class | seed | epochs | accuracy | macro AUC |", "|---|---|---|---|---|---|"]
    for point in points:
        shown = ("{:.3f} [{:.3f}, {:.3f}]".format(*values) for values in (point["accuracy"], point["auc"]["macro"]))
        first = " | ".join(str(point[name]) for name in ("recipe", "size", "seed", "epochs"))
        lines.append(f"| {first} | {' | '.join(shown)} |")
    return "\n".join(lines)


def picture(points: list[dict]) -> Figure:
    """Accuracy (left) and macro AUC (right) against training samples a class; bars are 95 % over test samples."""
    figure = Figure(figsize=(8.4, 3.4), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, what, read, chance in (
        (panels[0], "accuracy", lambda point: point["accuracy"], 1 / 3),
        (panels[1], "macro AUC", lambda point: point["auc"]["macro"], 0.5),
    ):
        for recipe in dict.fromkeys(point["recipe"] for point in points):
            chosen = [point for point in points if point["recipe"] == recipe]
            value, low, high = np.array([read(point) for point in chosen]).T
            sizes = [point["size"] for point in chosen]
            axes.errorbar(sizes, value, [value - low, high - value], fmt="o-", capsize=2, markersize=4, label=recipe)
        axes.axhline(chance, color="0.6", linestyle=":", linewidth=1)
        axes.set_xscale("log")
        sizes = sorted({point["size"] for point in points})
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel("training samples a class")
        axes.set_ylabel(what)
    panels[0].legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
