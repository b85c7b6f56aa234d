"""How good an estimator is: errors, coverage and ranks of every parameter, and its model card."""

from pathlib import Path

import numpy as np

from lensmith.metrics import bootstrap_interval, interval_coverage
from lensmith.nets import parameter_count
from lensmith.nets.estimator import NAMES, SPREAD, Estimator
from lensmith.nets.tails import from_gaussian
from lensmith.training.card import finish_card

LEVELS = {"68": 1.0, "95": 1.959964}
"""Ends of each interval, in sigma of a Gaussian."""
LIMITS = (
    "Trained on simulated lenses and on nothing else: for what is no lens its numbers mean nothing, and it does not "
    "say so. Its posterior is symmetric and has one peak where the true one may have two."
)


def estimation_scores(mean: np.ndarray, covariance: np.ndarray, tails: np.ndarray, truth: np.ndarray) -> dict:
    """Scores by parameter, each ``[value, low, high]`` (95 %): median error and coverage; all arguments scaled.

    The error of theta_E is that of its logarithm, so relative; those of x and y are pixels of the view.
    """
    sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    error = np.abs(truth - mean)
    scores: dict = {"lenses": len(truth), "parameters": {}}
    for k, name in enumerate(NAMES):
        found = {"median_error": _median(error[:, k] * SPREAD[k])}
        for level, width in LEVELS.items():
            half = from_gaussian(width, tails[:, k]) * sigma[:, k]
            inside = interval_coverage(truth[:, k], mean[:, k] - half, mean[:, k] + half)
            found[f"coverage_{level}"] = [round(float(value), 5) for value in inside]
        found["median_sigma"] = round(float(np.median(sigma[:, k]) * SPREAD[k]), 6)
        scores["parameters"][name] = found
    return scores


def _median(values: np.ndarray) -> list[float]:
    found = bootstrap_interval(lambda count: float(np.median(np.repeat(values, count))), len(values), resamples=300)
    return [round(float(value), 6) for value in found]


def estimation_score_lines(scores: dict) -> list[str]:
    """The scores in words, a line a parameter."""
    lines = []
    for name, found in scores["parameters"].items():
        error, c68, c95 = (found[key] for key in ("median_error", "coverage_68", "coverage_95"))
        what = "relative " if name == "theta_E" else ""
        lines.append(
            f"{name}: median {what}error {error[0]:.4f} [{error[1]:.4f}, {error[2]:.4f}]; 68 % intervals hold "
            f"{100 * c68[0]:.1f} % [{100 * c68[1]:.1f}, {100 * c68[2]:.1f}], 95 % ones {100 * c95[0]:.1f} % "
            f"[{100 * c95[1]:.1f}, {100 * c95[2]:.1f}]"
        )
    return lines


def write_estimator_card(
    path: Path, network: Estimator, data: dict, trained: int, scores: dict, on: str, lines: list[str]
) -> None:
    """The model card of an estimator; `lines` say command and cost."""
    text = [
        f"# {network.spec.name}",
        "",
        f"A Gaussian{', its tails stretched,' if network.has_tails else ''} of {', '.join(NAMES)} with its full "
        f"covariance. Parameters: {parameter_count(network):,}. "
        f"Settings: {network.spec.settings}.",
        "Input: a view (`lensmith.nets.lens_view`), 64x64 pixels in noise units.",
        "",
        f"Data: {trained} lenses among {data['samples']} views; SHA-256 {data['sha256'][:16]}.",
        "",
        *(f"    {line}" if line.startswith("lensmith") else line for line in lines),
    ]
    intervals = (
        "Errors of x_lens and y_lens are pixels of the view. Intervals are 95 %: bootstrap over lenses for errors, "
        "Wilson for coverage."
    )
    finish_card(path, text, on, estimation_score_lines(scores), intervals, LIMITS)
