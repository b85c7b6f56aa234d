"""What a trained `transient` makes of image and light curve together, and of each alone, on the same samples.

python -m benchmarks.transient_modalities CHECKPOINT DATA --out DIR [--first N]

DIR gets a folder of scores for each, as `lensmith evaluate` writes them, and their paired differences in
DIR/both/comparison.csv.
"""

import argparse
from pathlib import Path

import numpy as np

from lensmith.nets import load_checkpoint
from lensmith.training.compare import compare, comparison_lines, write_comparison
from lensmith.training.scores import score_lines, write_scores
from lensmith.training.source import open_source

_BATCH = 128


def main() -> None:
    """Judge, compare, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.transient_modalities", description=__doc__.splitlines()[0]
    )
    parser.add_argument("checkpoint")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, help="judge the first samples only")
    options = parser.parse_args()
    network = load_checkpoint(options.checkpoint).network
    source = open_source(options.data, network.reads)
    n = min(options.first or len(source), len(source))
    for name, without in WITHOUT.items():
        said = [network.probabilities(without(source.load(rows))) for rows in _batches(n)]
        folder = options.out / name
        scores = write_scores(folder, source.names[:n], source.labels[:n], np.concatenate(said), source.classes)
        print(name, *score_lines(scores), sep="\n  ")
    rows = compare(options.out / "both", [options.out / name for name in WITHOUT if name != "both"])
    write_comparison(options.out / "both" / "comparison.csv", rows)
    print(*comparison_lines(rows), sep="\n")


def without_image(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same samples without images: nothing but zeros."""
    return arrays | {"image": np.zeros_like(arrays["image"])}


def without_curve(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same samples without light curves: an error of 0 says that a measurement is missing."""
    return arrays | {"flux_error": np.zeros_like(arrays["flux_error"])}


WITHOUT = {"both": lambda arrays: arrays, "image": without_curve, "curve": without_image}
"""What is taken away, by what is left."""


def _batches(n: int):
    return (np.arange(start, min(start + _BATCH, n)) for start in range(0, n, _BATCH))


if __name__ == "__main__":
    main()
