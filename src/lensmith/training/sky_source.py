"""Skies as labelled samples: the picture folders of the dark-matter example, and simulated catalogues."""

from pathlib import Path

import numpy as np

from lensmith.data.galaxy_shapes import measure_image
from lensmith.data.shear_grid import BANDS, CELLS, grid_of_field, halo_grid, shear_grid
from lensmith.data.sky_pictures import LabelledPicture, read_picture, read_picture_folder
from lensmith.errors import InputError
from lensmith.training.source import Source

CLASSES = ("none", "halo")
"""Whether a sky has a halo: what the example's classifier answers."""

DERIVED = ("shear", "halo_map")
"""Arrays that are made of a catalogue and its haloes: `data.shear_grid.shear_grid` and `halo_grid`."""

_PARTS = {"training": "train", "validation": "val"}


def is_picture_folder(path: Path) -> bool:
    """Whether a folder has pictures in ``training``, as the example wants it."""
    return any((path / "training").glob("*.png"))


def open_pictures(path: Path, reads: tuple[str, ...]) -> Source:
    """The pictures of ``training`` and ``validation`` with whether they have a lens; what was assumed is in `notes`.

    Raises
    ------
    InputError
        if labels and pictures do not belong together, or the pictures differ in size.
    """
    pictures, splits, notes = [], [], []
    for part, split in _PARTS.items():
        if part == "validation" and not (path / part).is_dir():
            continue
        found = read_picture_folder(path, part)
        pictures += found.pictures
        splits += [split] * len(found.pictures)
        notes += found.notes
    image = read_picture(pictures[0].path)
    return Source(
        where=str(path),
        names=tuple(f"{one.path.parent.name}/{one.path.name}" for one in pictures),
        labels=np.array([one.count > 0 for one in pictures], np.int64),
        classes=CLASSES,
        split=np.array(splits),
        groups=np.arange(len(pictures)),
        shape=(BANDS, CELLS, CELLS) if reads[0] in DERIVED else (3, *image.shape[:2]),
        reader=PictureReader(tuple(pictures), reads, image.shape),
        notes=tuple(notes),
    )


class PictureReader:
    """Pictures as ``image`` ``[index, colour, y, x]``, or measured: ``shear`` and ``halo_map``."""

    def __init__(self, pictures: tuple[LabelledPicture, ...], reads: tuple[str, ...], shape: tuple[int, ...]):
        self.pictures, self.reads, self.shape = pictures, reads, shape

    def __call__(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Arrays by name of pictures `indices`."""
        rows = [self._one(self.pictures[int(i)]) for i in indices]
        return {name: np.stack([row[name] for row in rows]) for name in self.reads}

    def _one(self, picture: LabelledPicture) -> dict[str, np.ndarray]:
        image = read_picture(picture.path)
        if image.shape != self.shape:
            raise InputError(f"{picture.path}: {image.shape[:2]} pixels where the first picture has {self.shape[:2]}")
        row = {}
        for name in self.reads:
            if name == "halo_map":
                row[name] = self._haloes(picture)
            elif name == "shear":
                row[name] = grid_of_field(measure_image(image.mean(axis=2), picture.path.stem))
            else:
                row[name] = np.moveaxis(image, 2, 0).astype(np.float32)
        return row

    def _haloes(self, picture: LabelledPicture) -> np.ndarray:
        if picture.lenses is None:
            return halo_grid(np.empty((0, 2)))
        return halo_grid((picture.lenses[:, ::-1] + 0.5) / max(self.shape[:2]))


def derived(name: str, catalogue: np.ndarray, haloes: np.ndarray, side: float) -> np.ndarray:
    """`DERIVED` arrays ``[sky, ...]`` of ``catalogue`` ``[sky, galaxy, 4]`` and ``haloes`` ``[sky, halo, 4]``.

    Rows after the last galaxy or halo are NaN; `side` is that of the field.
    """
    if name == "halo_map":
        return np.stack([halo_grid(rows[np.isfinite(rows[:, 0])][:, :2] / side) for rows in np.asarray(haloes)])
    grids = []
    for rows in np.asarray(catalogue):
        x, y, e1, e2 = rows[np.isfinite(rows[:, 0])].T
        grids.append(shear_grid(x / side, y / side, e1, e2))
    return np.stack(grids)


class DerivedArray:
    """A derived array of a data set of skies, made when it is indexed."""

    def __init__(self, name: str, arrays: dict, side: float):
        self.name, self.arrays, self.side = name, arrays, side
        first = self[np.arange(1)]
        self.shape = (len(arrays["catalogue"]), *first.shape[1:])

    def __getitem__(self, rows) -> np.ndarray:
        rows = np.asarray(rows)
        return derived(self.name, self.arrays["catalogue"][rows], self.arrays["haloes"][rows], self.side)
