"""Who may write in a folder, and what to say when the disk refuses."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lensmith.errors import OutputError, SettingsError

LOCK = ".lensmith.lock"
"""The file whose lock a writer holds; the lock goes with the process, however that ends."""


def hold_lock(file, path: Path) -> None:
    """Lock an open file in `path`; SettingsError where another process holds it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingsError(f"another command is writing in {path}; wait for it or name another folder") from None
    except OSError:
        pass  # A file system without locks.


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what a file system refuses into one sentence.

    Raises
    ------
    OutputError
        for a full disk, a folder that may not be written, and the like.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise OutputError(
            f"cannot write in {path}: {reason}; mend that and repeat the same command, which goes on from here"
        ) from None
