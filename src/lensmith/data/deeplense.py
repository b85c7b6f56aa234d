"""The layout of the public DeepLense data: class folders of one image a file, as `.npy` or PNG, also zipped.

``{train,val}/{no,sphere,vort}/*.npy``, each (1, 150, 150) or (150, 150), scaled to 0 ... 1 image by image. Published
sets name the classes differently (`CLASS_FOLDERS`), and some have no split. Sources: Alexander et al. 2020, ApJ 893, 15
(the classes); the data of the DeepLense tests of ML4SCI (the layout).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from lensmith.data.deeplense_png import npy_to_png, png_to_npy
from lensmith.data.image_tree import SUFFIXES, ImageTree, open_tree
from lensmith.errors import InputError
from lensmith.types import FloatArray

__all__ = [
    "CLASSES",
    "CLASS_FOLDERS",
    "SPLITS",
    "SUFFIXES",
    "DeepLenseImages",
    "ImageTree",
    "npy_to_png",
    "open_tree",
    "png_to_npy",
    "read_deeplense",
]

CLASSES = ("no", "sphere", "vort")
"""Substructure classes in the order of their labels 0, 1, 2: none, cold dark matter subhaloes, axion vortex."""

CLASS_FOLDERS = {
    "no": "no",
    "no_sub": "no",
    "sphere": "sphere",
    "cdm": "sphere",
    "vort": "vort",
    "vol": "vort",
    "axion": "vort",
}
"""What published sets call the class folders, and the class that each means."""

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class DeepLenseImages:
    """An index of labelled images; nothing but the first image is read until `load`.

    Attributes
    ----------
    paths : names relative to the folder or archive, ``[image]``.
    labels : int64 ``[image]``, index into `class_names`.
    class_names : `CLASSES`, whatever the folders are called.
    split : str ``[image]``, ``train``, ``val`` or ``test``; empty where the set has no split.
    shape : (1, y, x) of every image.
    """

    tree: ImageTree
    paths: tuple[str, ...]
    labels: np.ndarray
    split: np.ndarray
    shape: tuple[int, int, int]
    class_names: tuple[str, ...] = CLASSES

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, i: int) -> FloatArray:
        """Image `i`, float32 ``[1, y, x]``; raises InputError with the file's name where it is not sound."""
        image = self.tree.image(self.paths[i])
        if image.shape != self.shape:
            label, first = self.tree.label(self.paths[i]), self.paths[0]
            raise InputError(f"{label} has shape {image.shape}, but {first} has {self.shape}: all must be alike")
        return image

    def check(self, indices: Iterable[int] | None = None) -> None:
        """Read every image (or those of `indices`) once, so that a bad one is found before time is spent."""
        for i in range(len(self)) if indices is None else indices:
            self.load(i)


def read_deeplense(path: Path | str) -> DeepLenseImages:
    """Index the DeepLense images in a folder or zip archive.

    Class folders may stand at the top, in split folders, or both one folder further down.

    Raises
    ------
    InputError
        if a class is missing or empty, two folders mean one class, a folder means none, files of other kinds or both
        kinds of image are there, or the first image is not sound.
    """
    tree = open_tree(path)
    names = _images(tree)
    top = _common_folder(names)
    found: dict[tuple[str, str], str] = {}
    labels, splits = [], []
    for name in names:
        split, folder = _split_and_folder(PurePosixPath(name).relative_to(top).parts, tree.label(name))
        kind = CLASS_FOLDERS[folder.lower()]
        if found.setdefault((split, kind), folder) != folder:
            where = tree.label(str(top / split))
            raise InputError(
                f"{where} has two folders of the class {kind}, {found[split, kind]} and {folder}: keep one"
            )
        labels.append(CLASSES.index(kind))
        splits.append(split)
    _refuse_empty_classes(tree, found)
    return DeepLenseImages(tree, tuple(names), np.array(labels, np.int64), np.array(splits), tree.image(names[0]).shape)


def _images(tree: ImageTree) -> list[str]:
    """Names of the images; all must be of one kind."""
    names = [name for name in tree.names() if name.lower().endswith(SUFFIXES)]
    if not names:
        raise InputError(f"{tree.path} holds no {' or '.join(SUFFIXES)} file")
    kinds = {PurePosixPath(name).suffix.lower() for name in names}
    if len(kinds) > 1:
        raise InputError(f"{tree.path} mixes {' and '.join(sorted(kinds))} files: keep the images of one kind")
    return names


def _common_folder(names: list[str]) -> PurePosixPath:
    """The folder that holds all splits and classes: the first one down that branches or is a split or a class."""
    top = PurePosixPath()
    parts = [PurePosixPath(name).parts for name in names]
    for level in range(min(map(len, parts)) - 1):
        here = {part[level] for part in parts}
        if len(here) > 1 or next(iter(here)).lower() in (*SPLITS, *CLASS_FOLDERS):
            break
        top /= here.pop()
    return top


def _split_and_folder(parts: tuple[str, ...], label: str) -> tuple[str, str]:
    """The split ("" where there is none) and the class folder of one file."""
    split, folders = ("", parts[:-1]) if parts[0].lower() not in SPLITS else (parts[0].lower(), parts[1:-1])
    if len(folders) != 1 or folders[0].lower() not in CLASS_FOLDERS:
        folder = "/".join(folders) or "no folder"
        raise InputError(f"{label} lies in {folder}, which is no class; class folders are {', '.join(CLASS_FOLDERS)}")
    return split, folders[0]


def _refuse_empty_classes(tree: ImageTree, found: dict[tuple[str, str], str]) -> None:
    for split in sorted({split for split, _ in found}):
        missing = [kind for kind in CLASSES if (split, kind) not in found]
        if missing:
            where = f"{tree.path}/{split}" if split else str(tree.path)
            raise InputError(f"{where} has no image of the class {' and '.join(missing)}: every split needs all three")
