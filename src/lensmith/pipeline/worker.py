"""What runs inside a worker process."""

import os
import pickle
import queue
import signal
import threading
import warnings
from importlib import import_module
from multiprocessing.connection import Connection


def serve(descriptor: int) -> None:
    """Answer tasks that come through a socket until it closes.

    The first message is ``(prepare, setup)``: `prepare`, as ``"module:name"``, is called once with `setup` and gives
    the function that is called with each task.
    A thread reads the socket, so that the worker ends the moment its parent is gone, even in the middle of a task.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    connection = Connection(descriptor)
    inbox = queue.SimpleQueue()
    threading.Thread(target=_read, args=(connection, inbox), daemon=True).start()
    try:
        name, setup = pickle.loads(inbox.get())
        work = load(name)(setup)
        connection.send(None)
    except Exception as error:
        connection.send(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return
    while True:
        connection.send(work(pickle.loads(inbox.get())))


def load(name: str):
    """The function that ``"module:name"`` names."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _read(connection: Connection, inbox: queue.SimpleQueue) -> None:
    try:
        while True:
            inbox.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)
