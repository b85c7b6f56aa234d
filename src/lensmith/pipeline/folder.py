"""The run folder: what is finished in it, what belongs to whom, and how a candidate gets in whole or not at all."""

import contextlib
import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lensmith.data import atomic_write
from lensmith.data.folder_lock import LOCK, hold_lock, writing
from lensmith.errors import SettingsError

OWN_NAMES = ("run.json", "report.html", "catalog.ecsv", "catalog.fits", "catalog.parquet", "candidates", ".partial")
"""What lensmith writes into a run folder, and what `--fresh` removes."""
_LONGEST_NAME = 120


def folder_name(candidate_id: str) -> str:
    """A name for a candidate's folder that every file system takes: the id itself wherever that is possible.

    What is neither letter, digit nor one of ``.+-_`` becomes ``_``, and a hash of the id keeps two ids apart.
    """
    name = unicodedata.normalize("NFC", candidate_id)
    safe = "".join(letter if letter.isalnum() or letter in ".+-_" else "_" for letter in name)
    while len(safe.encode()) > _LONGEST_NAME:
        safe = safe[:-1]
    safe = safe.strip(".") or "_"
    return safe if safe == candidate_id else f"{safe}-{hashlib.sha256(candidate_id.encode()).hexdigest()[:8]}"


class RunFolder:
    """One run folder, held by one process at a time."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self.candidates = self.path / "candidates"
        self.partial = self.path / ".partial"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder and keep other runs out of it; the lock goes with the process, however that ends.

        Raises
        ------
        SettingsError
            if it cannot be written, holds something else than a run, or another run is at work in it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if any(self.path.iterdir()) and not any((self.path / name).exists() for name in ("run.json", LOCK)):
                raise SettingsError(
                    f"{self.path} is not empty and is not a run folder; name a new or empty folder with --out"
                )
            lock = open(self.path / LOCK, "a")  # noqa: SIM115 (held until the run ends)
        except OSError as error:
            raise SettingsError(
                f"cannot write in {self.path}: {error.strerror}; name another folder with --out"
            ) from None
        with lock:
            hold_lock(lock, self.path)
            with writing(self.path):
                shutil.rmtree(self.partial, ignore_errors=True)
                self.partial.mkdir(exist_ok=True)
            yield
            shutil.rmtree(self.partial, ignore_errors=True)

    def clear(self) -> None:
        """Remove what earlier runs wrote."""
        with writing(self.path):
            for name in OWN_NAMES:
                path = self.path / name
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            self.partial.mkdir()

    def stored(self, name: str) -> dict | None:
        """What `candidates/<name>/row.json` holds, or None where there is no such candidate."""
        try:
            return json.loads((self.candidates / name / "row.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def names(self) -> list[str]:
        """Names of the folders of all finished candidates, sorted."""
        return sorted(path.parent.name for path in self.candidates.glob("*/row.json"))

    def description(self) -> dict | None:
        """What run.json holds, or None."""
        try:
            return json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None


@contextlib.contextmanager
def candidate_written(run: Path, name: str) -> Iterator[Path]:
    """A temporary folder to write a candidate in, which takes its place in the run when the block ends well."""
    run = Path(run)
    temporary, old = run / ".partial" / f"{name}.{os.getpid()}", run / ".partial" / f"{name}.{os.getpid()}.old"
    with writing(run):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            target = run / "candidates" / name
            target.parent.mkdir(exist_ok=True)
            if target.exists():
                os.replace(target, old)
            os.replace(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def write_json(content: object, path: Path) -> None:
    """Write JSON so that a reader finds the old file or the new one, never half of one."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, default=_plain) + "\n", encoding="utf-8")


def _plain(value):
    """What JSON does not know: NumPy's numbers and arrays."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
