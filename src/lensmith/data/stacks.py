"""Stacks of many candidates in one array ``[candidate, band, y, x]``, as ``.npy`` or FITS."""

import gzip
import re
from pathlib import Path

import numpy as np

from lensmith.data.planes import FITS_SUFFIXES, Plane, has_suffix
from lensmith.data.sources import BandSource
from lensmith.errors import InputError

BLOCK = 2880
"""Bytes of a FITS block."""
MOST_BLOCKS = 40
_CARD = re.compile(rb"(NAXIS\d*) *= *(\d+)")
_END = b"END".ljust(80)


def stack_size(path: Path) -> int | None:
    """How many candidates `path` holds if it is a stack, else None. Reads headers only; damaged files are no stacks."""
    shape = array_shape(path)
    return shape[0] if shape is not None and len(shape) == 4 else None


def array_shape(path: Path) -> tuple[int, ...] | None:
    """Shape of the array in a ``.npy`` file or of the first image in a FITS file, from the bare header; else None.

    astropy would take milliseconds a file; a survey's folder holds 100,000.
    """
    try:
        if has_suffix(path, (".npy",)):
            return np.load(path, mmap_mode="r", allow_pickle=False).shape
        if not has_suffix(path, FITS_SUFFIXES):
            return None
        with gzip.open(path) if has_suffix(path, (".gz",)) else path.open("rb") as file:
            return _first_shape(file)
    except (OSError, ValueError, EOFError):
        return None


def _first_shape(file) -> tuple[int, ...] | None:
    """Axes of the primary HDU or, where that is empty, of the first extension."""
    for _ in range(2):
        axes = _header_axes(file)
        if axes is None or axes:
            return axes
    return None


def _header_axes(file) -> tuple[int, ...] | None:
    """NAXISn of the header that starts here, slowest axis first as in NumPy; () for no axes, None for no FITS."""
    values: dict[bytes, int] = {}
    for _ in range(MOST_BLOCKS):
        block = file.read(BLOCK)
        if len(block) < BLOCK or (not values and not block.startswith((b"SIMPLE", b"XTENSION"))):
            return None
        for start in range(0, BLOCK, 80):
            if block[start : start + 80] == _END:
                count = values.get(b"NAXIS", 0)
                return tuple(values.get(b"NAXIS%d" % axis, 0) for axis in range(count, 0, -1))
            if match := _CARD.match(block, start):
                values[match[1]] = int(match[2])
    return None


def stack_sources(path: Path, index: int) -> list[BandSource]:
    """The bands of image `index` in the stack at `path`.

    Raises
    ------
    InputError
        if the file has changed since it was counted.
    """
    shape = array_shape(path)
    if shape is None or len(shape) != 4 or index >= shape[0]:
        raise InputError(f"{path}: there is no image {index} in this stack; its shape is {shape}")
    names = [f"band{band + 1}" for band in range(shape[1])] if shape[1] > 1 else [None]
    return [BandSource(Plane(path, None, (index, band)), name) for band, name in enumerate(names)]
