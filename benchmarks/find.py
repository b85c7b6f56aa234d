"""Scores of finder and estimator: `python -m benchmarks.find VIEWS --out DIR`; docs/find.md shows what it prints.

VIEWS is a data set of `lensmith mix` that no training has seen; real lenses and galaxies are read from the
folder that LENSMITH_REAL_DATA names (`../shared/real` otherwise).
"""

import argparse
import csv
import os
from pathlib import Path

import numpy as np

from lensmith.data import ReadOptions, atomic_write, find_candidates, open_dataset, read_candidate
from lensmith.metrics import bootstrap_interval, interval_coverage, roc_auc, roc_curve, wilson_interval
from lensmith.metrics.calibration import reliability
from lensmith.nets import load_checkpoint
from lensmith.nets.estimating import estimates
from lensmith.nets.estimator import NAMES
from lensmith.nets.finding import p_lens, p_lens_of_views
from lensmith.nets.lens_view import View, views_of
from lensmith.nets.tails import deviates
from lensmith.nets.view_channels import arc_score
from lensmith.plots import DPI, contact_sheet

REAL = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))
RATES = (1e-2, 1e-3, 1e-4)
CHUNK = 1024
"""Views in memory at a time."""
RESAMPLES = 100
LEVELS = (1.0, 1.959964)
"""Half-widths of the 68 and 95 % intervals in sigma of a Gaussian."""
SETS = {
    "82 HST lenses": ("hst_lenses", ReadOptions()),
    "10 DES galaxies with PSF": ("des/manifest.csv", ReadOptions()),
    "23 DES galaxies, FWHM 0.96": ("des/galaxies", ReadOptions(psf_fwhm=0.96)),
    "Bologna space, lenses": ("bologna_space/lens", ReadOptions(pixel_scale=0.1, psf_fwhm=0.18)),
    "Bologna space, others": ("bologna_space/nolens", ReadOptions(pixel_scale=0.1, psf_fwhm=0.18)),
}
"""Real (and the challenge's simulated) cutouts: where they lie, what their files do not say."""


def main() -> None:
    """Print all tables, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", type=Path)
    parser.add_argument("--finder", default="finder")
    parser.add_argument("--estimator", default="estimator")
    parser.add_argument("--out", type=Path, required=True)
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    finder, estimator = load_checkpoint(said.finder).network, load_checkpoint(said.estimator).network
    views = open_dataset(said.views)
    thresholds = score_simulated(finder, views, said.out)
    seen = {name: looked_at(*where) for name, where in SETS.items()}
    score_real(finder, seen, thresholds, said.out)
    score_estimator(estimator, views)


def score_simulated(finder, views, out: Path) -> dict[float, float]:
    """Tables of the simulated test set; the threshold that each false-positive rate needs."""
    images, lens = views.arrays["image"], views.column("class") == "lens"
    p, baseline = (np.concatenate(parts) for parts in zip(*_scored(finder, images)))
    survey, kind = views.column("survey").astype(str), views.column("kind_of").astype(str)
    print(f"\n{lens.sum()} lenses, {(~lens).sum()} impostors\n")
    head = " | ".join(f"TPR at FPR {rate:g}" for rate in RATES)
    print(f"| score | survey | AUROC | {head} |\n|{'---|' * (3 + len(RATES))}")
    for name, score in (("finder", p), ("arc S/N", baseline)):
        for where in ("all", *sorted(set(survey))):
            here = np.ones(len(p), bool) if where == "all" else survey == where
            auc = auc_of(lens[here], score[here])
            rates = [rate_at(lens[here], score[here], rate) for rate in RATES]
            print(f"| {name} | {where} | {words(auc)} | {' | '.join(words(rate) for rate in rates)} |")
    snr = views.column("arc_snr")
    thresholds = {rate: float(np.quantile(p[~lens], 1 - rate)) for rate in RATES}
    print("\n| S/N of the arcs | lenses | found at FPR 1e-2 |\n|---|---|---|")
    for low, high in ((20, 40), (40, 80), (80, 160), (160, 1e9)):
        here = lens & (snr >= low) & (snr < high)
        found = wilson_interval(int((p[here] > thresholds[1e-2]).sum()), int(here.sum()))
        print(f"| {low} to {high:g} | {here.sum()} | {words(found)} |")
    print("\n| impostor | n | p above 0.5 | above the threshold of FPR 1e-2 |\n|---|---|---|---|")
    for name in sorted(set(kind[~lens])):
        here = ~lens & (kind == name)
        shares = [wilson_interval(int((p[here] > t).sum()), int(here.sum())) for t in (0.5, thresholds[1e-2])]
        print(f"| {name} | {here.sum()} | {' | '.join(words(share) for share in shares)} |")
    print_reliability(p, lens)
    worst = np.r_[np.flatnonzero(lens)[np.argsort(p[lens])[:24]], np.flatnonzero(~lens)[np.argsort(-p[~lens])[:24]]]
    sheet(
        np.asarray(images[worst]),
        [f"{kind[i]} {survey[i]} p {p[i]:.2f}" for i in worst],
        out / "failures_simulated.png",
    )
    return thresholds


def _scored(finder, images):
    """P(lens) and the baseline's score of views, chunk by chunk."""
    for start in range(0, len(images), CHUNK):
        chunk = np.asarray(images[start : start + CHUNK])
        yield p_lens(finder, chunk), np.array([arc_score(image) for image in chunk])


