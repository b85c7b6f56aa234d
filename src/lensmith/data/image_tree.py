"""Single images, one a file, below a folder or inside a zip archive: plain arrays (`.npy`) and grey PNGs."""

import io
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, UnidentifiedImageError

from lensmith.errors import InputError
from lensmith.types import FloatArray

SUFFIXES = (".npy", ".png")

_WHITE = {"L": 255, "I;16": 65535, "I;16B": 65535, "RGB": 255, "RGBA": 255}
"""PIL modes of the PNGs that are read, and the value of white."""


@dataclass(frozen=True, eq=False)
class ImageTree:
    """The files below a folder or inside a zip archive, by name relative to it; may be sent to another process."""

    path: Path
    _archive: dict = field(default_factory=dict, repr=False)

    def __getstate__(self):
        return {"path": self.path, "_archive": {}}

    def names(self) -> list[str]:
        """Names of all files, in order, with ``/`` between folders; hidden ones are left out."""
        if self.path.is_dir():
            found = (file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file())
        else:
            found = (entry.filename for entry in self._zip().infolist() if not entry.is_dir())
        return sorted(name for name in found if not _is_hidden(name))

    def content(self, name: str) -> bytes:
        """All bytes of one file."""
        try:
            return (self.path / name).read_bytes() if self.path.is_dir() else self._zip().read(name)
        except (OSError, KeyError, zipfile.BadZipFile, zipfile.zlib.error) as error:
            raise InputError(f"{self.label(name)} cannot be read ({error}): remove or replace it") from error

    def label(self, name: str) -> str:
        """How messages call a file."""
        return str(self.path / name) if self.path.is_dir() else f"{self.path}, {name}"

    def image(self, name: str) -> FloatArray:
        """One image, float32 ``[1, y, x]``: an array as it is, a PNG divided by its white.

        Raises
        ------
        InputError
            if the file is corrupt, holds Python objects, is no single image, or has a value that is not finite.
        """
        content, label = self.content(name), self.label(name)
        array = _read_npy(content, label) if name.lower().endswith(".npy") else _read_png(content, label)
        if array.ndim == 2:
            array = array[None]
        if array.ndim != 3 or array.shape[0] != 1 or 0 in array.shape:
            raise InputError(f"{label} has shape {array.shape}; an image must be (1, y, x) or (y, x)")
        if not np.isfinite(array).all():
            raise InputError(f"{label} has values that are not finite: remove or replace it")
        return array

    def _zip(self) -> zipfile.ZipFile:
        """The archive, opened once a process: an open file must not be shared across a fork."""
        if os.getpid() not in self._archive:
            self._archive.clear()
            self._archive[os.getpid()] = zipfile.ZipFile(self.path)
        return self._archive[os.getpid()]


def open_tree(path: Path | str) -> ImageTree:
    """The files of a folder or of a zip archive.

    Raises
    ------
    InputError
        if `path` is neither.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such folder or zip archive")
    if not path.is_dir() and not zipfile.is_zipfile(path):
        raise InputError(f"{path} is neither a folder nor a zip archive")
    return ImageTree(path)


def _read_npy(content: bytes, label: str) -> FloatArray:
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        reason = "Python objects, which are not read" if "pickle" in str(error).lower() else "no sound array"
        raise InputError(f"{label} holds {reason}: write it again with numpy.save as a plain array") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise InputError(f"{label} holds no real numbers: write it again with numpy.save as a plain array")
    return array.astype(np.float32)


def _read_png(content: bytes, label: str) -> FloatArray:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            mode, pixels = picture.mode, np.asarray(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{label} is no sound PNG: remove or replace it") from error
    if mode not in _WHITE or (pixels.ndim == 3 and np.ptp(pixels[..., :3], axis=-1).any()):
        raise InputError(f"{label} is a {mode} picture; only grey ones can be read")
    grey = pixels[..., 0] if pixels.ndim == 3 else pixels
    return (grey / np.float32(_WHITE[mode])).astype(np.float32)


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
