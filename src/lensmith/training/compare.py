"""Networks side by side on the same samples: their scores, and paired differences."""

import csv
from pathlib import Path

import numpy as np

from lensmith import metrics
from lensmith.data import atomic_write
from lensmith.errors import InputError
from lensmith.metrics.roc import RankedScores

FILE = "predictions.csv"


def read_predictions(folder: Path) -> tuple[list[str], np.ndarray, np.ndarray, tuple[str, ...]]:
    """Names, labels int64 ``[sample]``, probabilities ``[sample, class]`` and classes of a folder with predictions.csv.

    Raises
    ------
    InputError
        if there is none, or it has no labels.
    """
    path = Path(folder) / FILE
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        classes = tuple(name.removeprefix("p_") for name in rows[0] if name.startswith("p_"))
        labels = np.array([classes.index(row["class"]) for row in rows])
        probabilities = np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; name the folder of a training or an evaluation") from None
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path} is not a table of predictions with labels ({error!r})") from None
    return [row["name"] for row in rows], labels, probabilities, classes


def compare(folder: Path, others: list[Path], resamples: int = 1000) -> list[dict]:
    """Accuracy and macro AUC of `folder`, then of each of `others` with the paired difference `folder` less it.

    Intervals ``[value, low, high]``, 95 %, by bootstrap over the samples; in a difference both are drawn together.

    Raises
    ------
    InputError
        if they were not judged on the same samples.
    """
    names, labels, probabilities, classes = read_predictions(folder)
    rows = [_row(folder, labels, probabilities, resamples)]
    for other in others:
        their_names, their_labels, theirs, their_classes = read_predictions(other)
        if their_names != names or their_classes != classes or not np.array_equal(their_labels, labels):
            raise InputError(f"{folder} and {other} were judged on other samples; evaluate both on the same --data")
        scores = zip(_scores(labels, probabilities), _scores(labels, theirs), ("accuracy", "auc"), strict=True)
        less = {
            f"{name}_difference": list(metrics.paired_bootstrap(mine, their, len(labels), resamples))
            for mine, their, name in scores
        }
        rows.append(_row(other, labels, theirs, resamples) | less)
    return rows


def comparison_lines(rows: list[dict]) -> list[str]:
    """For people: the first against each of the others."""
    said = "{:+.4f} [{:+.4f}, {:+.4f}]"
    first = rows[0]["name"]
    return [
        f"{first} less {row['name']}, paired: accuracy {said.format(*row['accuracy_difference'])}, macro AUC "
        f"{said.format(*row['auc_difference'])}"
        for row in rows[1:]
    ]


def write_comparison(path: Path, rows: list[dict]) -> None:
    """One row a network: each score, and the paired difference of the first from it, with intervals."""
    scores = ("accuracy", "auc", "accuracy_difference", "auc_difference")
    with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "n", *(f"{score}{end}" for score in scores for end in ("", "_low", "_high"))])
        for row in rows:
            numbers = [row.get(score, [""] * 3) for score in scores]
            plain = [f"{value:.6g}" if value != "" else "" for three in numbers for value in three]
            writer.writerow([row["name"], row["n"], *plain])


def _row(folder: Path, labels, probabilities, resamples: int) -> dict:
    auc = _scores(labels, probabilities)[1]
    return {
        "name": Path(folder).name,
        "n": len(labels),
        "accuracy": list(metrics.accuracy(labels, probabilities)),
        "auc": list(metrics.bootstrap_interval(auc, len(labels), resamples)),
    }


def _scores(labels, probabilities):
    """Accuracy and macro AUC as functions of how often each sample counts."""
    correct = probabilities.argmax(1) == labels
    ranked = [RankedScores(labels == k, column) for k, column in enumerate(probabilities.T)]
    return (
        lambda count: float(np.average(correct, weights=count)),
        lambda count: float(np.nanmean([one.auc(count) for one in ranked])),
    )
