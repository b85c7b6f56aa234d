"""What the estimator does to a fit: `python -m benchmarks.find_start DATA -n 300 --rows FILE`.

DATA is a data set of `lensmith simulate strong` with ``lens_fraction=1``, ``psf=true`` and ``sigma=true`` that no
training has seen. On N lenses: the whole fit from the classical search and from the estimator alone, its evaluations
and seconds; and the estimator's errors beside the posterior's widths.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.find import REAL, published_radii, share_of, words
from lensmith.data import Band, Cutout, DataSet, Findings, ReadOptions, find_candidates, open_dataset, read_candidate
from lensmith.metrics import bootstrap_interval
from lensmith.modelling import ModelSettings
from lensmith.modelling.alignment import align
from lensmith.modelling.expectation import expectation_of
from lensmith.modelling.parameters import CORE
from lensmith.modelling.refine import log_evidence
from lensmith.modelling.sampling import sample
from lensmith.modelling.solve import Run, limits, search, solve
from lensmith.nets import load_checkpoint
from lensmith.nets.estimating import estimate

FAILED = 0.2
"""Relative error of theta_E beyond which a fit or start is called wrong."""
RIGHT, SAME = 0.05, 0.02
"""Relative errors up to which a fit counts as right, and two fits as the same."""
STARTS = ("classical", "estimator")
SHAPES = ("e1", "e2", "gamma1", "gamma2")
THERE_ALONE = ModelSettings(network_start="instead")
"""Where there is an estimate the search is made there and nowhere else."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the data set, or `real` for the HST lenses, every N-th of them")
    parser.add_argument("-n", type=int, default=40)
    parser.add_argument("--starts", action="store_true", help="the error of the starts themselves, too")
    parser.add_argument("--estimator", default="estimator")
    parser.add_argument("--only", choices=STARTS, help="fit from this start alone")
    parser.add_argument(
        "--rows", type=Path, required=True, help="where rows are kept, so that a killed command goes on"
    )
    said = parser.parse_args()
    network = load_checkpoint(said.estimator).network
    dataset = None
    if str(said.data) == "real":
        cutouts, truth = real_lenses(said.n)
    else:
        dataset = open_dataset(said.data)
        cutouts = [cutout_of(dataset, row) for row in range(min(said.n, len(dataset)))]
        truth = dataset.column("theta_E_eff")[: len(cutouts)].astype(float)
    found = [Findings(**one) for one in estimate(network, cutouts)]
    if said.starts:
        print_starts(cutouts, found, truth)
    rows = fit_rows(cutouts, found, truth, said.rows, said.only)
    if said.only is None:
        print_fits(rows)
        if dataset is not None:
            truths = {name: dataset.column(name).astype(float) for name in SHAPES} | {"theta_E": truth}
            print_widths(rows, found, [cutout.id for cutout in cutouts], truths)


def print_starts(cutouts: list[Cutout], found: list[Findings], truth: np.ndarray) -> None:
    """Errors of theta_E before any fit."""
    rows = {
        "estimator": np.array([one.value("theta_E") for one in found], float),
        "classical start": np.array([started(cutout, None) for cutout in cutouts]),
        "start from the estimator": np.array([started(*pair) for pair in zip(cutouts, found)]),
    }
    print(f"\n| theta_E, {len(truth)} lenses | median error | wrong by over {FAILED:.0%} |\n|---|---|---|")
    for name, values in rows.items():
        print(f"| {name} | {error_of(values, truth)} |")


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


def fit_rows(cutouts, found, truth, file: Path, only: str | None = None) -> list[dict]:
    """A row a fit from either start, in turn, that which comes first alternating; rows that `file` holds are kept.

    The first lens is fitted twice, so that its rows hold no compiling of what all lenses need. The fit from the
    classical search has the widths of its posterior, too.
    """
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {(row["id"], row["start"]) for row in rows}
    warm = set()
    for index, (cutout, findings, radius) in enumerate(zip(cutouts, found, truth)):
        for start in sorted(STARTS, reverse=bool(index % 2)):
            if (cutout.id, start) in done or only not in (None, start):
                continue
            given = findings if start == "estimator" else None
            if start not in warm:
                solve(cutout, THERE_ALONE, given)
                warm.add(start)
            rows.append({"id": cutout.id, "start": start, "truth": float(radius)} | _fit(cutout, given))
            with file.open("a") as stream:
                stream.write(json.dumps(rows[-1]) + "\n")
    return rows


