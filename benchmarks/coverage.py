"""Do the intervals of a posterior hold the truth as often as they say? On self-consistent mocks.

Simulation-based calibration: Talts et al. 2018, arXiv:1804.06788. Every mock is searched and modelled as any lens.
"""

import json
import time
from pathlib import Path

import numpy as np
from scipy.stats import chi2

NAMES = ("theta_E", "gamma", "e1", "e2", "gamma1", "gamma2")
LEVELS = (50, 68, 95)
RANK_BINS = 10
SEED = 5
"""Of the mocks: the rules were developed on those of seeds 0 to 3, widths set on 1 and 2."""
_WITHIN, _WIDTHS, _FLAT = 4.0, (0.9, 1.15), 0.01
"""Bars: points of coverage, RMSE over posterior width, p-value of flat ranks."""
_WRONG_MODE = 0.1
"""Relative error of theta_E from which the search is said to have found another solution."""


def measure(number: int, sampler: str, file: Path, seed: int = SEED) -> list[dict]:
    """One row a mock: truth, median, spread and rank of every parameter; rows already in `file` are kept."""
    from benchmarks.coverage_mocks import draw_mock, settings
    from lensmith.errors import LensmithError
    from lensmith.modelling import model

    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {row["index"] for row in rows}
    for index in range(number):
        if index in done:
            continue
        mock, began = draw_mock(index, seed), time.process_time()
        row = {"index": index}
        try:
            fit = model(mock.cutout, settings(sampler, index))
        except LensmithError as problem:
            row["failed"] = str(problem)
        else:
            row |= _row(fit, mock.core)
        row["cpu_seconds"] = time.process_time() - began
        with file.open("a") as stream:
            stream.write(json.dumps(row) + "\n")
        rows.append(row)
    return [row for row in rows if row["index"] < number]


def _row(fit, core) -> dict:
    truth = dict(zip(NAMES, (float(np.exp(core[0])), *(float(core[i]) for i in (1, 2, 3, 6, 7)))))
    draws = {name: np.asarray(fit.draws[name]) for name in NAMES}
    keep = ("k_hat", "ess", "r_hat", "arc_snr", "chi2_red")
    return {
        "verdict": fit.verdict.value,
        "reasons": list(fit.verdict.reasons),
        "truth": truth,
        "median": {name: float(np.median(values)) for name, values in draws.items()},
        "sigma": {name: float(np.std(values)) for name, values in draws.items()},
        "rank": {name: float(np.mean(values < truth[name])) for name, values in draws.items()},
        "diagnostics": {name: fit.diagnostics[name] for name in keep if name in fit.diagnostics},
        "posterior_seconds": fit.timings.get("posterior"),
    }


def right_mode(row: dict) -> bool:
    """Whether the search found the solution that the lens was drawn with."""
    return "failed" not in row and abs(row["median"]["theta_E"] / row["truth"]["theta_E"] - 1) < _WRONG_MODE


def summary(rows: list[dict], name: str) -> dict[str, float]:
    """Coverage [%] at each level, RMSE over posterior width, pull's mean, and the p-value of flat ranks."""
    rank = np.array([row["rank"][name] for row in rows])
    pull = np.array([(row["median"][name] - row["truth"][name]) / row["sigma"][name] for row in rows])
    error = np.array([row["median"][name] - row["truth"][name] for row in rows])
    width = np.array([row["sigma"][name] for row in rows])
    counts = np.histogram(rank, RANK_BINS, (0, 1))[0]
    expected = len(rank) / RANK_BINS
    p_flat = chi2.sf(np.sum((counts - expected) ** 2 / expected), RANK_BINS - 1)
    inside = {f"{level} %": 100 * np.mean(np.abs(rank - 0.5) < level / 200) for level in LEVELS}
    rmse = np.sqrt(np.mean(error**2) / np.mean(width**2))
    return inside | {
        "RMSE / width": rmse,
        "rms pull": np.sqrt(np.mean(pull**2)),
        "mean pull": pull.mean(),
        "p(flat)": p_flat,
    }


def section(rows: list[dict], sampler: str) -> str:
    """The tables in Markdown: all mocks whose solution was found, and those accepted."""
    found = [row for row in rows if right_mode(row)]
    accepted = [row for row in found if row["verdict"] == "accept"]
    wrong = [row for row in rows if not right_mode(row)]
    lines = [
        f"{len(rows)} mocks (seed {SEED}) drawn from the model's priors and source model, sampler {sampler}, "
        "systematic floor off; "
        f"{len(wrong)} of them ended in another solution or failed "
        f"({sum(row.get('verdict') == 'accept' for row in wrong)} of these accepted), "
        f"{len(accepted)} of the rest were accepted. Mean CPU time {np.mean([r['cpu_seconds'] for r in rows]):.1f} s.",
    ]
    for words, some in (("Solution found", found), ("Solution found and accepted", accepted)):
        if len(some) > 1:
            error = 100 * np.sqrt(0.68 * 0.32 / len(some))
            lines += ["", f"{words} ({len(some)}; 68 % is known to {error:.1f} points, one standard error):", ""]
            lines += [*_table(some), "", *bars(some)]
    return "\n".join(lines)


def bars(rows: list[dict]) -> list[str]:
    """A line for each bar, with what misses it: coverage, width, and flat ranks."""
    said = {name: summary(rows, name) for name in NAMES}
    far = [
        f"{name} ({level} %: {values[f'{level} %']:.1f})"
        for name, values in said.items()
        for level in LEVELS
        if abs(values[f"{level} %"] - level) > _WITHIN
    ]
    wide = [
        f"{name} ({values['RMSE / width']:.2f})"
        for name, values in said.items()
        if not _WIDTHS[0] <= values["RMSE / width"] <= _WIDTHS[1]
    ]
    tilted = [f"{name} (p {values['p(flat)']:.2g})" for name, values in said.items() if values["p(flat)"] < _FLAT]
    words = {
        f"Coverage within {_WITHIN:g} points": far,
        f"RMSE over width between {_WIDTHS[0]} and {_WIDTHS[1]}": wide,
        f"Ranks flat (p at least {_FLAT})": tilted,
    }
    return [f"- {bar}: {'all' if not missed else 'missed by ' + ', '.join(missed)}." for bar, missed in words.items()]


def _table(rows) -> list[str]:
    columns = list(summary(rows, NAMES[0]))
    lines = ["| parameter | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for name in NAMES:
        values = summary(rows, name)
        shown = [f"{values[c]:.1f}" if c.endswith("%") else f"{values[c]:.3g}" for c in columns]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return lines
