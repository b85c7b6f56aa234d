"""Seconds a lens by stage: nothing compiled yet, compiled by an earlier process, compiled in this process."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import ROOT, WORK, one_thread_environment
from benchmarks.page import table

CANDIDATES, SEED = (0, 1, 4), 1
"""Candidates of the demo's survey: HST, DES in three bands, HST again; all lenses."""
PASSES = {
    "cold": "a fresh process and an empty cache of compiled functions",
    "cached": "a fresh process, the cache filled by an earlier one: what a worker of `lensmith run` starts with",
    "warm": "the same lens once more in the same process",
}


def measure() -> dict[str, dict]:
    """Pass -> candidate -> stage -> seconds, and ``import`` -> pass -> seconds."""
    from lensmith.simulate import simulate_demo

    folder, cache = WORK / "mocks", WORK / "compiled_stages"
    for path in (folder, cache):
        shutil.rmtree(path, ignore_errors=True)
    simulate_demo(folder, max(CANDIDATES) + 1, SEED)
    for path in (folder / "cutouts").glob("*.fits"):
        if int(path.stem[3:]) - 1 not in CANDIDATES:
            path.unlink()
    cold = _run(folder / "cutouts", cache, 1)
    again = _run(folder / "cutouts", cache, 2)
    imports = {"cold": cold["import"], "cached": again["import"]}
    return {"cold": cold["passes"][0], "cached": again["passes"][0], "warm": again["passes"][1], "import": imports}


def _run(cutouts: Path, cache: Path, passes: int) -> dict:
    command = [sys.executable, "-m", "benchmarks.model_mocks", cutouts, str(passes)]
    done = subprocess.run(command, cwd=ROOT, env=one_thread_environment(cache), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the mocks could not be modelled:\n{done.stderr}")
    return json.loads(done.stdout)


def section(measured: dict[str, dict]) -> str:
    """The section's text."""
    names = list(measured["cold"])
    stages = list(measured["warm"][names[0]])
    header = ["stage", *(f"{name} {key}" for name in names for key in PASSES)]
    rows = [
        [stage, *(f"{measured[key][name].get(stage, 0):.2f}" for name in names for key in PASSES)] for stage in stages
    ]
    imports = measured["import"]
    meaning = "; ".join(f"*{key}*: {text}" for key, text in PASSES.items())
    text = (
        "Three simulated lenses (`hst`: one band of 100 x 100 pixels, `des`: three bands of 45 x 45), one after the "
        f"other in one process on one thread. {meaning}. The second `hst` lens finds most of what it needs compiled by "
        f"the first. Starting Python and importing lensmith takes {imports['cached']:.1f} s more."
    )
    return f"{text}\n\n{table(header, rows)}"
