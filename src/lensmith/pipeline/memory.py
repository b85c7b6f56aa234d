"""Memory that a worker gives back between candidates, so that it does not grow with their number.

Functions are compiled for the sizes of a candidate's images, and JAX keeps all of them: ten to a hundred megabytes a
candidate with sizes of its own. The cache on disk keeps them too, so that forgetting costs loading, not compiling.
"""

import ctypes
import gc
import sys

from lensmith.pipeline.machine import GIB

MOST = 0.75 * GIB
"""Memory of the process [bytes] between two candidates beyond which it forgets compiled functions."""


def give_memory_back(most: float = MOST) -> bool:
    """Return what is free to the system; where that leaves more than `most` bytes in use, forget compiled functions.

    Returns whether it forgot them.
    """
    gc.collect()
    _trim()
    if _in_use() <= most or "jax" not in sys.modules:
        return False
    import jax

    jax.clear_caches()
    gc.collect()
    _trim()
    return True


def _in_use() -> int:
    import psutil

    return psutil.Process().memory_info().rss


def _trim() -> None:
    """Let the C library return freed memory (glibc alone can be asked to)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
