"""Scores of a segmenter on samples that it has not seen, beside plain thresholding.

IoU, Dice, precision, recall and boundary F of a class are means over the images that truly have it; images without it
are scored apart, by the share of them in which no pixel is taken for it. The rule for empty masks is that of
`lensmith.metrics.masks`.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lensmith import metrics
from lensmith.data import atomic_write
from lensmith.training.segmentation_geometry import mask_geometry

_RESAMPLES = 1000
_BINS = 20
"""Bins of probability for the calibration."""


def segmentation_scores(truth, said, classes: Sequence[str], shares=None, theta_E=None) -> dict:
    """Every score by name, JSON-able; intervals are ``[value, low, high]`` at 95 % by bootstrap over images.

    `truth` and `said` bool ``[sample, class, y, x]``; `shares` the probabilities, for the calibration; `theta_E` true
    Einstein radii [pixels], NaN where there is none.
    """
    truth, said = np.asarray(truth, bool), np.asarray(said, bool)
    by_class = {name: _of_class(truth[:, k], said[:, k]) for k, name in enumerate(classes)}
    known = [by_class[name]["iou"][0] for name in classes if name != "background" and by_class[name]["images"]]
    scores = {"n": len(truth), "mean_iou": _rounded(np.mean(known)) if known else None, "classes": by_class}
    scores["macro_iou"] = macro_iou(truth, said, classes)
    if shares is not None:
        scores["calibration_error"] = _calibration(truth, shares)
    return scores | mask_geometry(truth, said, tuple(classes), theta_E)


def macro_iou(truth: np.ndarray, said: np.ndarray, classes: Sequence[str]) -> list[float | None]:
    """Mean over the classes of the foreground of their mean IoU, with its interval."""
    wanted = [k for k, name in enumerate(classes) if name != "background" and truth[:, k].any()]
    if not wanted:
        return [None, None, None]
    there = truth[:, wanted].any((2, 3))
    iou = np.where(there, metrics.mask_scores(truth[:, wanted], said[:, wanted]).iou, 0)

    def score(count):
        images = count @ there
        return float(np.mean((count @ iou)[images > 0] / images[images > 0])) if images.any() else np.nan

    return [_rounded(value) for value in metrics.bootstrap_interval(score, len(truth), _RESAMPLES)]


def grouped_scores(truth: np.ndarray, said: np.ndarray, classes: Sequence[str], groups: np.ndarray) -> dict:
    """Macro IoU and IoU of each class with intervals, by group; `groups` is the name of that of each sample."""
    out = {}
    for name in dict.fromkeys(groups):
        here = groups == name
        by_class = {
            one: _interval(metrics.mask_scores(truth[here & there, k], said[here & there, k]).iou)
            for k, one in enumerate(classes)
            if one != "background" and (there := truth[:, k].any((1, 2)))[here].any()
        }
        out[str(name)] = {"n": int(here.sum()), "macro_iou": macro_iou(truth[here], said[here], classes)} | by_class
    return out


def _of_class(truth: np.ndarray, said: np.ndarray) -> dict:
    there = truth.any((1, 2))
    found = metrics.mask_scores(truth[there], said[there])
    edges = [metrics.boundary_f(one, other) for one, other in zip(truth[there], said[there])]
    empty = ~said[~there].any((1, 2))
    pooled = metrics.mask_scores(truth.reshape(-1, truth.shape[-1]), said.reshape(-1, truth.shape[-1]))
    return {
        "images": int(there.sum()),
        "iou": _interval(found.iou),
        "dice": _interval(found.dice),
        "precision": _rounded(_mean(found.precision)),
        "recall": _rounded(_mean(found.recall)),
        "boundary_f": _rounded(_mean(edges)),
        "pooled_iou": _rounded(pooled.iou),
        "empty_images": int((~there).sum()),
        "empty_left_empty": _rounded(_mean(empty)),
    }


def _calibration(truth: np.ndarray, shares: np.ndarray) -> list[float | None]:
    """Mean |probability - share that is right| over bins of probability, each class alone and their mean."""
    n, k = truth.shape[:2]
    sums = np.zeros((n, k, _BINS, 3))
    for i in range(n):
        for j in range(k):
            share, right = np.asarray(shares[i, j], float).ravel(), truth[i, j].ravel()
            bins = np.minimum((share * _BINS).astype(int), _BINS - 1)
            for m, weights in enumerate((None, share, right)):
                sums[i, j, :, m] = np.bincount(bins, weights, _BINS)

    def score(count):
        total = np.tensordot(count, sums, 1)
        return float((np.abs(total[..., 1] - total[..., 2]).sum(-1) / total[..., 0].sum(-1)).mean())

    return [_rounded(value) for value in metrics.bootstrap_interval(score, n, _RESAMPLES)]


def segmentation_score_lines(scores: dict) -> list[str]:
    """The scores that matter most, for people: network, then thresholding where it stands beside."""
    lines = [_line("network", scores)]
    if "thresholding" in scores:
        lines.append(_line("thresholding", scores["thresholding"]))
    return lines


def _line(who: str, scores: dict) -> str:
    parts = [
        "{} {:.3f} [{:.3f}, {:.3f}]".format(name, *one["iou"]) + f" ({one['images']} images)"
        for name, one in scores["classes"].items()
        if name != "background" and one["images"]
    ]
    mean = "none" if scores["mean_iou"] is None else "{:.3f} [{:.3f}, {:.3f}]".format(*scores["macro_iou"])
    return f"{who}: mean IoU {mean} on {scores['n']} samples; " + ", ".join(parts)


def write_metrics(path: Path, scores: dict) -> None:
    """Write the scores as JSON."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


def _interval(values) -> list[float | None]:
    values = np.asarray(values, float)
    if not values.size:
        return [None, None, None]
    found = metrics.bootstrap_interval(lambda count: float(np.average(values, weights=count)), len(values), _RESAMPLES)
    return [_rounded(value) for value in found]


def _mean(values) -> float:
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")


def _rounded(value) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
