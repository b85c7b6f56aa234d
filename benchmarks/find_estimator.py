"""Scores of the estimator on many simulated lenses: `python -m benchmarks.find_estimator VIEWS...`.

Each VIEWS is a data set of `lensmith mix --test`, so cutouts as a run sees them, of lenses that no training has seen.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import chisquare, norm

from benchmarks.find import LEVELS, deviates_of, estimated, words
from lensmith.data import open_dataset
from lensmith.metrics import bootstrap_interval, interval_coverage
from lensmith.nets import load_checkpoint
from lensmith.nets.estimator import NAMES

RESAMPLES, BINS = 300, 20


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", type=Path, nargs="+")
    parser.add_argument("--estimator", default="estimator")
    said = parser.parse_args()
    network = load_checkpoint(said.estimator).network
    print("| views | parameter | lenses | median error | 68 % | 95 % | p(flat ranks) | mean deviate |\n|" + "---|" * 8)
    parts = {where.name: estimated(network, open_dataset(where)) for where in said.views}
    for name, found in parts.items():
        print_rows(name, *found)
    print_rows("all", *(np.concatenate(some) for some in zip(*parts.values())))


def print_rows(where: str, truth, mean, sigma, tails) -> None:
    """One row a parameter: relative error for theta_E, absolute ones otherwise."""
    for k, name in enumerate(NAMES):
        error = np.abs(mean[:, k] - truth[:, k])
        if name == "theta_E":
            error = error / truth[:, k]
        deviate = deviates_of(name, mean[:, k], sigma[:, k], tails[:, k], truth[:, k])
        middle = bootstrap_interval(lambda n, error=error: float(np.median(np.repeat(error, n))), len(error), RESAMPLES)
        inside = " | ".join(words(interval_coverage(deviate, -width, width)) for width in LEVELS)
        flat = chisquare(np.histogram(norm.cdf(deviate), BINS, (0, 1))[0]).pvalue
        print(f"| {where} | {name} | {len(error)} | {words(middle)} | {inside} | {flat:.2g} | {deviate.mean():+.3f} |")


if __name__ == "__main__":
    main()
