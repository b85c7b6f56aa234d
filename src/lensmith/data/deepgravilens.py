"""The layout of the public DeepGraviLens data: one trio of `.npy` files a class, and the split beside them.

``GROUP_{1..4}_ims_14.npy`` (N, 4, 45, 45), ``GROUP_{1..4}_lcs_14.npy`` (N, 14, 4) and ``GROUP_{1..4}_mds_14.npy``, a
pickled dict from number to metadata; ``des_deep_data_{train,validation,test}_md_14.npy`` hold the same metadata split
by split. The 14 is the number of epochs. Sources: Morgan et al. 2022, ApJ 927, 109, and Pinciroli Vago & Fraternali
2023, Neural Comput. Appl. 35, 19253.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet
from lensmith.data.restricted_pickle import load_plain
from lensmith.errors import InputError
from lensmith.types import FloatArray

CLASSES = ("no_lens", "lens", "lensed_snia", "lensed_sncc")
"""The classes of GROUP_1 to GROUP_4, by index."""

CLASS_NAMES = {name: index for index, name in enumerate(CLASSES)} | {
    "non-lens": 0,
    "galaxy-scale": 1,
    "group-scale": 2,
    "cluster-scale": 3,
}
"""Every name of a class, and its index; the second vocabulary is that of one description of the set, and wrong: the
set's generator says that the first is what the classes are."""

SPLITS = ("train", "validation", "test")
IMAGE_SHAPE = (4, 45, 45)
_BANDS = IMAGE_SHAPE[0]


@dataclass(frozen=True, eq=False)
class DeepGraviLens:
    """A set: `images` ``[sample, band, y, x]``, `light_curves` ``[sample, epoch, band]``, `labels` ``[sample]``.

    `metadata` has one entry a sample, and `split` one of `SPLITS` a sample, each None where the files have none or were
    not asked for. Samples stand class by class.
    """

    images: FloatArray
    light_curves: FloatArray
    labels: np.ndarray
    metadata: tuple | None = None
    split: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)


def class_index(name: str) -> int:
    """Index of a class by its name, in either vocabulary.

    Raises
    ------
    InputError
        if it is in neither.
    """
    known = name.strip().lower().replace(" ", "-")
    known = known if known in CLASS_NAMES else known.replace("-", "_")
    if known not in CLASS_NAMES:
        raise InputError(f"there is no class {name!r}; the classes are {', '.join(CLASS_NAMES)}")
    return CLASS_NAMES[known]


def read_deepgravilens(folder: Path | str, epochs: int = 14, metadata: bool = False) -> DeepGraviLens:
    """The set in `folder`; float32. With `metadata`, also that of each sample and, where its files are, the split.

    The published metadata are pandas tables, which are refused: images and light curves need none.

    Raises
    ------
    InputError
        if a file is missing, a class is empty, a shape is wrong, a value is not a number (the message names file and
        index), or a pickle holds anything but plain values.
    """
    folder = Path(folder)
    images, curves, labels, notes = [], [], [], []
    for index in range(len(CLASSES)):
        image = _read(folder / f"GROUP_{index + 1}_ims_{epochs}.npy", IMAGE_SHAPE)
        curve = _read(folder / f"GROUP_{index + 1}_lcs_{epochs}.npy", (epochs, _BANDS))
        if len(image) != len(curve):
            raise InputError(
                f"{folder}: GROUP_{index + 1} has {len(image)} images and {len(curve)} light curves; they must be equal"
            )
        images.append(image)
        curves.append(curve)
        labels.append(np.full(len(image), index))
        if metadata:
            notes += _read_metadata(folder / f"GROUP_{index + 1}_mds_{epochs}.npy", len(image))
    split = _read_split(folder, epochs, notes) if metadata else None
    return DeepGraviLens(
        np.concatenate(images),
        np.concatenate(curves),
        np.concatenate(labels),
        tuple(notes) if metadata else None,
        split,
    )


