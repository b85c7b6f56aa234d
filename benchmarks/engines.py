"""Do both engines give the same Einstein radius? Simulated lenses through our engine and through lenstronomy's sampler.

Rows are kept as they come, so that a measurement which is stopped goes on where it was.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.page import table

N_CANDIDATES = 12
"""Of the demonstration's survey; every other one is a lens, half of these as HST sees them, half as DES does in gri."""
CHAINS = {"n_particles": 100, "n_iterations": 150, "n_burn": 100, "n_run": 200, "walker_ratio": 4}
"""Shorter than the engine's defaults (500, 500, 400, 1000 and 10), which take over an hour a lens."""


def measure(lenses: int, file: Path) -> list[dict]:
    """One row a lens: truth, both engines' theta_E with their 68 % errors, R-hat of the chains, CPU seconds of both."""
    from lensmith.data import read
    from lensmith.simulate import simulate_demo

    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {row["name"] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        truths = [row for row in simulate_demo(Path(folder), N_CANDIDATES) if row["is_lens"]]
        for truth in truths[:lenses]:
            if truth["id"] not in done:
                rows.append(_row(read(Path(folder) / "cutouts" / f"{truth['id']}.fits"), truth))
                with file.open("a") as stream:
                    stream.write(json.dumps(rows[-1]) + "\n")
    return rows[:lenses]


def _row(cutout, truth) -> dict:
    row = {"name": truth["id"], "bands": [band.name for band in cutout.bands], "truth": float(truth["theta_E"])}
    for engine in ("fast", "lenstronomy"):
        row[engine] = _fitted(cutout, engine)
    return row


def _fitted(cutout, engine: str) -> dict:
    from lensmith.modelling import ModelSettings, model

    began = time.process_time()
    fit = model(cutout, ModelSettings(engine=engine, lenstronomy=CHAINS))
    theta_E = fit.parameters["theta_E"]
    return {
        "theta_E": theta_E.median,
        "statistical": (theta_E.stat_hi - theta_E.stat_lo) / 2,
        "total": (theta_E.hi - theta_E.lo) / 2,
        "r_hat": fit.diagnostics.get("r_hat"),
        "cpu_seconds": time.process_time() - began,
    }


def section(rows: list[dict]) -> str:
    """The table in Markdown."""
    header = ("lens", "bands", 'true ["]', 'our engine ["]', 'lenstronomy ["]', "apart, total errors", "statistical")
    lines = [[row["name"], " ".join(row["bands"]), f"{row['truth']:.4f}", *_cells(row)] for row in rows]
    within = sum(abs(apart(row, "total")) < 2 for row in rows)
    pace = np.median([row["lenstronomy"]["cpu_seconds"] / row["fast"]["cpu_seconds"] for row in rows])
    said = (
        "In brackets: statistical errors, 68 %. *apart*: the difference of the two over both errors together, with the "
        f"systematic floor and without. Within 2 total errors: {within} of {len(rows)}. CPU time of the chains over "
        f"that of our engine, compilation included: {pace:.0f} in the median. Settings of the chains: "
        f"{', '.join(f'{name} {value}' for name, value in CHAINS.items())}."
    )
    return "\n\n".join([table((*header, "R-hat"), lines), said])


def apart(row: dict, errors: str) -> float:
    """Difference of the engines' theta_E in units of both errors together."""
    one, other = row["fast"], row["lenstronomy"]
    return (other["theta_E"] - one["theta_E"]) / float(np.hypot(one[errors], other[errors]))


def _cells(row: dict) -> list[str]:
    radii = [f"{row[name]['theta_E']:.4f} ({row[name]['statistical']:.4f})" for name in ("fast", "lenstronomy")]
    r_hat = row["lenstronomy"]["r_hat"]
    return [
        *radii,
        f"{apart(row, 'total'):+.1f}",
        f"{apart(row, 'statistical'):+.1f}",
        f"{r_hat:.2f}" if r_hat else "-",
    ]
