"""What the estimator does to the start of a fit: `python -m benchmarks.find_start DATA -n 40 --fits 10`.

DATA is a data set of `lensmith simulate strong` with ``lens_fraction=1``, ``psf=true`` and ``sigma=true`` that no
training has seen. On N lenses: the error of the estimator's theta_E and of the classical search's best start, after its
refinement on binned pixels. On the first FITS of them: the whole fit from either, its evaluations and seconds.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.find import REAL, published_radii, share_of, words
from lensmith.data import Band, Cutout, DataSet, Findings, ReadOptions, find_candidates, open_dataset, read_candidate
from lensmith.metrics import bootstrap_interval
from lensmith.modelling import ModelSettings
from lensmith.modelling.alignment import align
from lensmith.modelling.expectation import expectation_of
from lensmith.modelling.solve import Run, limits, search, solve
from lensmith.nets import load_checkpoint
from lensmith.nets.estimating import estimate

FAILED = 0.2
"""Relative error of theta_E beyond which a fit or start is called wrong."""
THERE_ALONE = ModelSettings(network_start="instead")
"""Where there is an estimate the search is made there and nowhere else."""


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the data set, or `real` for the HST lenses, every N-th of them")
    parser.add_argument("-n", type=int, default=40)
    parser.add_argument("--fits", type=int, default=10)
    parser.add_argument("--estimator", default="estimator")
    said = parser.parse_args()
    network = load_checkpoint(said.estimator).network
    if str(said.data) == "real":
        cutouts, truth = real_lenses(said.n)
        print_fits(cutouts, [Findings(**one) for one in estimate(network, cutouts)], truth, again=False)
        return
    dataset = open_dataset(said.data)
    cutouts = [cutout_of(dataset, row) for row in range(min(said.n, len(dataset)))]
    found = [Findings(**one) for one in estimate(network, cutouts)]
    truth = dataset.column("theta_E_eff")[: len(cutouts)].astype(float)
    rows = {
        "estimator": np.array([one.value("theta_E") for one in found], float),
        "classical start": np.array([started(cutout, None) for cutout in cutouts]),
        "start from the estimator": np.array([started(*pair) for pair in zip(cutouts, found)]),
    }
    print(f"\n| theta_E, {len(truth)} lenses | median error | wrong by over {FAILED:.0%} |\n|---|---|---|")
    for name, values in rows.items():
        print(f"| {name} | {error_of(values, truth)} |")
    if said.fits:
        print_fits(cutouts[: said.fits], found, truth[: said.fits])


def cutout_of(dataset: DataSet, row: int) -> Cutout:
    """A simulated sample as a cutout, with its PSFs and noise."""
    bands = []
    for k, band in enumerate(dataset.description["survey"]["bands"]):
        image, noise, psf = (np.asarray(dataset.arrays[name][row, k], float) for name in ("image", "sigma", "psf"))
        bands.append(Band(band["name"], image, noise, psf, np.isfinite(image), band["pixel_scale"] * np.eye(2)))
    return Cutout(f"lens{row}", tuple(bands))


def started(cutout: Cutout, findings: Findings | None) -> float:
    """theta_E [arcsec] of the best solution after the search."""
    settings = THERE_ALONE
    aligned = align(cutout, settings)
    run = Run(settings, aligned, *limits(cutout, aligned, settings), expectation_of(findings))
    return float(np.exp(search(run)[0].theta[0]))


def real_lenses(every: int) -> tuple[list[Cutout], np.ndarray]:
    """Every so-manieth real HST lens, and the published radii."""
    radii = published_radii()
    candidates = find_candidates([REAL / "hst_lenses"], ReadOptions())[::every]
    cutouts = [read_candidate(one, ReadOptions()) for one in candidates if one.id in radii]
    return cutouts, np.array([radii[cutout.id] for cutout in cutouts])


def print_fits(cutouts: list[Cutout], found: list[Findings], truth: np.ndarray, again: bool = True) -> None:
    """Whole fits from either start, in turn, that which comes first alternating.

    `again`: the second time each counts, so that nothing is compiled. Each fit is a line on the standard error.
    """
    rows = {"the classical search": [], "the estimator": []}
    for index, (cutout, findings, radius) in enumerate(zip(cutouts, found, truth)):
        for name in sorted(rows, reverse=bool(index % 2)):
            rows[name].append(_fit(cutout, None if name == "the classical search" else findings, again))
            count, seconds, value = rows[name][-1]
            print(
                f"{cutout.id}: {name}: {value:.3f} of {radius:.3f}, {count}, {seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    print("\n| fit from | evaluations, median | CPU s, median | median error | wrong |\n|---|---|---|---|---|")
    for name, values in rows.items():
        count, seconds, radii = np.array(values).T
        print(f"| {name} | {np.median(count):.0f} | {np.median(seconds):.1f} | {error_of(radii, truth)} |")


def _fit(cutout: Cutout, findings: Findings | None, again: bool) -> tuple[int, float, float]:
    """Evaluations, CPU seconds and theta_E [arcsec] of one fit."""
    if again:
        solve(cutout, THERE_ALONE, findings)
    began = time.process_time()
    solved = solve(cutout, THERE_ALONE, findings)
    return solved.run.n_like, time.process_time() - began, float(np.exp(solved.final.theta[0]))


def error_of(values: np.ndarray, truth: np.ndarray) -> str:
    """Median relative error, and share of wrong ones, with intervals."""
    error = np.abs(values / truth - 1)
    middle = bootstrap_interval(lambda n: float(np.median(np.repeat(error, n))), len(error), 300)
    return f"{words(middle)} | {words(share_of(error > FAILED))}"


if __name__ == "__main__":
    main()
