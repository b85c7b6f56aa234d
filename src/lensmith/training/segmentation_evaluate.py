"""A segmenter judged on labelled samples: metrics.json, pictures, and plain thresholding beside it."""

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np

from lensmith.data import atomic_write
from lensmith.errors import InputError
from lensmith.nets import load_checkpoint, parameter_count
from lensmith.nets.segmenter import Segmenter
from lensmith.nets.thresholding import Thresholds, threshold_masks, tuned_thresholds
from lensmith.training.card import finish_card
from lensmith.training.segmentation_report import segmentation_report
from lensmith.training.segmentation_scores import (
    grouped_scores,
    segmentation_score_lines,
    segmentation_scores,
    write_metrics,
)
from lensmith.training.segmentation_source import SegmentationSource, open_segmentation

_BATCH = 64
_SHOWN = 12
_SNR_EDGES = (20, 30, 50, 100)
"""Edges of the bins of the arcs' S/N."""
_TUNED_ON = 64
"""Training samples that the thresholds are tuned on."""


def evaluate_segmenter(checkpoint: str | Path, data: Path, out: Path, tell=print) -> dict:
    """Write metrics.json and a picture of a segmenter on the samples of `data`; the scores.

    The ``test`` split is taken where there is one, else ``val``, else everything.

    Raises
    ------
    InputError
        if checkpoint or data are not sound, or the data have other classes than the network.
    """
    known = load_checkpoint(checkpoint)
    network = known.network
    if not isinstance(network, Segmenter):
        raise InputError(f"{known.path} holds {network.spec.name}, which is no segmenter")
    samples = open_segmentation(data, network.reads[0])
    if samples.classes != network.spec.classes:
        raise InputError(
            f"{data} has the classes {', '.join(samples.classes)} and {known.path} knows "
            f"{', '.join(network.spec.classes)}"
        )
    chosen = np.arange(len(samples))
    for split in ("test", "val"):
        if np.any(samples.source.split == split):
            chosen = np.flatnonzero(samples.source.split == split)
            break
    thresholds = Thresholds(**known.header["thresholds"]) if "thresholds" in known.header else Thresholds()
    scores = write_evaluation(Path(out), network, samples, chosen, thresholds)
    for line in segmentation_report(scores):
        tell(line)
    return scores


def write_evaluation(
    folder: Path, network: Segmenter, samples: SegmentationSource, chosen: np.ndarray, thresholds: Thresholds
) -> dict:
    """Scores of samples `chosen` into metrics.json, the first of them into masks.png."""
    truth, shares, said, grey, plain, ranks = [], [], [], [], [], []
    for start in range(0, len(chosen), _BATCH):
        rows = chosen[start : start + _BATCH]
        arrays = samples.source.load(rows)
        images = arrays[network.reads[0]].reshape(len(rows), *samples.source.shape)
        truth.append(samples.masks(rows) > 0.5)
        prepared = network.prepare(arrays)
        found = network.probabilities_of(prepared)
        shares.append(found.astype(np.float16))
        said.append(network.masks(arrays, found))
        plain.append(threshold_masks(images, samples.classes, thresholds))
        grey.append(images.mean(1))
        ranks.append(network.without_learning(prepared))
    truth, shares, said, grey, plain = (np.concatenate(parts) for parts in (truth, shares, said, grey, plain))
    radii, groups = _known(samples, chosen)
    scores = segmentation_scores(truth, said, samples.classes, shares, radii)
    # Thresholds are sure of every pixel: their probabilities are 0 and 1.
    scores["thresholding"] = segmentation_scores(truth, plain, samples.classes, plain, radii)
    scores["thresholding"]["thresholds"] = asdict(thresholds)
    if ranks[0] is not None:
        scores["without_learning"] = segmentation_scores(truth, np.concatenate(ranks), samples.classes)
    for name, members in groups.items():
        scores[name] = grouped_scores(truth, said, samples.classes, members)
        scores["thresholding"][name] = grouped_scores(truth, plain, samples.classes, members)
    folder.mkdir(parents=True, exist_ok=True)
    write_metrics(folder / "metrics.json", scores)
    _draw(folder / "masks.png", grey, truth, said, samples.classes, network.settings.exclusive)
    return scores


def _known(samples: SegmentationSource, chosen: np.ndarray) -> tuple[np.ndarray | None, dict[str, np.ndarray]]:
    """True Einstein radii [pixels], and the groups that scores are given for, of a mixed data set."""
    if samples.dataset is None or not {"survey", "arc_snr", "theta_E"} <= set(samples.dataset.columns):
        return None, {}
    column = lambda name: samples.dataset.column(name)[chosen]
    snr, edges = column("arc_snr"), np.array(_SNR_EDGES)
    names = np.array([f"{low} to {high}" for low, high in pairwise(edges)] + [f"above {edges[-1]}"])
    bins = np.where(np.isfinite(snr), names[np.clip(np.searchsorted(edges, snr, "right") - 1, 0, None)], "no arc")
    return column("theta_E"), {"by_survey": column("survey").astype(str), "by_arc_snr": bins}


def thresholds_for(network: Segmenter, samples: SegmentationSource, training: np.ndarray) -> Thresholds:
    """Thresholds tuned on some of the training samples."""
    rows = training[np.linspace(0, len(training) - 1, min(len(training), _TUNED_ON)).astype(int)]
    images = samples.source.load(rows)[network.reads[0]].reshape(len(rows), *samples.source.shape)
    return tuned_thresholds(images, samples.masks(rows), samples.classes)


def write_segmenter_card(path: Path, network: Segmenter, data: dict, scores: dict, on: str, lines: list[str]) -> None:
    """The model card of a segmenter; `lines` say command and cost."""
    spec = network.spec
    settings = ", ".join(f"{name} {value}" for name, value in network.settings.model_dump(mode="json").items())
    text = [
        f"# {spec.name}",
        "",
        f"Masks: {', '.join(spec.classes)}. Parameters: {parameter_count(network):,}. Settings: {settings}.",
        f"Input: {network.bands} channel(s) of any size.",
        "",
        f"Data: {data['samples']} samples; SHA-256 {data['sha256'][:16]}.",
        "",
        *(f"    {line}" if line.startswith("lensmith") else line for line in lines),
    ]
    intervals = (
        "IoU over the images that have the class; images without it are scored apart in metrics.json. Intervals are "
        "95 %, bootstrap over images."
    )
    finish_card(path, text, on, segmentation_score_lines(scores), intervals)


def _draw(path: Path, grey, truth, said, classes, exclusive) -> None:
    from lensmith.plots import DPI
    from lensmith.plots.segmentation import segmentation_sheet

    first = 1 if exclusive and classes[0] == "background" else 0
    names = [name for name in classes[first:] if name != "background"]
    chosen = [classes.index(name) for name in names]
    figure = segmentation_sheet(grey[:_SHOWN], truth[:_SHOWN][:, chosen], said[:_SHOWN][:, chosen], names)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=DPI)
