"""What every test shares: compiled code, kept for the length of one run between its processes.

XLA's compilation is the largest part of the tests' time, and much of it would be done again by the other worker, by
the next file, or by a process that a test starts. Everything is compiled at least once a run: nothing is kept for the
next, unless JAX_COMPILATION_CACHE_DIR names a folder.
"""

import os
import shutil
import tempfile
import warnings

_MADE_HERE: list[str] = []

# Before any test module imports JAX, which reads them then; the workers of xdist are started later and inherit them.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    _MADE_HERE.append(tempfile.mkdtemp(prefix="lensmith-tests-jax-"))
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _MADE_HERE[0]
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
# Those of lensmith's own workers: compiled code is shared only where the flags are the same.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")


def pytest_configure(config):
    # ArviZ writes once a day into a file that it has warned of its future: of two workers that do so at once one fails.
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import arviz  # noqa: F401


def pytest_unconfigure():
    for folder in _MADE_HERE:
        shutil.rmtree(folder, ignore_errors=True)
