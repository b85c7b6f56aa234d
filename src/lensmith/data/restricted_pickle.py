"""Pickled `.npy` files read without trust: plain containers, numbers, strings and NumPy arrays, and nothing else.

A pickle names the functions that build its content and calls them when it is read; here only those that build arrays
can be named, so that a file from elsewhere cannot run anything.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from lensmith.errors import InputError

_NUMPY = {"_reconstruct", "scalar", "_frombuffer", "ndarray", "dtype"}
_NUMPY_MODULES = {
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
}
_PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "complex"),
    ("builtins", "bytearray"),
    ("__builtin__", "set"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
}


class RefusedPickleError(InputError):
    """A pickle holds something that is not plain; the message names it and the file."""


class _Refused(pickle.UnpicklingError):
    """The pickle names something that is not allowed."""


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module in _NUMPY_MODULES and name in _NUMPY) or (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise _Refused(f"{module}.{name}")


def load_plain(path: Path | str) -> np.ndarray:
    """The array of a `.npy` file, whose objects (dtype object) may be plain containers, numbers, strings and arrays.

    Raises
    ------
    InputError
        if the file is missing or broken.
    RefusedPickleError
        (an InputError) if its pickle holds anything else; the message names the thing and the file.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            _, _, dtype = reader(file)
            if not dtype.hasobject:
                file.seek(0)
                return np.lib.format.read_array(file, allow_pickle=False)
            return np.asarray(_PlainUnpickler(file).load())
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except _Refused as refused:
        raise RefusedPickleError(
            f"{path}: its pickle holds {refused}, and only plain containers, numbers, strings and NumPy arrays are "
            "read; leave this file out or write it anew without it"
        ) from None
    except Exception as error:
        # Unpickling broken bytes can raise nearly anything.
        raise InputError(f"{path}: it cannot be read as .npy ({error or type(error).__name__})") from None
