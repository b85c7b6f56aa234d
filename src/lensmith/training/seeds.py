"""Networks side by side, each trained from several seeds: means over the seeds, and differences seed by seed."""

import csv
import json
from itertools import groupby
from pathlib import Path

import numpy as np
from scipy import stats

from lensmith.data import atomic_write
from lensmith.errors import InputError
from lensmith.metrics.interval import Interval
from lensmith.training.compare import compare

_SCORES = ("accuracy", "auc", "calibration")


def mean_over_seeds(values, level: float = 0.95) -> Interval:
    """Mean of one score of several trainings, and its interval by Student's t; the ends are NaN for a single one."""
    values = np.asarray(values, float)
    if len(values) < 2:
        return Interval(float(values.mean()), float("nan"), float("nan"))
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def networks_over_seeds(folders: list[Path], resamples: int = 1000) -> list[dict]:
    """One row a network, the first folder's first: each score over its seeds, and what the first network is ahead.

    `folders` are evaluations on the same samples, whose ``metrics.json`` says network and seed. ``accuracy``, ``auc``
    (macro) and ``calibration`` (expected error) are `mean_over_seeds`; ``ahead`` has, for each seed that both networks
    have, the paired difference of accuracy, first less this one, ``(seed, value, low, high)`` by bootstrap over the
    samples. No rows where a network has a seed twice: those trainings differ in something else.

    Raises
    ------
    InputError
        if they were not judged on the same samples, or a folder has no ``metrics.json``.
    """
    known = {Path(folder): _metrics(Path(folder)) for folder in folders}
    named = {folder: (scores.get("network", folder.name), scores.get("seed")) for folder, scores in known.items()}
    if len(set(named.values())) < len(named):
        return []
    first = named[Path(folders[0])][0]
    by_network = sorted(named, key=lambda folder: (named[folder][0] != first, *map(str, named[folder])))
    rows = []
    for network, group in groupby(by_network, key=lambda folder: named[folder][0]):
        of_seed = {named[folder][1]: folder for folder in group}
        values = {
            "accuracy": [known[folder]["accuracy"][0] for folder in of_seed.values()],
            "auc": [known[folder]["auc"]["macro"][0] for folder in of_seed.values()],
            "calibration": [known[folder]["expected_calibration_error"] for folder in of_seed.values()],
        }
        row = {"network": network, "seeds": list(of_seed), "folders": of_seed, "ahead": []}
        rows.append(row | {name: mean_over_seeds(values[name]) for name in _SCORES})
    for row in rows[1:]:
        for seed, folder in row["folders"].items():
            if seed in rows[0]["folders"]:
                compared = compare(rows[0]["folders"][seed], [folder], resamples)
                row["ahead"].append((seed, *compared[1]["accuracy_difference"]))
    return rows


def seed_lines(rows: list[dict]) -> list[str]:
    """For people: a line a network, and one for each seed by how much the first is ahead of another."""
    lines = []
    for row in rows:
        said = [f"{name} {_said(row[name])}" for name in _SCORES]
        lines.append(f"{row['network']}, {len(row['seeds'])} seed(s): " + ", ".join(said))
    for row in rows[1:]:
        for seed, value, low, high in row["ahead"]:
            difference = f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"
            lines.append(f"{rows[0]['network']} less {row['network']}, seed {seed}, paired: accuracy {difference}")
    return lines


def write_seeds(path: Path, rows: list[dict]) -> None:
    """One row a network; ends of intervals are empty where there is one seed. Differences are joined by semicolons."""
    with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        ends = ("", "_low", "_high")
        writer.writerow(["network", "seeds", *(f"{name}{end}" for name in _SCORES for end in ends), "ahead"])
        for row in rows:
            numbers = ["" if np.isnan(value) else f"{value:.6g}" for name in _SCORES for value in row[name]]
            ahead = "; ".join(
                f"seed {seed}: {value:+.4f} [{low:+.4f}, {high:+.4f}]" for seed, value, low, high in row["ahead"]
            )
            writer.writerow([row["network"], " ".join(map(str, row["seeds"])), *numbers, ahead])


def _metrics(folder: Path) -> dict:
    try:
        return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        raise InputError(f"{folder}: it has no metrics.json that can be read; evaluate it again") from None


def _said(interval: Interval) -> str:
    return f"{interval.value:.4f}" if np.isnan(interval.low) else str(interval)
