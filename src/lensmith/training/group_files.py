"""The public DeepGraviLens files as samples to train on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data.deepgravilens import CLASSES, DeepGraviLens, read_deepgravilens
from lensmith.data.restricted_pickle import RefusedPickleError
from lensmith.errors import InputError
from lensmith.training.source import Source

_HELD = ("image", "light_curve")
"""The arrays of the files."""
_SPLIT_NAMES = {"train": "train", "validation": "val", "test": "test"}


def group_source(folder: Path, reads: tuple[str, ...]) -> Source:
    """The samples of ``GROUP_*`` files, in the published split where their metadata can be read.

    They hold `image` and `light_curve`; other arrays that a network reads are unknown, which NaN and a note say.
    Metadata of pandas tables are refused: there the shares of the recipe are set apart, and a note says so.

    Raises
    ------
    InputError
        as `read_deepgravilens`; also where the metadata can be read and do not fit.
    """
    epochs = _epochs(folder)
    split, notes = None, []
    held = read_deepgravilens(folder, epochs)
    if any(folder.glob(f"*_data_train_md_{epochs}.npy")):
        try:
            split = read_deepgravilens(folder, epochs, metadata=True).split
        except RefusedPickleError as refused:
            notes.append(f"the published split is left out, and the recipe's shares are taken instead: {refused}")
    unknown = [name for name in reads if name not in _HELD]
    if unknown:
        notes.append(f"{folder} has no {', '.join(unknown)}: all that this network learns from is {_known(reads)}")
    names = [f"GROUP_{label + 1} {place}" for label, place in zip(held.labels, _places(held.labels))]
    return Source(
        where=str(folder),
        names=tuple(names),
        labels=held.labels.astype(np.int64),
        classes=CLASSES,
        split=np.full(len(held), "") if split is None else np.array([_SPLIT_NAMES[part] for part in split]),
        groups=np.arange(len(held)),
        shape=held.images.shape[1:],
        reader=_GroupReader(held, reads),
        notes=tuple(notes),
    )


def _known(reads: tuple[str, ...]) -> str:
    return " and ".join(name for name in reads if name in _HELD) or "nothing"


def _epochs(folder: Path) -> int:
    """How many epochs the files' names tell."""
    found = {path.stem.rpartition("_")[2] for path in folder.glob("GROUP_*_ims_*.npy")}
    if len(found) != 1 or not min(found).isdigit():
        raise InputError(
            f"{folder}: the files GROUP_*_ims_*.npy end in {', '.join(sorted(found))}; one number belongs there"
        )
    return int(found.pop())


def _places(labels: np.ndarray) -> np.ndarray:
    """The number of each sample within its class; samples stand class by class."""
    return np.arange(len(labels)) - np.searchsorted(labels, labels)


@dataclass(frozen=True)
class _GroupReader:
    held: DeepGraviLens
    reads: tuple[str, ...]

    def __call__(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        known = dict(zip(_HELD, (self.held.images, self.held.light_curves), strict=True))
        unknown = np.full(len(indices), np.nan, np.float32)
        return {name: known[name][indices] if name in known else unknown for name in self.reads}
