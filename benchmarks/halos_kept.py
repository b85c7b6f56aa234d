"""What single skies gave, kept on disk: a benchmark that is stopped goes on where it was."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lensmith.data import atomic_write

Row = dict[str, np.ndarray]


class _Keeper:
    """Where rows are kept, if anywhere, and the CPU seconds after which nothing more is begun."""

    folder: Path | None = None
    seconds: float = float("inf")


def keep_in(folder: Path | None, seconds: float | None) -> None:
    """Keep rows in `folder`; stop after so many seconds of CPU time."""
    _Keeper.folder, _Keeper.seconds = folder, seconds or float("inf")


def kept(name: str, make: Callable[[], dict]) -> Row:
    """The row called `name`: from disk where it is, else made and kept. Values are arrays.

    Raises
    ------
    SystemExit
        if the time is used up; the same command goes on.
    """
    if _Keeper.folder is None:
        return {key: np.asarray(value) for key, value in make().items()}
    path = _Keeper.folder / f"{name}.npz"
    if not path.exists():
        if time.process_time() > _Keeper.seconds:
            raise SystemExit(f"stopped before {name}; the same command goes on")
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **make())
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}