def auc_of(truth, score):
    """AUROC, bootstrap interval."""
    places = np.arange(len(truth))
    of = lambda count: roc_auc(truth[np.repeat(places, count)], score[np.repeat(places, count)])
    return bootstrap_interval(of, len(truth), RESAMPLES)


def rate_at(truth, score, rate: float):
    """True-positive rate at a false-positive rate, bootstrap interval."""

    def of(count) -> float:
        drawn = np.repeat(np.arange(len(truth)), count)
        false, true, _ = roc_curve(truth[drawn], score[drawn])
        return float(true[false <= rate + 1e-12].max())

    return bootstrap_interval(of, len(truth), RESAMPLES)


def print_reliability(p, lens) -> None:
    """How often what was given a probability is a lens, weighted to as many lenses as impostors."""
    weight = np.where(lens, 0.5 / lens.mean(), 0.5 / (~lens).mean())
    print("\n| p_lens | samples | share of lenses at a prior of 1/2 |\n|---|---|---|")
    for low, high in zip((0, 0.02, 0.1, 0.3, 0.7, 0.9, 0.98), (0.02, 0.1, 0.3, 0.7, 0.9, 0.98, 1.01)):
        here = (p >= low) & (p < high)
        if here.any():
            share = (weight * lens)[here].sum() / weight[here].sum()
            print(f"| {low:g} to {min(high, 1):g} | {here.sum()} | {share:.3f} |")
    bins = reliability(p, lens, 15)
    print(f"\nmean |p - share| over 15 bins, unweighted: {np.mean(np.abs(bins.confidence - bins.correct)):.3f}")


def looked_at(folder: str, options: ReadOptions) -> list[tuple[str, tuple[View, ...]]]:
    """Name and views of every cutout of a folder."""
    if not (REAL / folder).exists():
        print(f"{REAL / folder} is missing: left out")
        return []
    return [(one.id, views_of(read_candidate(one, options))) for one in find_candidates([REAL / folder], options)]


