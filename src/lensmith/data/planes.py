"""One 2-D array on disk and its name: ``file.fits``, ``file.fits[SCI]``, ``file.fits[SCI,2]``, planes of cubes."""

import re
from dataclasses import dataclass
from pathlib import Path

from lensmith.errors import InputError

FITS_SUFFIXES = (".fits", ".fit", ".fits.gz", ".fz")
HDF5_SUFFIXES = (".h5", ".hdf5")
_BRACKET = re.compile(r"\[([^\[\]]*)\]$")


def has_suffix(path: Path, suffixes: tuple[str, ...]) -> bool:
    """Whether the file's name ends with one of `suffixes`, whatever the case."""
    return path.name.lower().endswith(suffixes)


def stem(path: Path) -> str:
    """The file's name without its (possibly double) suffix."""
    name = path.name
    for suffix in (*sorted(FITS_SUFFIXES, key=len, reverse=True), *HDF5_SUFFIXES, ".npy"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)] or name
    return path.stem


@dataclass(frozen=True)
class Plane:
    """Where one image is: the file, the extension in it and, for cubes, which plane.

    Attributes
    ----------
    path : FITS, ``.npy`` or HDF5 file.
    extension : FITS extension as number, name or (name, version), or the name of an HDF5 data set; None: the first
        that holds an image.
    index : one entry an axis of the array, a number or None for an axis that is kept; empty for a 2-D image.
    """

    path: Path
    extension: int | str | tuple[str, int] | None = None
    index: tuple[int | None, ...] = ()

    def __str__(self):
        out = str(self.path)
        if self.extension is not None:
            ext = self.extension
            out += f"[{ext[0]},{ext[1]}]" if isinstance(ext, tuple) else f"[{ext}]"
        if self.index:
            out += "[" + ",".join(":" if i is None else str(i) for i in self.index) + "]"
        return out


def parse_plane(text: str, folder: Path = Path()) -> Plane:
    """Read ``file.fits[EXT][PLANE]``: EXT a number, NAME or NAME,VERSION; PLANE as in NumPy, ``2,:,:`` or ``:,:,2``.

    Relative paths start from `folder`. Brackets that belong to an existing file's name are left to it.
    """
    text = text.strip()
    if (folder / text).exists():
        return Plane(folder / text)
    groups = []
    while (match := _BRACKET.search(text)) and len(groups) < 2:
        groups.insert(0, match.group(1).strip())
        text = text[: match.start()]
    if not text or "" in groups:
        raise InputError(f"{text or 'file'}[...]: write a file as file.fits, file.fits[EXT] or file.fits[EXT][PLANE]")
    path = folder / text
    extension = _parse_extension(groups[0]) if groups else None
    index = _parse_index(groups[1], path) if len(groups) == 2 else ()
    return Plane(path, extension, index)


def _parse_extension(text: str) -> int | str | tuple[str, int]:
    name, _, version = (part.strip() for part in text.partition(","))
    if version.isdigit():
        return (name, int(version))
    return int(name) if name.isdigit() else name


def _parse_index(text: str, path: Path) -> tuple[int | None, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part == ":" or part.isdigit() for part in parts):
        raise InputError(f"{path}: [{text}] does not name a plane; write [2] or [2,:,:] or [:,:,2], counting from 0")
    return tuple(None if part == ":" else int(part) for part in parts)
