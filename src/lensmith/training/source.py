"""Labelled samples wherever they lie: DeepLense and DeepGraviLens files, sky pictures, simulated data sets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.errors import InputError

GROUP_COLUMNS = ("group", "scene")
"""Columns of a data set's truth that say which samples show the same scene."""
CLASS_COLUMNS = ("class", "label", "kind")


@dataclass(frozen=True, eq=False)
class Source:
    """Labelled samples that are read when asked for.

    Attributes
    ----------
    where : path, for messages.
    names : what messages and tables call each sample, ``[sample]``.
    labels : int64 ``[sample]``, index into `classes`.
    split : str ``[sample]``: ``train``, ``val``, ``test``, or empty.
    groups : int64 ``[sample]``; samples of one group show the same scene.
    shape : (band, y, x) of the images.
    reader : gives arrays by name, ``[index, ...]``, of an array of indices; InputError names the sample.
    notes : what was assumed in joining samples and labels.
    made : kind and seed where a simulation drew every sample afresh: then none is a copy of another, nor of one of
        another seed, however alike two small pictures are. Empty where that is not known.
    """

    where: str
    names: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    split: np.ndarray
    groups: np.ndarray
    shape: tuple[int, int, int]
    reader: object
    notes: tuple[str, ...] = ()
    made: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    def load(self, indices) -> dict[str, np.ndarray]:
        """Arrays by name, ``[index, ...]``."""
        return self.reader(np.asarray(indices))


def open_source(path: Path | str, reads: tuple[str, ...] = ("image",), may_read: tuple[str, ...] = ()) -> Source:
    """The samples of a DeepLense folder or archive, DeepGraviLens files, sky pictures, or a simulated data set.

    `reads` names what is wanted: first the array of images, then other arrays and numbers of the truth; `may_read` what
    is taken only where there is such an array.

    Raises
    ------
    InputError
        if there is nothing of the kind at `path`.
    """
    from lensmith.training.sky_source import is_picture_folder, open_pictures

    path = Path(path)
    if is_picture_folder(path):
        return open_pictures(path, reads)
    if (path / "dataset.json").is_file():
        return _dataset_source(path, reads, may_read)
    if any(path.glob("GROUP_*_ims_*.npy")):
        from lensmith.training.group_files import group_source

        return group_source(path, reads)
    from lensmith.data.deeplense import read_deeplense

    images = read_deeplense(path)
    return Source(
        where=str(path),
        names=images.paths,
        labels=images.labels,
        classes=tuple(images.class_names),
        split=images.split,
        groups=np.arange(len(images)),
        shape=images.shape,
        reader=_FolderReader(images, reads),
    )


@dataclass(frozen=True)
class _FolderReader:
    images: object
    reads: tuple[str, ...]

    def __call__(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Images; other numbers are unknown here, which NaN says."""
        found = {self.reads[0]: np.stack([self.images.load(int(i)) for i in indices])}
        return found | {name: np.full(len(indices), np.nan, np.float32) for name in self.reads[1:]}


@dataclass(frozen=True)
class _DataSetReader:
    arrays: dict[str, object]

    def __call__(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.asarray(array[indices], np.float32) for name, array in self.arrays.items()}


def _dataset_source(path: Path, reads: tuple[str, ...], may_read: tuple[str, ...]) -> Source:
    from lensmith.data.dataset import open_dataset

    dataset = open_dataset(path)
    truth = {name: dataset.column(name) for name in dataset.truth.column_names}
    labels, classes = label_classes(truth, str(path))
    group = next((truth[name] for name in GROUP_COLUMNS if name in truth), np.arange(len(labels)))
    arrays = {name: _named(dataset, truth, name) for name in reads}
    arrays |= {name: dataset.arrays[name] for name in may_read if name in dataset.arrays}
    shape = tuple(arrays[reads[0]].shape[1:])
    return Source(
        where=str(path),
        names=tuple(f"sample {i}" for i in dataset.column("index")),
        labels=labels,
        classes=classes,
        split=truth["split"].astype(str) if "split" in truth else np.full(len(labels), ""),
        groups=np.unique(group, return_inverse=True)[1],
        shape=shape if len(shape) == 3 else (1, *shape),
        reader=_DataSetReader(arrays),
        made=_made(dataset, truth),
    )


def _made(dataset, truth: dict[str, np.ndarray]) -> str:
    """What drew the samples; nothing for converted sets and those whose samples share a scene."""
    drawn = "jax" in dataset.description["versions"] and not any(name in truth for name in GROUP_COLUMNS)
    return f"{dataset.kind}, seed {dataset.seed}" if drawn else ""


def _named(dataset, truth: dict[str, np.ndarray], name: str):
    """An array or a column of numbers of a data set."""
    from lensmith.training.sky_source import DERIVED, DerivedArray

    if name in dataset.arrays:
        return dataset.arrays[name]
    if name in DERIVED and "catalogue" in dataset.arrays:
        return DerivedArray(name, dataset.arrays, float(dataset.settings["side"]))
    if name in truth and truth[name].dtype.kind in "fiub":
        return truth[name].astype(np.float32)
    raise InputError(f"{dataset.path} has no {name}, which the network reads; it has {', '.join(dataset.arrays)}")


def label_classes(truth: dict[str, np.ndarray], where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels int64 ``[sample]`` and class names of a truth table.

    Class names come in the design's order where they are the design's.

    Raises
    ------
    InputError
        if no column says the class.
    """
    from lensmith.data.deepgravilens import CLASSES as TRANSIENTS
    from lensmith.data.deeplense import CLASSES

    name = next((name for name in CLASS_COLUMNS if name in truth), None)
    if name is None and "n_haloes" in truth:
        return (truth["n_haloes"] > 0).astype(np.int64), ("none", "halo")
    if name is None:
        raise InputError(f"{where} has no column of classes in its truth; one of {', '.join(CLASS_COLUMNS)} is needed")
    values = truth[name]
    if values.dtype.kind in "iub":
        return values.astype(np.int64), tuple(str(k) for k in range(int(values.max()) + 1))
    said = sorted(set(values.astype(str)))
    classes = next((order for order in (CLASSES, TRANSIENTS) if set(said) <= set(order)), tuple(said))
    return np.array([classes.index(value) for value in values.astype(str)], np.int64), tuple(classes)