def score_real(finder, seen: dict, thresholds: dict[float, float], out: Path) -> None:
    """How many of each set are above the thresholds, finder beside nothing else; a picture of all that went wrong."""
    limits = [0.5, *thresholds.values()]
    head = " | ".join(f"p above {limit:.4g}" for limit in limits)
    print(f"\n| set | n | not looked at | median p | {head} |\n|{'---|' * (4 + len(limits))}")
    wrong, titles = [], []
    for name, views in seen.items():
        p_of = p_lens_of_views(finder, [several for _, several in views])
        usable = [(who, [view for view in several if view.image is not None]) for who, several in views]
        sound = [(who, several[0]) for who, several in usable if several]
        p = np.array([one for one in p_of if one is not None])
        shares = " | ".join(words(wilson_interval(int((p > limit).sum()), len(p))) for limit in limits)
        print(f"| {name} | {len(p)} | {len(views) - len(p)} | {np.median(p) if len(p) else np.nan:.3f} | {shares} |")
        is_lens = "lenses" in name
        for (who, view), value in zip(sound, p):
            if (value > thresholds[1e-2]) != is_lens:
                wrong.append(view.image)
                titles.append(f"{who[:18]} p {value:.3f}")
    if wrong:
        sheet(np.stack(wrong), titles, out / "failures_real.png")


def score_estimator(estimator, views) -> None:
    """Errors and coverage on the simulated test lenses, by survey."""
    truth, *found = estimated(estimator, views)
    survey = views.column("survey").astype(str)[views.column("class") == "lens"]
    print("\n| survey | parameter | n | median error | 68 % | 95 % |\n|---|---|---|---|---|---|")
    for where in ("all", *sorted(set(survey))):
        here = np.ones(len(truth), bool) if where == "all" else survey == where
        for k, name in enumerate(NAMES):
            if where == "all" or name == "theta_E":
                print_errors(where, name, *(some[here, k] for some in found), truth[here, k])


def estimated(network, views) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truths, medians, sigma and tails ``[lens, parameter]`` of the lenses among views, chunk by chunk."""
    lens, scale = np.flatnonzero(views.column("class") == "lens"), views.column("pixel_scale")
    parts = []
    for start in range(0, len(lens), CHUNK):
        rows = lens[start : start + CHUNK]
        mean, covariance, tails = estimates(network, np.asarray(views.arrays["image"][rows]), scale[rows])
        parts.append((mean, np.sqrt(np.diagonal(covariance, axis1=1, axis2=2)), tails))
    truth = np.stack([views.column(name)[lens] for name in NAMES], 1)
    return truth, *(np.concatenate(some) for some in zip(*parts))


def print_errors(where: str, name: str, mean, sigma, tails, truth) -> None:
    """One row: relative error for theta_E, absolute ones otherwise."""
    error = np.abs(mean / truth - 1) if name == "theta_E" else np.abs(mean - truth)
    middle = bootstrap_interval(lambda n: float(np.median(np.repeat(error, n))), len(error), RESAMPLES)
    deviate = deviates_of(name, mean, sigma, tails, truth)
    inside = [interval_coverage(deviate, -width, width) for width in LEVELS]
    print(f"| {where} | {name} | {len(mean)} | {words(middle)} | {' | '.join(words(one) for one in inside)} |")


def deviates_of(name: str, mean, sigma, tails, truth) -> np.ndarray:
    """Where truths lie in their posteriors, as standard normal deviates; theta_E's is one of its logarithm."""
    away = np.log(truth / mean) * mean if name == "theta_E" else truth - mean
    return deviates(away / sigma, tails)


def published_radii() -> dict[str, float]:
    """Published theta_E [arcsec] of the real HST lenses by name, the first of those that there are."""
    with open(REAL / "hst_references.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keys = ("theta_E", "theta_E_auger09", "theta_E_tdcosmo4")
    known = {row["name"]: next((float(row[key]) for key in keys if row.get(key)), None) for row in rows}
    return {name: radius for name, radius in known.items() if radius}


def share_of(hits):
    """A share with its Wilson interval."""
    return wilson_interval(int(np.sum(hits)), len(hits))


def sheet(images, titles, path: Path) -> None:
    """Views as the networks see them: stretched, and what a smooth galaxy leaves of them beneath."""
    from lensmith.nets.view_channels import view_channels

    channels = view_channels(images)
    pairs = np.concatenate([channels[:, 0], channels[:, 1]], axis=1)
    with atomic_write(path) as temporary:
        contact_sheet(pairs, titles, columns=12).savefig(temporary, dpi=DPI)


def words(share) -> str:
    """A number with its interval."""
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


if __name__ == "__main__":
    main()
