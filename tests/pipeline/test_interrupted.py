"""A run that is stopped at any moment, in any way, goes on to the same catalogue; nothing of it lives on meanwhile."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from astropy.table import Table
from run_rows import rows

from lensmith.pipeline import RunSettings, run_job

PLAIN = RunSettings(pictures=False)
SLOW = "fake_models:slow"
# No guard on `__main__`: a forgetful script has none either. Tests in the background of a shell ignore the keyboard's
# interrupt, and what they start would inherit that.
SCRIPT = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from lensmith.pipeline import RunSettings, run_job
run_job([Path(sys.argv[1])], Path(sys.argv[2]), RunSettings(pictures=False), workers=2, model="{SLOW}")
"""


def start(cutouts: Path, out: Path) -> subprocess.Popen:
    """The job in a process of its own."""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    command = [sys.executable, "-c", SCRIPT, str(cutouts), str(out)]
    return subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def stop(process: subprocess.Popen, how: signal.Signals, after: int) -> None:
    """Send a signal after so many lines of progress; wait until the process and all its workers are gone."""
    with process:
        for _ in range(after):
            assert process.stdout.readline()
        workers = psutil.Process(process.pid).children()
        process.send_signal(how)
        process.wait(timeout=120)
    assert psutil.wait_procs(workers, timeout=60)[1] == []


def same_tables(one: Path, other: Path) -> bool:
    """Whether two catalogues agree in all but the seconds."""
    tables = [Table.read(folder / "catalog.ecsv") for folder in (one, other)]
    for table in tables:
        table.remove_column("seconds")
    return [tuple(row) for row in tables[0].filled()] == [tuple(row) for row in tables[1].filled()]


def test_killed_and_repeated_the_catalogue_is_that_of_an_undisturbed_run(finished, tmp_path):
    for finished_lines in (1, 3):
        stop(start(finished / "cutouts", tmp_path / "run"), signal.SIGKILL, finished_lines)
    run_job([finished / "cutouts"], tmp_path / "run", PLAIN, workers=2, model=SLOW)
    assert rows(tmp_path / "run") == rows(finished / "run")
    assert same_tables(tmp_path / "run", finished / "run")
    assert not (tmp_path / "run/.partial").exists()


def test_stopped_from_the_keyboard_it_writes_what_it_has(finished, tmp_path):
    stop(start(finished / "cutouts", tmp_path / "run"), signal.SIGINT, 3)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["ended"] is None
    assert record["verdicts"]["accept"] == len(Table.read(tmp_path / "run/catalog.ecsv")) >= 2
    assert (tmp_path / "run/report.html").exists()
