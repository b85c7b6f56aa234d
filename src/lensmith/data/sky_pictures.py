"""The layout of sky pictures that the dark-matter example trains on: read, checked, and written.

``training/*.png`` and ``validation/*.png``, 512 x 512 RGB; beside each folder ``training-labels.csv`` (or inside it any
name that ends in ``-labels.csv``) with the number of lenses in column 2, and ``training-lenses.csv`` with ``sky-id,
row, column`` of each lens.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data.atomic import atomic_write
from lensmith.errors import InputError


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """One picture: its `path`, the `count` of lenses, and their (row, column) ``[lens, 2]``, None where unsaid."""

    path: Path
    count: int
    lenses: np.ndarray | None


@dataclass(frozen=True)
class PictureFolder:
    """The pictures of one part with their labels, and what had to be assumed to join them."""

    pictures: tuple[LabelledPicture, ...]
    notes: tuple[str, ...] = ()


def read_picture_folder(root: Path | str, part: str) -> PictureFolder:
    """Pictures and labels of one part (``training`` or ``validation``) of a data folder.

    Labels are joined by what their first column names: a file, its stem, or its number. Where no row of the file names
    any picture, they are joined in sorted order, as the example does, if there are as many, and a note says so.

    Raises
    ------
    InputError
        if pictures and labels do not belong to each other.
    """
    root = Path(root)
    paths = sorted((root / part).glob("*.png"))
    if not paths:
        raise InputError(f"{root / part}: no .png pictures there")
    label_file = _find(root, part, "labels")
    if label_file is None:
        raise InputError(f"{root}: no {part}-labels.csv beside or inside {part}")
    names, counts = _read_labels(label_file)
    order, notes = _join(label_file, names, paths)
    lens_file = _find(root, part, "lenses")
    lenses = _read_lenses(lens_file, paths) if lens_file else None
    pictures = []
    for path, row in zip(paths, order):
        found = None if lenses is None else np.array(lenses.get(path, [])).reshape(-1, 2)
        if found is not None and len(found) != counts[row]:
            raise InputError(
                f"{lens_file}: it has {len(found)} lenses for {path.name}, and {label_file.name} {counts[row]}"
            )
        pictures.append(LabelledPicture(path, counts[row], found))
    return PictureFolder(tuple(pictures), tuple(notes))


def read_picture(path: Path | str) -> np.ndarray:
    """uint8 ``[row, column, 3]`` of a PNG; greys become three equal colours.

    Raises
    ------
    InputError
        if it is not a picture.
    """
    from matplotlib.image import imread

    try:
        image = np.asarray(imread(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a picture: {error}") from error
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    image = image[..., :3]
    return image if image.dtype == np.uint8 else np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


class SkyPictureWriter:
    """Writes one part of a data folder; labels appear when all pictures are there. Use it in a ``with`` statement."""

    def __init__(self, root: Path, part: str):
        self.root, self.part = Path(root), part
        self.labels: list[tuple[str, int]] = []
        self.lenses: list[tuple[str, float, float]] = []

    def __enter__(self) -> "SkyPictureWriter":
        (self.root / self.part).mkdir(parents=True, exist_ok=True)
        return self

    def add(self, name: str, image: np.ndarray, lenses: np.ndarray) -> None:
        """Write ``<name>.png`` of `image` uint8 ``[row, column, 3]``; keep its `lenses` ``[lens, 2]`` (row, column)."""
        from matplotlib.image import imsave

        with atomic_write(self.root / self.part / f"{name}.png") as temporary:
            imsave(temporary, image)
        self.labels.append((name, len(lenses)))
        self.lenses += [(name, float(row), float(column)) for row, column in lenses]

    def __exit__(self, kind, *_) -> None:
        if kind is not None:
            return
        self._write("lenses", ("sky-id", "row", "column"), [(n, f"{r:.2f}", f"{c:.2f}") for n, r, c in self.lenses])
        self._write("labels", ("sky-id", "count"), self.labels)

    def _write(self, what: str, header: tuple[str, ...], rows: list) -> None:
        path = self.root / f"{self.part}-{what}.csv"
        with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([header, *rows])


def _find(root: Path, part: str, what: str) -> Path | None:
    """The file of labels or lenses of a part: ``<part>-labels.csv`` beside the folder, or the one inside it."""
    beside = root / f"{part}-{what}.csv"
    inside = sorted((root / part).glob(f"*-{what}.csv"))
    if beside.exists():
        return beside
    if len(inside) > 1:
        raise InputError(f"{root / part}: more than one *-{what}.csv there; keep one")
    return inside[0] if inside else None


def _rows(path: Path) -> list[list[str]]:
    """Rows of a CSV without its header, if it has one."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines) if row]
    if rows and not _is_number(rows[0][-1]):
        rows = rows[1:]
    return rows


def _read_labels(path: Path) -> tuple[list[str], list[int]]:
    names, counts = [], []
    for number, row in enumerate(_rows(path), start=1):
        if len(row) < 2 or not _is_number(row[1]) or float(row[1]) < 0 or float(row[1]) % 1:
            raise InputError(f"{path}, row {number}: column 2 must be the number of lenses")
        names.append(row[0].strip())
        counts.append(int(float(row[1])))
    return names, counts


def _read_lenses(path: Path, paths: list[Path]) -> dict[Path, list[tuple[float, float]]]:
    known, found = _keys(paths), {}
    for number, row in enumerate(_rows(path), start=1):
        if len(row) < 3 or not (_is_number(row[1]) and _is_number(row[2])):
            raise InputError(f"{path}, row {number}: it must be sky-id, row, column")
        picture = known.get(_key(row[0]))
        if picture is None:
            raise InputError(f"{path}, row {number}: there is no picture {row[0]}")
        found.setdefault(picture, []).append((float(row[1]), float(row[2])))
    return found


def _join(path: Path, names: list[str], paths: list[Path]) -> tuple[list[int], list[str]]:
    """For each picture the row of its label, and what had to be assumed."""
    known = _keys(paths)
    named = {known[_key(name)]: row for row, name in enumerate(names) if _key(name) in known}
    if not named:
        if len(names) != len(paths):
            raise InputError(f"{path}: it names no picture, and has {len(names)} rows for {len(paths)} pictures")
        return list(range(len(paths))), [f"{path.name} names no picture: labels were joined in sorted order"]
    if len(named) != len(paths) or len(names) != len(paths):
        missing = next((p.name for p in paths if p not in named), None)
        what = f"none of its rows names {missing}" if missing else "a picture is named twice or is not there"
        raise InputError(f"{path}: it has {len(names)} rows for {len(paths)} pictures: {what}")
    return [named[p] for p in paths], []


def _keys(paths: list[Path]) -> dict[str, Path]:
    """Pictures by stem, and by the number in it where that is unique."""
    known = {path.stem: path for path in paths}
    numbers: dict[str, list[Path]] = {}
    for path in paths:
        digits = re.findall(r"\d+", path.stem)
        if digits:
            numbers.setdefault(str(int(digits[-1])), []).append(path)
    return known | {n: same[0] for n, same in numbers.items() if len(same) == 1 and n not in known}


def _key(name: str) -> str:
    """What a label calls a picture, as `_keys` has it."""
    stem = name.strip().removesuffix(".png")
    return str(int(float(stem))) if _is_number(stem) and float(stem) % 1 == 0 else stem


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
