"""One thread, one core, and what the tables say about the machine."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".bench"
"""Environments, caches and inputs that the benchmarks make; not in the repository."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "MPLBACKEND": "Agg",
}


def one_thread_environment(compilation_cache: Path) -> dict[str, str]:
    """Environment of a measuring process: one thread, the processor, and its own cache of compiled functions."""
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(compilation_cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    return {**os.environ, **ONE_THREAD, **cache}


def pin_to_one_core() -> None:
    """Keep this process on the last core that it may use, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def busy_cores() -> float:
    """Cores that other work keeps busy, measured over two seconds."""
    import psutil

    return psutil.cpu_percent(2.0) / 100 * psutil.cpu_count()


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Versions of Python and of the packages that are installed."""
    found = {"Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def provenance(command: str, used: dict[str, str], busy: float | None = None) -> str:
    """One paragraph: command, date, machine, versions; `busy` counts the cores that were not idle beforehand."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    listed = ", ".join(f"{name} {number}" for name, number in used.items())
    line = f"Measured by `{command}` on {datetime.now(UTC):%Y-%m-%d}: {processor()}, cores: {cores}; {listed}."
    if busy is None:
        return line
    state = "quiet" if busy < 0.3 else "BUSY WITH OTHER WORK: measure again"
    return f"{line} Cores in use beforehand: {busy:.1f}, the machine was {state}."
