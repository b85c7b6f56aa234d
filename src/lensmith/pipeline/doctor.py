"""What to paste into a bug report: versions, devices, cores, folders. Nothing that is broken stops it."""

import os
import platform
import sys
from importlib import import_module
from pathlib import Path

from lensmith.pipeline.machine import (
    GIB,
    PACKAGES,
    compilation_cache,
    default_workers,
    installed,
    usable_cores,
    usable_memory,
)

_OPTIONAL = ("torch", "lenstronomy")
_VARIABLES = ("OMP_NUM_THREADS", "XLA_FLAGS", "JAX_PLATFORMS", "JAX_COMPILATION_CACHE_DIR", "LENSMITH_REAL_DATA")


def doctor_lines() -> list[str]:
    """One line a fact, aligned; what cannot be found out says why."""
    facts = [
        ("python", f"{platform.python_version()} ({sys.executable})"),
        ("platform", platform.platform()),
        ("cores, memory", f"{usable_cores()} usable of {os.cpu_count()}, {usable_memory() / GIB:.1f} GiB free"),
        ("workers", f"{default_workers()} by default"),
        *((package, _state(package)) for package in PACKAGES),
        *((package, installed(package) or "not installed (not needed to run)") for package in _OPTIONAL),
        ("JAX devices", _attempt(_jax_devices)),
        ("compiled code", str(compilation_cache() or "no folder to keep it in: each run compiles anew")),
        ("real data", _real_data()),
        *((name, os.environ[name]) for name in _VARIABLES if name in os.environ),
    ]
    width = max(len(name) for name, _ in facts)
    return [f"{name:{width}}  {value}" for name, value in facts]


def _state(package: str) -> str:
    """Version of a package, and what happens when it is imported."""
    version = installed(package)
    if version is None:
        return "MISSING; install lensmith again"
    broken = _attempt(lambda: import_module(package) and "")
    return f"{version}  {broken}".rstrip()


def _attempt(question) -> str:
    try:
        return question()
    except Exception as error:
        return f"BROKEN: {type(error).__name__}: {' '.join(str(error).split())}"


def _jax_devices() -> str:
    import jax

    return ", ".join(f"{device.platform} {device.device_kind}" for device in jax.devices())


def _real_data() -> str:
    folder = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real"))
    return f"{folder.resolve()}" if folder.is_dir() else f"none at {folder} (for tests only)"