def _fit(cutout: Cutout, findings: Findings | None) -> dict:
    """Evaluations, CPU seconds, theta_E [arcsec] and score of one fit; widths of its posterior without findings."""
    began = time.process_time()
    solved = solve(cutout, THERE_ALONE, findings)
    row = {"evaluations": solved.run.n_like, "seconds": time.process_time() - began}
    row |= {"theta_E": float(np.exp(solved.final.theta[0])), "evidence": float(log_evidence(solved.final))}
    if findings is None:
        vectors = sample(solved.final, THERE_ALONE, np.random.default_rng(0)).vectors
        row["sigma"] = {name: float(vectors[:, CORE.index(name)].std()) for name in SHAPES}
        row["sigma"]["theta_E"] = row["theta_E"] * float(vectors[:, 0].std())
    return row


def print_fits(rows: list[dict]) -> None:
    """Both starts beside each other, on the lenses that were fitted from both."""
    of = {start: {row["id"]: row for row in rows if row["start"] == start} for start in STARTS}
    both = [name for name in of["classical"] if name in of["estimator"]]
    print("\n| fit from | lenses | evaluations, median | CPU s, median | median error | wrong |\n|" + "---|" * 6)
    for start in STARTS:
        some = [of[start][name] for name in both]
        count, seconds, radius, truth = np.array(
            [[row[key] for key in ("evaluations", "seconds", "theta_E", "truth")] for row in some]
        ).T
        print(
            f"| {start} | {len(some)} | {np.median(count):.0f} | {np.median(seconds):.1f} | {error_of(radius, truth)} |"
        )
    pairs = [(of["classical"][name], of["estimator"][name]) for name in both]
    for key in ("evaluations", "seconds"):
        ratio = np.array([one[key] / other[key] for one, other in pairs])
        middle = bootstrap_interval(lambda n, ratio=ratio: float(np.median(np.repeat(ratio, n))), len(ratio), 300)
        total = sum(one[key] for one, _ in pairs) / sum(other[key] for _, other in pairs)
        print(f"{key}, lens by lens: {words(middle)} times fewer in the median; of the sums {total:.2f}")
    same = sum(abs(one["theta_E"] / other["theta_E"] - 1) < SAME for one, other in pairs)
    print(f"theta_E within {SAME:.0%} of each other: {same} of {len(pairs)}")


def print_widths(rows: list[dict], found: list[Findings], ids: list[str], truths: dict[str, np.ndarray]) -> None:
    """RMSE of the estimator over the width of the fit's posterior, on lenses whose fit is right; `truths` by name."""
    fits = {row["id"]: row for row in rows if row["start"] == "classical" and "sigma" in row}
    right = [k for k, name in enumerate(ids) if name in fits and abs(error(fits[name])) < RIGHT]
    print(f"\n{len(right)} of {len(ids)} lenses whose fit is within {RIGHT:.0%}\n")
    print("| parameter | error of the estimator, rms | width of a fit's posterior, rms | ratio |\n|---|---|---|---|")
    for name in ("theta_E", *SHAPES):
        away = [found[k].value(name) - truths[name][k] for k in right]
        width = [fits[ids[k]]["sigma"][name] for k in right]
        rms = [float(np.sqrt(np.mean(np.square(values)))) for values in (away, width)]
        print(f"| {name} | {rms[0]:.4f} | {rms[1]:.4f} | {rms[0] / rms[1]:.1f} |")


def error(row: dict) -> float:
    """Relative error of theta_E."""
    return row["theta_E"] / row["truth"] - 1


def error_of(values: np.ndarray, truth: np.ndarray) -> str:
    """Median relative error, and share of wrong ones, with intervals."""
    error = np.abs(values / truth - 1)
    middle = bootstrap_interval(lambda n: float(np.median(np.repeat(error, n))), len(error), 300)
    return f"{words(middle)} | {words(share_of(error > FAILED))}"


if __name__ == "__main__":
    main()
