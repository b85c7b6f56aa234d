"""Scores of the estimator on simulated and on real HST lenses: `python -m benchmarks.find_estimator [VIEWS...]`.

Each VIEWS is a data set of `lensmith mix --test`, so cutouts as a run sees them, of lenses that no training has seen;
without any only the real ones are scored.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import chisquare, norm

from benchmarks.find import LEVELS, REAL, deviates_of, estimated, published_radii, share_of, words
from lensmith.data import Findings, ReadOptions, find_candidates, open_dataset, read_candidate
from lensmith.metrics import bootstrap_interval, interval_coverage
from lensmith.nets import load_checkpoint
from lensmith.nets.estimating import estimate
from lensmith.nets.estimator import NAMES

RESAMPLES, BINS = 300, 20
FAILED = 0.2
"""Relative error of theta_E beyond which an estimate is called wrong."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", type=Path, nargs="*")
    parser.add_argument("--estimator", default="estimator")
    said = parser.parse_args()
    network = load_checkpoint(said.estimator).network
    if said.views:
        score_views(network, said.views)
    score_radii(network)


def score_views(network, views: list[Path]) -> None:
    """One table of simulated lenses, and all of them together."""
    print("| views | parameter | lenses | median error | 68 % | 95 % | p(flat ranks) | mean deviate |\n|" + "---|" * 8)
    parts = {where.name: estimated(network, open_dataset(where)) for where in views}
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


def score_radii(network) -> None:
    """Einstein radii of the real lenses as a run estimates them, every grid of bands pooled, against published ones."""
    if not (REAL / "hst_lenses").exists():
        print(f"{REAL / 'hst_lenses'} is missing: left out")
        return
    radii, options = published_radii(), ReadOptions()
    cutouts = [read_candidate(one, options) for one in find_candidates([REAL / "hst_lenses"], options)]
    found = {cutout.id: Findings(**one) for cutout, one in zip(cutouts, estimate(network, cutouts)) if len(one) > 1}
    names = [name for name in found if name in radii]
    truth = np.array([radii[name] for name in names])
    radius, sigma = (np.array([getattr(found[name], what)("theta_E") for name in names]) for what in ("value", "sigma"))
    error, away = np.abs(radius / truth - 1), np.log(truth / radius) * radius / sigma
    middle = bootstrap_interval(lambda n: float(np.median(np.repeat(error, n))), len(error), RESAMPLES)
    inside = ", ".join(words(share_of(np.abs(away) < width)) for width in LEVELS)
    print(f"\n{len(names)} real lenses: median error of theta_E {words(middle)}; within 1 and 1.96 sigma {inside}")
    print(
        f"over {FAILED:.0%} off: {(error > FAILED).sum()}, of which too small: {(error > FAILED)[radius < truth].sum()}"
    )
    constant = np.abs(np.median(truth) / truth - 1)
    print(f"median error of calling every radius {np.median(truth):.2f}: {np.median(constant):.3f}")
    worst = np.argsort(-np.abs(away))[:10]
    print("worst: " + "; ".join(f"{names[i]} {radius[i]:.2f} +- {sigma[i]:.2f}, {truth[i]:.2f}" for i in worst))


if __name__ == "__main__":
    main()
