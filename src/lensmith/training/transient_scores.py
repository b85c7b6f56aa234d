"""How a classifier of transients does after fewer epochs, and in worse conditions: numbers and pictures."""

from pathlib import Path

import numpy as np

from lensmith import metrics
from lensmith.data import DataSet, atomic_write
from lensmith.data.deepgravilens import CLASSES
from lensmith.metrics.interval import bootstrap_interval
from lensmith.nets.network import Network

_LENSED = (CLASSES.index("lensed_snia"), CLASSES.index("lensed_sncc"))
_RATES = (1e-2, 1e-3)
"""False-positive rates of the early warning."""
_BINS = 5
_RESAMPLES = 200
_BATCH = 128


def transient_scores(network: Network, dataset: DataSet, rows, labels, probabilities, out: Path, tell) -> dict:
    """Scores by epochs seen and by conditions, JSON-able; ``epochs.png``, ``early_warning.png``, ``conditions.png``.

    `rows` are those of `dataset` that were judged, with their `labels` ``[sample]`` and `probabilities`
    ``[sample, class]``. Epochs need a data set made with `early.epochs` and their images: otherwise what a net said
    "after 3 epochs" would have seen all of them in the image.
    """
    found = {"conditions": _by_conditions(dataset, rows, labels, probabilities)}
    _draw_conditions(out, found["conditions"])
    if not {"flux_after", "image_after"} <= set(dataset.arrays):
        tell("no scores by number of epochs: the data set was not made with --set early.epochs=[3,5,7,10]")
        return found
    found["after_epochs"] = []
    for epochs, seen in [*_early(network, dataset, rows), (dataset.arrays["flux"].shape[1], probabilities)]:
        found["after_epochs"].append({"epochs": int(epochs), **_scores(labels, seen)})
        tell(_line(found["after_epochs"][-1]))
    _draw_epochs(out, found["after_epochs"])
    return found


def _early(network: Network, dataset: DataSet, rows):
    """Epochs, and the probabilities of the network that has seen no more than those."""
    stages = dataset.arrays["flux_after"].shape[1]
    epochs = (dataset.arrays["flux_error_after"][rows[:1]][0] > 0).any(-1).sum(-1)
    for stage in range(stages):
        parts = [
            network.probabilities(early_arrays(dataset, rows[start : start + _BATCH], stage, int(epochs[stage])))
            for start in range(0, len(rows), _BATCH)
        ]
        if epochs[stage] < dataset.arrays["flux"].shape[1]:
            yield epochs[stage], np.concatenate(parts)


def early_arrays(dataset: DataSet, rows, stage: int, epochs: int) -> dict[str, np.ndarray]:
    """What was known after the first `epochs` epochs, stage `stage` of the data set, of samples `rows`.

    Light curves are scaled to [0, 1] again, over the epochs that are there.
    """
    arrays = dataset.arrays
    curve = np.asarray(arrays["light_curve"][rows][:, :epochs], np.float32)
    low, high = (edge(curve, axis=(1, 2), keepdims=True) for edge in (np.min, np.max))
    return {
        "image": arrays["image_after"][rows][:, stage],
        "light_curve": (curve - low) / np.where(high > low, high - low, 1),
        "flux": arrays["flux_after"][rows][:, stage, :epochs],
        "flux_error": arrays["flux_error_after"][rows][:, stage, :epochs],
        "time": arrays["time"][rows][:, :epochs],
    }


def _scores(labels, probabilities) -> dict:
    """Accuracy, calibration, and the true-positive rates of lensed supernovae against everything else."""
    truth = np.isin(labels, _LENSED)
    score = probabilities[:, _LENSED].sum(1)
    rates = {}
    for rate in _RATES:

        def found(count, rate=rate):
            drawn = np.repeat(np.arange(len(truth)), count)
            return metrics.true_positive_rate_at(truth[drawn], score[drawn], rate)

        rates[f"tpr_at_{rate:g}"] = _rounded(bootstrap_interval(found, len(truth), _RESAMPLES))
    return {
        "accuracy": _rounded(metrics.accuracy(labels, probabilities)),
        "expected_calibration_error": round(metrics.expected_calibration_error(labels, probabilities, 15), 6),
        **rates,
    }


def _by_conditions(dataset: DataSet, rows, labels, probabilities) -> dict[str, list[list[float]]]:
    """By quantity: middle of a bin of equal count, accuracy, and its interval."""
    quantities = {}
    for start, name in (("seeing_", "seeing [arcsec]"), ("background_rms_", "background noise [e-/s]")):
        bands = [dataset.column(one)[rows] for one in dataset.truth.column_names if one.startswith(start)]
        if bands:
            quantities[f"{name}, mean of bands"] = np.mean(bands, 0)
    quantities["log10 of the best signal-to-noise of the light curve"] = _brightest(dataset, rows)
    return {name: _binned(value, labels, probabilities) for name, value in quantities.items()}


def _brightest(dataset: DataSet, rows) -> np.ndarray:
    flux, error = (np.asarray(dataset.arrays[name][rows], float) for name in ("flux", "flux_error"))
    ratio = np.divide(flux, error, out=np.zeros_like(flux), where=error > 0)
    return np.log10(np.maximum(ratio.max((1, 2)), 0.1))


def _binned(value, labels, probabilities) -> list[list[float]]:
    parts = np.array_split(np.argsort(value, kind="stable"), _BINS)
    return [
        [round(float(np.median(value[part])), 6), *_rounded(metrics.accuracy(labels[part], probabilities[part]))]
        for part in parts
        if len(part)
    ]


def _line(scores: dict) -> str:
    rates = ", ".join(
        f"TPR at FPR {rate:g} {{:.3f}} [{{:.3f}}, {{:.3f}}]".format(*scores[f"tpr_at_{rate:g}"]) for rate in _RATES
    )
    accuracy = "{:.4f} [{:.4f}, {:.4f}]".format(*scores["accuracy"])
    error = scores["expected_calibration_error"]
    return f"after {scores['epochs']} epochs: accuracy {accuracy}, calibration error {error:.4f}; lensed SN: {rates}"


def _draw_epochs(out: Path, scores: list[dict]) -> None:
    points = {
        key: [[one["epochs"], *one[key]] for one in scores] for key in scores[0] if key.startswith(("acc", "tpr"))
    }
    accuracy = {"epochs seen": {"accuracy": np.array(points["accuracy"])}}
    rates = {f"false-positive rate {rate:g}": np.array(points[f"tpr_at_{rate:g}"]) for rate in _RATES}
    _save(out / "epochs.png", accuracy, "accuracy", "", 1 / len(CLASSES))
    _save(out / "early_warning.png", {"epochs seen": rates}, "true-positive rate", "lensed supernovae against the rest")


def _draw_conditions(out: Path, conditions: dict) -> None:
    panels = {name: {"accuracy": np.array(points)} for name, points in conditions.items()}
    _save(out / "conditions.png", panels, "accuracy", "bins of equal count")


def _save(path: Path, panels: dict, score: str, title: str, chance: float | None = None) -> None:
    from lensmith.plots import DPI, score_against

    with atomic_write(path) as temporary:
        score_against(panels, score, title, chance).savefig(temporary, dpi=DPI)


def _rounded(interval) -> list[float]:
    return [round(float(value), 6) for value in interval]
