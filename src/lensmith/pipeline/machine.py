"""The machine as this process may use it: cores, memory, folders for caches."""

import hashlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

GIB = 2**30
WORKER_MEMORY = 1.5 * GIB
"""Memory that one worker may come to need [bytes]: JAX, a joint fit of several bands, its pictures."""

PACKAGES = (
    "lensmith",
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "astropy",
    "astroscrappy",
    "matplotlib",
    "xarray",
    "h5netcdf",
)
"""The packages that results depend on."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NPROC")
_ONE_XLA_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def usable_cores() -> int:
    """Cores that this process may use: the scheduler's set, less what a container's quota allows."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _control_group("cpu.max").split()
    if len(quota) == 2 and quota[0] != "max":
        allowed = min(allowed, max(1, int(quota[0]) // int(quota[1])))
    return allowed


def usable_memory() -> int:
    """Memory that is free to use [bytes], within a container's limit where there is one."""
    import psutil

    free = psutil.virtual_memory().available
    limit, used = _control_group("memory.max").strip(), _control_group("memory.current").strip()
    if limit.isdigit() and used.isdigit():
        free = min(free, max(0, int(limit) - int(used)))
    return free


def _control_group(name: str) -> str:
    try:
        return Path("/sys/fs/cgroup", name).read_text()
    except OSError:
        return ""


def default_workers() -> int:
    """One worker a usable core, fewer where memory is short."""
    return max(1, min(usable_cores(), int(usable_memory() / WORKER_MEMORY)))


def compilation_cache() -> Path | None:
    """Folder in which compiled functions are kept between runs, or None where it cannot be written.

    Compiled code fits one kind of processor, and a home folder may be shared by several: each kind has its own.
    """
    said = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(said) if said else base / "lensmith" / "jax" / f"{platform.machine()}-{_processor_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entry in folder.iterdir():
            # Left by a full disk: JAX would neither read nor replace it.
            if entry.is_file() and entry.stat().st_size == 0:
                entry.unlink()
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _processor_hash() -> str:
    """What compiled code depends on: the processor's instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        features = platform.processor()
    return hashlib.sha256(features.encode()).hexdigest()[:8]


def worker_environment() -> dict[str, str]:
    """Environment of a worker: one thread, the processor, and the shared cache of compiled functions."""
    environment = dict(os.environ)
    environment |= dict.fromkeys(_ONE_THREAD, "1")
    said = environment.get("XLA_FLAGS", "")
    # The flags are part of the name under which compiled code is kept: said twice, they would be others.
    environment["XLA_FLAGS"] = said if _ONE_XLA_THREAD in said else f"{said} {_ONE_XLA_THREAD}".strip()
    environment.setdefault("JAX_PLATFORMS", "cpu")
    # XLA allocates in threads of its own: in a heap each, memory that is freed in one is not used by the others.
    environment.setdefault("MALLOC_ARENA_MAX", "1")
    environment.setdefault("MPLBACKEND", "Agg")
    environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return environment | _cache_variables()


def keep_compiled_code() -> None:
    """Let this process keep and find compiled functions as workers do; to be called before JAX is imported."""
    for name, value in _cache_variables().items():
        os.environ.setdefault(name, value)


def _cache_variables() -> dict[str, str]:
    cache = compilation_cache()
    if cache is None:
        return {}
    return {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


def describe_machine() -> dict[str, object]:
    """Versions, cores and memory, for run.json."""
    return {
        "versions": {"python": platform.python_version()} | {name: installed(name) for name in PACKAGES},
        "platform": platform.platform(),
        "cores": usable_cores(),
        "memory_GiB": round(usable_memory() / GIB, 1),
    }


def installed(package: str) -> str | None:
    """Version of an installed package, found without importing it; None where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
