"""Classifiers side by side on the samples of a data set that `lensmith train` holds out to choose the epoch.

python -m benchmarks.held_out DATA NAME=CHECKPOINT NAME=CHECKPOINT ... --out DIR [--epochs 3 5 7 10]

All are of the network whose recipe splits DATA, the first one's. DIR/NAME gets the scores as `lensmith evaluate` writes
them. Printed are the cross-entropy as the loop of the training has it, so before scores are scaled, which is fitted to
these very samples, and the paired differences of the first from each of the others. `--epochs` is for `transient` and
data made with `early.epochs`: accuracy and cross-entropy, after scaling, of what was known after so many epochs.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from lensmith import metrics
from lensmith.nets import load_checkpoint
from lensmith.nets.network import Network
from lensmith.nets.score_scaling import ScoreScaling
from lensmith.nets.transient_thinning import every_stage
from lensmith.training.compare import compare, comparison_lines, write_comparison
from lensmith.training.preflight import inspect
from lensmith.training.recipe import load_recipe
from lensmith.training.scores import score_lines, write_scores
from lensmith.training.source import Source, open_source
from lensmith.training.train import standard_split

_BATCH = 128
_LEAST = 1e-12
"""Below this a probability counts as this one."""


def main() -> None:
    """Judge, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.held_out", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("checkpoints", nargs="+", metavar="NAME=CHECKPOINT")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, nargs="*", default=[])
    options = parser.parse_args()
    networks = {}
    for said in options.checkpoints:
        name, _, checkpoint = said.partition("=")
        networks[name] = load_checkpoint(checkpoint).network
    first = next(iter(networks.values()))
    source = open_source(options.data, first.reads, first.may_read)
    rows = standard_split(load_recipe(first.spec.name), source, inspect(source, first.reads[0]), print)[1]
    losses = {}
    for epochs in options.epochs:
        print(f"after {epochs} epochs", *_early_lines(networks, source, rows, epochs), sep="\n  ")
    for name, network in networks.items():
        losses[name] = _judge(name, network, source, rows, options.out / name)
    folders = [options.out / name for name in networks]
    write_comparison(folders[0] / "comparison.csv", compared := compare(folders[0], folders[1:]))
    print(*comparison_lines(compared), "before scaling", *loss_lines(losses), sep="\n")


def _early_lines(networks: dict[str, Network], source: Source, rows: np.ndarray, epochs: int) -> list[str]:
    """Accuracies after the first `epochs` epochs, and the cross-entropies and their differences."""
    labels, lines, losses = source.labels[rows], [], {}
    for name, network in networks.items():
        found = _early_probabilities(network, source, rows, epochs)
        lines.append(f"{name}: accuracy " + "{:.4f} [{:.4f}, {:.4f}]".format(*metrics.accuracy(labels, found)))
        losses[name] = cross_entropies(labels, found)
    return lines + loss_lines(losses)


@torch.inference_mode()
def _early_probabilities(network: Network, source: Source, rows: np.ndarray, epochs: int) -> np.ndarray:
    """``[row, class]``; images get the noise of so few epochs, the same for every network."""
    network.eval()
    torch.manual_seed(0)
    parts = []
    for start in range(0, len(rows), _BATCH):
        made = network.prepare(source.load(rows[start : start + _BATCH]))
        inputs = {name: torch.from_numpy(values) for name, values in made.items()}
        curve = list(every_stage(inputs["curve"]))[epochs - 1]
        parts.append(network.early_scores(inputs, curve).softmax(1).numpy())
    return np.concatenate(parts)


def _judge(name: str, network: Network, source: Source, rows: np.ndarray, out: Path) -> np.ndarray:
    """Write and print the scores; each sample's cross-entropy before scaling, ``[sample]``."""
    scores = write_scores(out, *_labelled(source, rows), _probabilities(network, source, rows), source.classes)
    print(name, *score_lines(scores), f"cross-entropy {scores['log_loss']:.4f}", sep="\n  ")
    unscale(network)
    return cross_entropies(source.labels[rows], _probabilities(network, source, rows))


def _labelled(source: Source, rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    return [source.names[i] for i in rows], source.labels[rows]


def _probabilities(network: Network, source: Source, rows: np.ndarray) -> np.ndarray:
    parts = (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))
    return np.concatenate([network.probabilities(source.load(part)) for part in parts])


def unscale(network: Network) -> None:
    """Undo what was fitted to held-out samples after the training."""
    scaling = getattr(network, "scaling", None)
    if scaling is not None:
        network.scaling = ScoreScaling(scaling.maps.shape[-2], scaling.maps.shape[1] - 1)


def cross_entropies(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Of each sample, ``[sample]``, of `labels` ``[sample]`` and `probabilities` ``[sample, class]``."""
    return -np.log(np.maximum(probabilities[np.arange(len(labels)), labels].astype(float), _LEAST))


def loss_lines(losses: dict[str, np.ndarray], resamples: int = 1000) -> list[str]:
    """Mean cross-entropies by name, and the first less each of the others with a paired 95 % interval."""
    lines = [f"{name}: cross-entropy {values.mean():.4f}" for name, values in losses.items()]
    (first, mine), *others = losses.items()
    for name, theirs in others:
        means = [lambda count, of=of: float(np.average(of, weights=count)) for of in (mine, theirs)]
        value, low, high = metrics.paired_bootstrap(*means, len(mine), resamples)
        lines.append(f"{first} less {name}, paired: cross-entropy {value:+.4f} [{low:+.4f}, {high:+.4f}]")
    return lines


if __name__ == "__main__":
    main()
