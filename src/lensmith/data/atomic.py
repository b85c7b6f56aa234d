"""Files that are either whole or not there, so that a killed run leaves nothing half-written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` (same suffix) to write to; it takes the name of `path` when all went well.

    On any exception the temporary file is removed and what stood at `path` stays as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
