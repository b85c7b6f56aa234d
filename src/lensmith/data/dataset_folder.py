"""The folder of a data set: names of its files, and who may write in it."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from lensmith.data.atomic import atomic_write
from lensmith.data.folder_lock import LOCK, hold_lock, writing
from lensmith.errors import SettingsError

DESCRIPTION = "dataset.json"
"""Written last: a folder without it is not a data set, however much lies in it."""
PLAN = ".plan.json"
"""What is being written here, until it is whole."""
TRUTH = "truth.parquet"
PARTIAL = ".partial"


@contextlib.contextmanager
def held_for_writing(path: Path) -> Iterator[None]:
    """Make the folder and keep other writers out of it; the lock goes with the process, however that ends.

    Raises
    ------
    SettingsError
        if it holds something else than a data set, or another process writes in it.
    OutputError
        if it cannot be written.
    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
        ours = any((path / name).exists() for name in (DESCRIPTION, PLAN, LOCK))
        if not ours and any(path.iterdir()):
            raise SettingsError(f"{path} is not empty and is not a data set; name a new or empty folder")
        lock = open(path / LOCK, "a")  # noqa: SIM115 (held until the block ends)
    with lock:
        hold_lock(lock, path)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                (path / LOCK).unlink()


def write_json(content: dict, path: Path) -> None:
    """Write JSON so that a reader finds the old file or the new one, never half of one."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict | None:
    """What a JSON file holds; None where there is none or it is not whole."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def shard_name(number: int) -> str:
    """The folder of a shard."""
    return f"shard-{number:05d}"
