"""A pool of worker processes that survives the death of any of them, and whose workers never outlive it.

Each worker is a fresh interpreter (nothing is forked: JAX has threads) on the other end of a socket. A worker that dies
takes one task with it, and that task is known; `concurrent.futures` loses the whole pool instead.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from lensmith.errors import LensmithError
from lensmith.pipeline.machine import worker_environment

_TICK = 1.0
"""How often time limits are looked at [s]."""
_LOG_TAIL = 4000
"""Bytes of a dead worker's last words that are kept."""


@dataclass(frozen=True)
class Lost:
    """What is left of a task whose worker died: why, in one sentence, its last words, and whether by the time limit."""

    reason: str
    last_words: str
    timed_out: bool = False


class Worker:
    """One process that does one task at a time."""

    def __init__(self, setup: object):
        ours, theirs = socket.socketpair()
        with theirs:
            command = f"from lensmith.pipeline.worker import serve; serve({theirs.fileno()})"
            self.log = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the worker)
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-P", "-c", command],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                env=worker_environment(),
            )
        self.connection = Connection(ours.detach())
        self.connection.send(setup)
        self.ready = False
        self.task: object = None
        self.started = 0.0

    def give(self, task: object) -> None:
        """Start a task."""
        self.task, self.started = task, time.monotonic()
        # Where it died since its last answer, reading from it will tell.
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def last_words(self) -> str:
        """The end of what the worker wrote on its standard output and error."""
        self.log.seek(max(0, self.log.seek(0, 2) - _LOG_TAIL))
        return self.log.read().decode(errors="replace")

    def stop(self) -> int:
        """End the process at once and return its exit status."""
        self.connection.close()
        self.process.kill()
        status = self.process.wait()
        self.log.close()
        return status


def run_tasks(tasks: Iterable, setup: object, count: int, time_limit: float) -> Iterator[tuple]:
    """Do tasks in `count` workers; yield (task, answer) as they end, the answer `Lost` where a worker died.

    Parameters
    ----------
    setup : sent to each new worker before its tasks; see `lensmith.pipeline.worker.serve`.
    time_limit : seconds after which a task's worker is ended.

    Raises
    ------
    LensmithError
        if workers cannot start at all.
    """
    waiting, workers = deque(tasks), []
    try:
        while waiting or workers:
            while waiting and len(workers) < count:
                worker = Worker(setup)
                workers.append(worker)
                worker.give(waiting.popleft())
            ready = wait([worker.connection for worker in workers], timeout=_TICK)
            for worker in [worker for worker in workers if worker.connection in ready]:
                yield from _hear(worker, workers, waiting)
            for worker in [worker for worker in workers if time.monotonic() - worker.started > time_limit]:
                workers.remove(worker)
                last_words = worker.last_words()
                worker.stop()
                yield worker.task, Lost(f"it took longer than the time limit of {time_limit:g} s", last_words, True)
    finally:
        for worker in workers:
            worker.stop()


def _hear(worker: Worker, workers: list[Worker], waiting: deque) -> Iterator[tuple]:
    """Take what a worker has to say and give it the next task, or let it go."""
    try:
        message = worker.connection.recv()
    except (EOFError, OSError):
        workers.remove(worker)
        yield worker.task, _lost(worker)
        return
    if not worker.ready:
        worker.ready, worker.started = True, time.monotonic()
        if message is not None:
            raise LensmithError(f"the workers cannot start: {message}; `lensmith doctor` says what is installed")
        return
    task = worker.task
    if waiting:
        worker.give(waiting.popleft())
    else:
        workers.remove(worker)
        worker.stop()
    yield task, message


def _lost(worker: Worker) -> Lost:
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.process.wait(timeout=10)
    last_words, status = worker.last_words(), worker.stop()
    if not worker.ready:
        tail = last_words.strip().splitlines()[-1:] or [f"exit status {status}"]
        raise LensmithError(f"the workers cannot start: {tail[0]}; `lensmith doctor` says what is installed")
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        hint = ", as happens where memory runs out" if -status == signal.SIGKILL else ""
        return Lost(f"the process that modelled it was ended by {name}{hint}", last_words)
    return Lost(f"the process that modelled it ended with status {status}", last_words)
