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
from lensmith.data.mask_measures import mask_centre, ring_radius

_PIXELS = 200_000
"""Pixels that the calibration is measured on."""
_RESAMPLES = 1000


def segmentation_scores(truth, said, classes: Sequence[str], shares=None) -> dict:
    """Every score by name, JSON-able; intervals are ``[value, low, high]`` at 95 % by bootstrap over images.

    `truth` and `said` bool ``[sample, class, y, x]``; `shares` the probabilities, for the calibration.
    """
    truth, said = np.asarray(truth, bool), np.asarray(said, bool)
    by_class = {name: _of_class(truth[:, k], said[:, k]) for k, name in enumerate(classes)}
    known = [by_class[name]["iou"][0] for name in classes if name != "background" and by_class[name]["images"]]
    scores = {"n": len(truth), "mean_iou": _rounded(np.mean(known)) if known else None, "classes": by_class}
    if shares is not None:
        scores["calibration_error"] = _calibration(truth, np.asarray(shares))
    return scores | _geometry(truth, said, tuple(classes))


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


def _geometry(truth: np.ndarray, said: np.ndarray, classes: tuple[str, ...]) -> dict:
    """What matters downstream: how far centre of the lens and radius of the arcs are off, in pixels (medians)."""
    arc = next((name for name in ("arc", "source") if name in classes), None)
    if "lens" not in classes or arc is None:
        return {}
    lens, arcs = classes.index("lens"), classes.index(arc)
    off, radius = [], []
    for one, other in zip(truth, said):
        centres = [mask_centre(masks[lens]) for masks in (one, other)]
        off.append(np.hypot(*np.subtract(*centres)))
        radii = [ring_radius(masks[arcs], centre) for masks, centre in zip((one, other), centres)]
        radius.append(abs(radii[1] / radii[0] - 1) if radii[0] and np.isfinite(radii[0]) else np.nan)
    measured = np.isfinite(radius)
    return {
        "centre_error_pixels": _rounded(np.nanmedian(off)) if np.isfinite(off).any() else None,
        "ring_radius_error": _rounded(np.median(np.array(radius)[measured])) if measured.any() else None,
        "without_radius": int(truth[:, arcs].any((1, 2)).sum() - measured.sum()),
    }


def _calibration(truth: np.ndarray, shares: np.ndarray) -> float:
    """Mean |probability - share that is right| over bins of equal count, for each class alone and their mean."""
    step = max(1, shares[:, 0].size // _PIXELS)
    errors = []
    for k in range(shares.shape[1]):
        found = metrics.reliability(shares[:, k].ravel()[::step], truth[:, k].ravel()[::step])
        errors.append(np.sum(found.count * np.abs(found.confidence - found.correct)) / found.count.sum())
    return _rounded(np.mean(errors))


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
    mean = "none" if scores["mean_iou"] is None else f"{scores['mean_iou']:.3f}"
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
