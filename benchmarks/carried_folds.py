"""What a leak between folds does: one network carried through all of them, as in the public entries for DeepLense.

python -m benchmarks.carried_folds DATA TEST --out DIR [--recipe resnet10] [--folds 10] [--set key=value ...]

Every fold goes on with the weights of the fold before, so that from the second one on the held-out samples have been
trained on. Beside the accuracy on them stands that of the same weights on TEST, which was never trained on.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np

from lensmith.metrics import bootstrap_interval
from lensmith.nets import load_checkpoint
from lensmith.training.preflight import inspect
from lensmith.training.recipe import load_recipe
from lensmith.training.run import START, WEIGHTS, Run, batched
from lensmith.training.source import open_source
from lensmith.training.splits import assign_folds


def main() -> None:
    """Train fold after fold and print one row of the table for each; folds that are there are not made again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.carried_folds", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", default="resnet10")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--set", nargs="+", default=[], dest="sets")
    options = parser.parse_args()
    recipe = load_recipe(options.recipe, options.sets)
    source, test = open_source(options.data), open_source(options.test)
    report = inspect(source, recipe.inputs.array)
    run = Run(recipe, source, report, options.out / "prepared", "", lambda line: None)
    home = assign_folds(source.labels, report.groups, options.folds, recipe.loop.seed)
    print("| fold | accuracy on its held-out samples | on the test samples |\n|---|---|---|", flush=True)
    for fold in range(options.folds):
        folder, held = options.out / f"fold-{fold}", np.flatnonzero(home == fold)
        if fold:
            (folder / START).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(options.out / f"fold-{fold - 1}" / WEIGHTS, folder / START)
        if not (folder / WEIGHTS).is_file():
            run.once(folder, np.flatnonzero(home != fold), held)
        both = (accuracy(folder, source, held), accuracy(folder, test, np.arange(len(test))))
        print(f"| {fold + 1} | {' | '.join('{:.3f} [{:.3f}, {:.3f}]'.format(*one) for one in both)} |", flush=True)


def accuracy(folder: Path, source, chosen: np.ndarray) -> tuple[float, float, float]:
    """Accuracy of the weights in `folder` on samples `chosen`, with its 95 % interval over samples."""
    network = load_checkpoint(folder).network
    right = [network.probabilities(source.load(part)).argmax(1) == source.labels[part] for part in batched(chosen)]
    right = np.concatenate(right)
    return bootstrap_interval(lambda weights: np.average(right, weights=weights), len(right))


if __name__ == "__main__":
    main()
