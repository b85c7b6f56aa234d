"""Samples with masks wherever they lie: labelled data sets, files of the DES pipeline, CHAOS."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.labelling import ARRAY
from lensmith.data.labels import CLASSES, DES_CLASSES, one_hot
from lensmith.errors import InputError, SettingsError
from lensmith.training.source import GROUP_COLUMNS, Source

LIVER = ("background", "liver")
CHAOS_SIDE = 128
"""CHAOS slices are averaged down to so many pixels: masks of an organ need no more, and a CPU can train on them."""


@dataclass(frozen=True, eq=False)
class SegmentationSource:
    """Images with masks.

    Attributes
    ----------
    source : the images and what is known of them; its labels all are 0, masks are what is learnt.
    classes : name of each mask.
    exclusive : whether every pixel is of exactly one class.
    read_masks : gives masks, float32 ``[index, class, y, x]``, of an array of indices.
    dataset : the data set with its truth, where the samples come from one.
    """

    source: Source
    classes: tuple[str, ...]
    exclusive: bool
    read_masks: Callable[[np.ndarray], np.ndarray]
    dataset: DataSet | None = None

    def __len__(self) -> int:
        return len(self.source)

    def masks(self, indices) -> np.ndarray:
        """Masks float32 ``[index, class, y, x]``."""
        return np.asarray(self.read_masks(np.asarray(indices)), np.float32)


def open_segmentation(path: Path | str, image: str = "image") -> SegmentationSource:
    """The samples of a data set that `lensmith label` has labelled, of a DES training set (.fits), or of CHAOS.

    Raises
    ------
    InputError
        if there is nothing of the kind, or the data set has no labels yet.
    """
    path = Path(path)
    if path.suffix.lower() in (".fits", ".fit"):
        return _of_des(path)
    if (path / "dataset.json").is_file():
        return _of_dataset(path, image)
    return _of_chaos(path, image)


def _of_dataset(path: Path, image: str) -> SegmentationSource:
    dataset = open_dataset(path)
    for name in (image, ARRAY):
        if name not in dataset.arrays:
            raise InputError(
                f"{path} has no array {name}: label it first, with `lensmith label {path.name} --rule truth`"
            )
    images, labels = dataset.arrays[image], dataset.arrays[ARRAY]
    classes = tuple(dataset.description.get(ARRAY, {}).get("classes", CLASSES))
    exclusive = labels.ndim == 3
    truth = dataset.truth.column_names
    group = next((dataset.column(name) for name in GROUP_COLUMNS if name in truth), np.arange(len(dataset)))
    source = _source(
        str(path),
        tuple(f"sample {i}" for i in dataset.column("index")),
        lambda indices: {image: np.asarray(images[indices], np.float32)},
        images.shape[1:],
        split=dataset.column("split").astype(str) if "split" in truth else None,
        groups=np.unique(group, return_inverse=True)[1],
    )
    masks = (lambda rows: one_hot(labels[rows], len(classes))) if exclusive else (lambda rows: labels[rows])
    return SegmentationSource(source, classes, exclusive, masks, dataset)


def _of_des(path: Path) -> SegmentationSource:
    from lensmith.data.segmentation_sets import read_des_segmentation

    content = read_des_segmentation(path)
    names = tuple(f"row {k}" for k in range(len(content.images)))
    source = _source(
        str(path), names, lambda indices: {"image": content.images[indices]}, content.images.shape[1:]
    )  # fmt: skip
    return SegmentationSource(source, DES_CLASSES, True, lambda rows: content.masks[rows])


def _of_chaos(path: Path, image: str) -> SegmentationSource:
    from lensmith.data.chaos import find_chaos, read_dicom_slice, read_liver_mask

    found = find_chaos(path)
    patients = np.unique([one.patient for one in found], return_inverse=True)[1]

    def images(indices: np.ndarray) -> dict[str, np.ndarray]:
        return {image: np.stack([shrunk_slice(read_dicom_slice(found[i].image)[0]) for i in indices])[:, None]}

    def masks(indices: np.ndarray) -> np.ndarray:
        liver = [shrunk_slice(read_liver_mask(found[i].mask, found[i].modality)) >= 0.5 for i in indices]
        return one_hot(np.stack(liver), len(LIVER))

    # Slices of one patient resemble each other; of a single patient they are all that there is to divide.
    groups = patients if patients.max() else np.arange(len(found))
    names = tuple(f"{one.modality} {one.image.stem}" for one in found)
    source = _source(str(path), names, images, (1, CHAOS_SIDE, CHAOS_SIDE), groups=groups)
    return SegmentationSource(source, LIVER, True, masks)


def shrunk_slice(values: np.ndarray) -> np.ndarray:
    """A slice averaged over blocks, float32 ``[CHAOS_SIDE, CHAOS_SIDE]``, from its middle."""
    block = min(values.shape) // CHAOS_SIDE
    if not block:
        raise InputError(f"a slice of {values.shape} pixels is smaller than {CHAOS_SIDE} on a side")
    side = block * CHAOS_SIDE
    top, left = (values.shape[0] - side) // 2, (values.shape[1] - side) // 2
    cut = values[top : top + side, left : left + side].astype(np.float32)
    return cut.reshape(CHAOS_SIDE, block, CHAOS_SIDE, block).mean((1, 3))


def _source(where, names, reader, shape, split=None, groups=None) -> Source:
    n = len(names)
    if n < 2:
        raise SettingsError(f"{where} has {n} samples: a training needs more than one")
    return Source(
        where=where,
        names=names,
        labels=np.zeros(n, np.int64),
        classes=("sample",),
        split=np.full(n, "") if split is None else split,
        groups=np.arange(n) if groups is None else groups,
        shape=tuple(shape) if len(shape) == 3 else (1, *shape),
        reader=reader,
    )