def write_deepgravilens(dataset: DataSet, folder: Path | str) -> None:
    """Write a data set of transients in the public layout, class by class in the order of the data set.

    Metadata are plain dicts of the truth. Raises InputError if the data set has no `image`, `light_curve` or
    `class_index`, a class is empty, or the images are not (4, 45, 45).
    """
    folder = Path(folder)
    for name in ("image", "light_curve"):
        if name not in dataset.arrays:
            raise InputError(f"{dataset.path}: it has no array {name}; only data sets of transients have this layout")
    image, curve = dataset.arrays["image"], dataset.arrays["light_curve"]
    epochs = curve.shape[1]
    if image.shape[1:] != IMAGE_SHAPE:
        raise InputError(f"{dataset.path}: its images are {image.shape[1:]}, but this layout's are {IMAGE_SHAPE}")
    labels = dataset.column("class_index")
    folder.mkdir(parents=True, exist_ok=True)
    for index, label in enumerate(CLASSES):
        rows = np.flatnonzero(labels == index)
        if not len(rows):
            raise InputError(f"{dataset.path}: it has no sample of class {label}, and this layout needs all four")
        stem = f"GROUP_{index + 1}"
        _write_rows(folder / f"{stem}_ims_{epochs}.npy", image, rows)
        _write_rows(folder / f"{stem}_lcs_{epochs}.npy", curve, rows)
        notes = dict(enumerate(dataset.truth.take(rows).to_pylist()))
        np.save(folder / f"{stem}_mds_{epochs}.npy", np.array(notes, dtype=object), allow_pickle=True)


def _write_rows(path: Path, array, rows: np.ndarray, at_once: int = 512) -> None:
    """Rows of an array into a `.npy` file, a few at a time: memory does not grow with their number."""
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(len(rows), *array.shape[1:]))
    for start in range(0, len(rows), at_once):
        out[start : start + at_once] = array[rows[start : start + at_once]]
    out.flush()


def _read(path: Path, shape: tuple[int, ...]) -> FloatArray:
    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; a set has GROUP_1 to GROUP_4, ims and lcs") from None
    except (ValueError, OSError, EOFError):
        raise InputError(f"{path}: it is cut off, or no .npy file of numbers") from None
    if not array.ndim or array.dtype.kind not in "fiu" or (len(array) and not _fits(array.shape[1:], shape)):
        wanted = ", ".join(map(str, shape))
        raise InputError(f"{path}: it holds {array.shape} of {array.dtype}, but numbers (N, {wanted}) belong here")
    if len(array) == 0:
        raise InputError(f"{path}: this class is empty")
    with np.errstate(over="ignore"):  # what float32 cannot hold is found below
        array = np.asarray(array, dtype=np.float32).reshape(len(array), *shape)
    wrong = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    if wrong.any():
        raise InputError(
            f"{path}: sample {int(np.argmax(wrong))} has values that are not finite ({wrong.sum()} in all)"
        )
    return array


def _fits(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether samples of shape `found` are `wanted`: as they are, flattened, or with axes of one value.

    Other axes of the same size, such as bands before epochs, would be scrambled by reshaping.
    """
    return tuple(n for n in found if n > 1) in (wanted, (int(np.prod(wanted)),))


def _read_metadata(path: Path, n: int | None) -> list:
    """The entries of a metadata file, in the order of their numbers."""
    content = load_plain(path)
    notes = content.item() if content.shape == () else content
    if not isinstance(notes, dict) or not all(isinstance(key, int | np.integer) for key in notes):
        raise InputError(f"{path}: it must hold a dict from number to metadata, not {type(notes).__name__}")
    if n is not None and len(notes) != n:
        raise InputError(f"{path}: it has metadata of {len(notes)} samples for {n} images")
    return [notes[key] for key in sorted(notes)]


def _read_split(folder: Path, epochs: int, notes: list) -> np.ndarray | None:
    """Which split each sample is in, by its metadata; copies that share metadata are taken in order."""
    places = {split: sorted(folder.glob(f"*_data_{split}_md_{epochs}.npy")) for split in SPLITS}
    if not any(places.values()):
        return None
    missing = [split for split, files in places.items() if len(files) != 1]
    if missing:
        raise InputError(f"{folder}: there must be one file *_data_{missing[0]}_md_{epochs}.npy, or none of any split")
    where = defaultdict(deque)
    for place, note in enumerate(notes):
        where[repr(note)].append(place)
    split_of = np.full(len(notes), "", dtype=object)
    for split, (file,) in places.items():
        for number, note in enumerate(_read_metadata(file, None)):
            if not where[repr(note)]:
                raise InputError(f"{file}: sample {number} is in none of the groups, or more often than there")
            split_of[where[repr(note)].popleft()] = split
    if (split_of == "").any():
        raise InputError(f"{folder}: sample {int(np.argmax(split_of == ''))} of the groups is in no split")
    return split_of.astype(str)
