"""Scores of a classifier on samples that it has not seen, with their intervals, and the pictures of them."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lensmith import metrics
from lensmith.data import atomic_write

BINS = 15


def classification_scores(labels, probabilities, classes: Sequence[str], resamples: int = 1000, seed: int = 0) -> dict:
    """Every score by name, JSON-able; intervals are ``[value, low, high]`` at 95 %.

    `labels` int ``[sample]``, `probabilities` float ``[sample, class]``.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    confusion = metrics.confusion_matrix(labels, probabilities.argmax(1), len(classes))
    precision, recall = metrics.precision_and_recall(confusion)
    auc = metrics.multiclass_auc(labels, probabilities, classes, resamples, seed)
    return {
        "n": len(labels),
        "accuracy": _numbers(metrics.accuracy(labels, probabilities)),
        "auc": {name: _numbers(interval) for name, interval in auc.items()},
        "auc_pairs": _pairs(labels, probabilities, classes, resamples, seed),
        "precision": _known(classes, precision),
        "recall": _known(classes, recall),
        "confusion": confusion.tolist(),
        "expected_calibration_error": _rounded([metrics.expected_calibration_error(labels, probabilities, BINS)])[0],
        "brier": _rounded([metrics.brier_score(labels, probabilities)])[0],
        "log_loss": _rounded([metrics.log_loss(labels, probabilities)])[0],
    }


def _pairs(labels, probabilities, classes, resamples, seed) -> dict:
    """AUC of each class against each other one alone, by the ratio of their probabilities."""
    found = {}
    for first in range(len(classes)):
        for second in range(first + 1, len(classes)):
            chosen = (labels == first) | (labels == second)
            pair = probabilities[chosen][:, [first, second]]
            share = pair / np.maximum(pair.sum(1, keepdims=True), 1e-300)
            auc = metrics.multiclass_auc((labels[chosen] == second).astype(int), share, None, resamples, seed)
            found[f"{classes[first]}/{classes[second]}"] = _numbers(auc["1"])
    return found


def score_lines(scores: dict) -> list[str]:
    """The scores that matter most, for people."""
    said = {name: "{:.4f} [{:.4f}, {:.4f}]".format(*values) for name, values in scores["auc"].items()}
    classes = [name for name in said if name not in ("macro", "micro")]
    return [
        "accuracy {:.4f} [{:.4f}, {:.4f}]".format(*scores["accuracy"]) + f" on {scores['n']} samples",
        f"AUC macro {said['macro']}, micro {said['micro']}",
        "AUC of each class: " + ", ".join(f"{name} {said[name]}" for name in classes),
        f"calibration error {scores['expected_calibration_error']:.4f}, Brier {scores['brier']:.4f}",
    ]


def write_scores(folder: Path, names, labels, probabilities, classes: Sequence[str], extra: dict | None = None) -> dict:
    """Write ``metrics.json``, ``predictions.csv``, ``roc.png``, ``confusion.png`` and ``reliability.png``; the scores.

    `extra` goes into ``metrics.json`` too.
    """
    scores = classification_scores(labels, probabilities, classes)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "metrics.json", scores | (extra or {}))
    write_predictions(folder / "predictions.csv", names, probabilities, classes, labels)
    _draw(folder, np.asarray(labels), np.asarray(probabilities, float), classes, scores)
    return scores


def write_json(path: Path, content: dict) -> None:
    """JSON that people can read; NaN becomes null."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(_plain(content), indent=1) + "\n", encoding="utf-8")


def write_predictions(path: Path, names, probabilities, classes: Sequence[str], labels=None, **columns) -> None:
    """One row a sample: name, truth if known, predicted class, one probability a class, further `columns`."""
    with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        true = [] if labels is None else ["class"]
        writer.writerow(["name", *true, "predicted", *(f"p_{name}" for name in classes), *columns])
        for i, (name, row) in enumerate(zip(names, probabilities)):
            truth = [] if labels is None else [classes[labels[i]]]
            rest = [values[i] for values in columns.values()]
            writer.writerow([name, *truth, classes[int(np.argmax(row))], *(f"{p:.6g}" for p in row), *rest])


def _draw(folder: Path, labels, probabilities, classes, scores: dict) -> None:
    from lensmith.plots import DPI, confusion, reliability_diagram, roc

    curves = {name: metrics.roc_curve(labels == k, probabilities[:, k])[:2] for k, name in enumerate(classes)}
    curves["micro"] = metrics.roc_curve(labels[:, None] == np.arange(len(classes)), probabilities)[:2]
    legend = {name: "{}: {:.4f} [{:.4f}, {:.4f}]".format(name, *scores["auc"][name]) for name in curves}
    accuracy = "accuracy {:.4f} [{:.4f}, {:.4f}]".format(*scores["accuracy"])
    bins = metrics.reliability(probabilities.max(1), probabilities.argmax(1) == labels, BINS)
    error = f"calibration error {scores['expected_calibration_error']:.4f}"
    figures = {
        "roc": roc(curves, legend, f"{scores['n']} samples"),
        "confusion": confusion(np.array(scores["confusion"]), classes, accuracy),
        "reliability": reliability_diagram(*bins, f"{scores['n']} samples, {BINS} bins of equal count", error),
    }
    for name, figure in figures.items():
        with atomic_write(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=DPI)


def write_samples(path: Path, source, judged: np.ndarray, probabilities: np.ndarray, most: int = 16) -> None:
    """A picture of the first judged samples with what the network says of them and how sure it is.

    `source` is a `training.source.Source` of images with one or three bands; of others there is nothing to show.
    """
    from lensmith.plots import DPI
    from lensmith.plots.predictions import predictions_sheet

    if source.shape[0] not in (1, 3):
        return
    shown = np.asarray(judged)[:most]
    images = next(iter(source.load(shown).values())).reshape(len(shown), *source.shape)
    images = images[:, 0] if source.shape[0] == 1 else np.moveaxis(images, 1, -1)
    figure = predictions_sheet(images, source.labels[shown], probabilities[: len(shown)], source.classes)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=DPI)


def _numbers(interval) -> list[float]:
    return _rounded(interval)


def _known(classes, values) -> dict[str, float | None]:
    """Numbers by class; None where there is none (nothing was taken for the class, or is of it)."""
    return {name: None if np.isnan(value) else round(float(value), 6) for name, value in zip(classes, values)}


def _rounded(values) -> list[float]:
    return [round(float(value), 6) for value in values]


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
