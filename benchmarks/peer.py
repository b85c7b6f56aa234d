"""The codes that are compared: where each runs, and the process that serves it."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT, WORK, one_thread_environment


@dataclass(frozen=True)
class Code:
    """One column of the tables."""

    name: str
    package: str
    precision: str
    mass_profile: str = "EPL"

    @property
    def label(self) -> str:
        """Name and precision."""
        return f"{self.name} {self.precision}"


CODES = (
    Code("lensmith", "lensmith", "float32"),
    Code("lensmith", "lensmith", "float64"),
    Code("lenstronomy EPL", "lenstronomy", "float64"),
    Code("lenstronomy EPL_NUMBA", "lenstronomy", "float64", "EPL_NUMBA"),
    Code("JAXtronomy", "jaxtronomy", "float32"),
    Code("JAXtronomy", "jaxtronomy", "float64"),
)
"""In the order of their turns."""


class PeerError(Exception):
    """A code that cannot be installed, started or asked."""


class Peer:
    """A code in its own process; `ask` sends it a task and waits for the answer."""

    def __init__(self, code: Code, python: Path):
        self.code = code
        self.log = open(WORK / f"{code.label.replace(' ', '_')}.log", "w")  # noqa: SIM115 (as long as the process)
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.serve", code.package, code.precision, code.mass_profile],
            cwd=ROOT,
            env=one_thread_environment(WORK / "compiled"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.versions: dict[str, str] = {}

    def greet(self) -> None:
        """Wait until it is ready."""
        self.versions = self._answer()["versions"]

    def ask(self, do: str, **task) -> dict:
        """The answer to one task.

        Raises
        ------
        PeerError
            if the code fails at it or its process has ended.
        """
        # Where the process has ended, reading from it will tell.
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"do": do, **task}), file=self.process.stdin, flush=True)
        answer = self._answer()
        if "error" in answer:
            raise PeerError(f"{self.code.label}: {answer['error']}")
        return answer

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise PeerError(f"{self.code.label}: its process ended; see {Path(self.log.name).relative_to(ROOT)}")
        return json.loads(line)

    def stop(self) -> None:
        """End the process."""
        with self.process, self.log, contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


def python_of(package: str) -> Path:
    """The interpreter that a code runs under; JAXtronomy's environment is made on the first call.

    Raises
    ------
    PeerError
        if that cannot be made.
    """
    if package != "jaxtronomy":
        return Path(sys.executable)
    folder = WORK / "jaxtronomy"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = folder / "installed"
    if not stamp.exists():
        print("making an environment for JAXtronomy, which needs a newer lenstronomy (a few minutes, once) ...")
        shutil.rmtree(folder, ignore_errors=True)
        quiet = ("--disable-pip-version-check", "--no-input", "--quiet")
        for step in ((sys.executable, "-m", "venv", folder), (python, "-m", "pip", "install", *quiet, "jaxtronomy")):
            done = subprocess.run(step, capture_output=True, text=True)
            if done.returncode:
                last = ((done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"])[-1]
                raise PeerError(f"JAXtronomy could not be installed: {last.removeprefix('ERROR: ')}")
        stamp.touch()
    return python
