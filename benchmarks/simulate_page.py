"""The section of docs/benchmarks.md about simulation."""

import json
import subprocess
import sys

import numpy as np

from benchmarks.machine import ROOT, WORK, one_thread_environment
from benchmarks.page import table

AT_LEAST = {"strong": 5, "transient": 20}
"""How many times as long lenstronomy should take."""


def measure(rounds: int) -> dict:
    """Run `benchmarks.simulate_speed` in a process of its own, on one thread."""
    command = [sys.executable, "-m", "benchmarks.simulate_speed", str(rounds)]
    environment = one_thread_environment(WORK / "simulate_cache")
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def section(found: dict, rounds: int) -> str:
    """Tables and bars."""
    rows = [
        _row(f"strong lens, 64 x 64, 1 band, {one['fine']} x {one['fine']} sub-pixels", one) for one in found["strong"]
    ]
    transient = found["transient"]
    rows.append(_row(f"transient, 45 x 45, {transient['bands']} bands, {transient['epochs']} epochs", transient))
    head = (
        "scene",
        "lensmith, ms",
        "images a second",
        "lenstronomy, ms",
        "lenstronomy / lensmith",
        "difference, of the peak",
    )
    kinds = [
        (
            f"{one['survey']}, {one['bands']} x {one['side']} x {one['side']}, {one['fine']} x {one['fine']}",
            f"{1e3 * one['seconds']:.2f}",
            f"{1 / one['seconds']:.0f}",
            f"{one['attempts']:.1f}",
            f"{1e6 * one['drawing']:.0f}",
        )
        for one in found["kinds"]
    ]
    memory = ", ".join(f"{size:.0f} MB after {made:,}" for made, size in found["memory"])
    return "\n\n".join(
        [
            "Both codes draw the same scenes in one process, on one thread of one core, compiled and warmed up, and "
            f"take turns. Times are medians over {rounds} rounds, ratios are taken within a round, 16th and 84th "
            "percentiles in brackets. *Strong lens*: EPL and shear, Sersic light of lens and source, PSF of 21 x 21 "
            "pixels, Poisson and sky noise; lenstronomy is its `SimAPI`, made once, `image` + `noise_for_model`; "
            "lensmith makes 64 at a time and also measures the S/N of the arcs. *Transient*: a lensed supernova in "
            "every epoch and band with a PSF for each; lenstronomy loops over them with image models made beforehand; "
            "lensmith also does the photometry.",
            table(head, rows),
            "Whole samples of the kind `strong` with its default settings: scene, selection, images, noise, truth.",
            table(
                (
                    "survey, band x pixels, sub-pixels",
                    "ms a sample",
                    "samples a second",
                    "scenes drawn for one",
                    "drawing one scene, us",
                ),
                kinds,
            ),
            f"Memory while samples are drawn and none is kept (32 x 32 pixels): {memory}.",
            *_bars(found),
        ]
    )


def _row(name: str, one: dict) -> tuple[str, ...]:
    seconds = {code: np.array(values) for code, values in one["seconds"].items()}
    ours, theirs = (1e3 * np.median(seconds[code]) for code in ("lensmith", "lenstronomy"))
    return name, f"{ours:.3g}", f"{1e3 / ours:.0f}", f"{theirs:.3g}", _spread(one), f"{one['difference']:.0e}"


def _spread(one: dict) -> str:
    low, middle, high = np.percentile(_ratios(one), (16, 50, 84))
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _ratios(one: dict) -> np.ndarray:
    return np.array(one["seconds"]["lenstronomy"]) / np.array(one["seconds"]["lensmith"])


def _bars(found: dict) -> list[str]:
    cases = {"strong": found["strong"][0], "transient": found["transient"]}
    lines = []
    for name, one in cases.items():
        met = "met" if np.median(_ratios(one)) >= AT_LEAST[name] else "NOT met"
        lines.append(f"- {name}: lenstronomy takes {_spread(one)} times as long (at least {AT_LEAST[name]}): {met}.")
    return ["\n".join(lines)]
