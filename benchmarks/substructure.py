"""lens-physics beside the likelihood-ratio test on the same images, and how many it classifies a second.

python -m benchmarks.substructure CHECKPOINT DATA [-n 900]

The test is that of `nets/vortex_scan.py`: smooth lens against smooth lens with a vortex, to first order, the vortices
of all lengths and directions averaged. It is not trained.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch

from lensmith.metrics import bootstrap_interval, paired_bootstrap
from lensmith.metrics.roc import RankedScores
from lensmith.nets import load_checkpoint
from lensmith.training.source import open_source

BATCH = 128


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.substructure", description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("data", type=Path)
    parser.add_argument("-n", type=int, help="only the first n samples")
    options = parser.parse_args()
    network = load_checkpoint(options.checkpoint).network
    source = open_source(options.data, network.reads)
    chosen = np.arange(len(source))[: options.n]
    # Once for the compiler.
    network.probabilities(source.load(chosen[:BATCH]))
    began, busy = time.perf_counter(), time.process_time()
    probabilities, evidence = (np.concatenate(parts) for parts in zip(*_asked(network, source, chosen)))
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    labels = source.labels[chosen]
    pair = labels != source.classes.index("sphere")
    vortex = labels[pair] == source.classes.index("vort")
    share = probabilities[pair][:, 2] / (probabilities[pair][:, 0] + probabilities[pair][:, 2])
    ours, test = (RankedScores(vortex, score).auc for score in (share, evidence[pair]))
    n = len(vortex)
    print(f"no/vort AUC of {n} images: network {bootstrap_interval(ours, n)}")
    print(f"likelihood-ratio test {bootstrap_interval(test, n)}; network less test {paired_bootstrap(ours, test, n)}")
    speed = f"{len(chosen) / seconds:.0f} images a second, fit included"
    print(f"{speed}, {1e3 * busy / len(chosen):.1f} ms of processor time an image")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}")


def _asked(network, source, chosen):
    """Probabilities and the evidence of a vortex, a batch at a time."""
    for start in range(0, len(chosen), BATCH):
        inputs = network.prepare(source.load(chosen[start : start + BATCH]))
        with torch.inference_mode():
            scores = network({name: torch.from_numpy(values) for name, values in inputs.items()})
        yield scores.softmax(1).numpy(), network.vortex_score(inputs)


if __name__ == "__main__":
    main()
