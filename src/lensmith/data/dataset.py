"""A data set on disk: a folder of memory-mapped arrays, the truth beside them, and ``dataset.json`` about both."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from lensmith.data.dataset_folder import DESCRIPTION, PLAN, TRUTH, read_json
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import InputError


class ShardedArray:
    """An array in several files, read like one along the first axis: numbers, slices, lists of numbers, masks."""

    def __init__(self, parts: list[np.ndarray]):
        self.parts = parts
        self.starts = np.cumsum([0, *(len(part) for part in parts)])
        self.shape = (int(self.starts[-1]), *parts[0].shape[1:])
        self.dtype = parts[0].dtype
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key):
        rows, rest = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        wanted = np.arange(len(self))[rows]
        if np.ndim(wanted) == 0:
            return self._row(int(wanted))[rest]
        out = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        shards = np.searchsorted(self.starts, wanted, side="right") - 1
        for shard in np.unique(shards):
            here = shards == shard
            out[here] = self.parts[shard][wanted[here] - self.starts[shard]]
        return out[(slice(None), *rest)]

    def _row(self, row: int) -> np.ndarray:
        shard = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.parts[shard][row - self.starts[shard]]

    def __array__(self, dtype=None, copy=None):
        return np.concatenate(self.parts).astype(dtype or self.dtype, copy=False)


class DataSet:
    """A whole data set, as `open_dataset` gives it.

    Attributes
    ----------
    path : its folder.
    description : what ``dataset.json`` holds: kind, survey, settings, seed, versions.
    specs : what each array is, by name.
    columns : what each truth column is, by name.
    arrays : the arrays by name, ``[sample, ...]``: memory maps, read when indexed.
    truth : the truth as a `pyarrow.Table`, one row a sample, unit and description in each field's metadata.
    """

    def __init__(self, path: Path, description: dict):
        self.path = path
        self.description = description
        self.specs = {name: _spec(values) for name, values in description["arrays"].items()}
        self.columns = {name: Column(**values) for name, values in description["columns"].items()}
        self._folders = [path / shard["folder"] for shard in description["shards"]]
        self._sizes = [shard["n"] for shard in description["shards"]]
        self.arrays = {name: self._array(name, spec) for name, spec in self.specs.items()}

    def __len__(self) -> int:
        return sum(self._sizes)

    @property
    def kind(self) -> str:
        """The kind of simulation that it came from."""
        return self.description["kind"]

    @property
    def seed(self) -> int:
        """The seed of all samples."""
        return self.description["seed"]

    @property
    def settings(self) -> dict:
        """The settings of its simulation, as plain values."""
        return self.description["settings"]

    @cached_property
    def truth(self):
        """All rows of the truth."""
        from lensmith.data.dataset_truth import read_tables

        table = read_tables(folder / TRUTH for folder in self._folders)
        if table.num_rows != len(self):
            raise InputError(f"{self.path}: the truth has {table.num_rows} rows for {len(self)} samples")
        return table

    def column(self, name: str) -> np.ndarray:
        """One column of the truth, ``[sample]``.

        Raises
        ------
        InputError
            if there is no such column.
        """
        if name not in self.truth.column_names:
            raise InputError(
                f"{self.path}: the truth has no column {name}; it has {', '.join(self.truth.column_names)}"
            )
        return self.truth[name].to_numpy()

    def samples(self, rows) -> Samples:
        """Samples by row (a slice, or a list of numbers), copied into memory."""
        wanted = np.arange(len(self))[rows]
        if np.ndim(wanted) == 0:
            wanted = wanted[None]
        arrays = {name: np.array(array[wanted]) for name, array in self.arrays.items()}
        truth = {name: self.column(name)[wanted] for name in self.columns}
        return Samples(self.column("index")[wanted], arrays, truth)

    def batches(self, size: int) -> Iterator[Samples]:
        """All samples in order, `size` at a time."""
        for start in range(0, len(self), size):
            yield self.samples(slice(start, start + size))

    def _array(self, name: str, spec: ArraySpec):
        parts = []
        for folder, n in zip(self._folders, self._sizes, strict=True):
            file = folder / f"{name}.npy"
            try:
                part = np.load(file, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError) as error:
                raise InputError(f"{file}: it cannot be read ({error}); make the data set again") from None
            if part.shape != (n, *spec.shape) or part.dtype != np.dtype(spec.dtype):
                raise InputError(
                    f"{file}: shape {part.shape} and type {part.dtype} are not those that dataset.json gives, "
                    f"{(n, *spec.shape)} and {spec.dtype}; make the data set again"
                )
            parts.append(part)
        return parts[0] if len(parts) == 1 else ShardedArray(parts)


def open_dataset(path: Path | str) -> DataSet:
    """The data set in a folder.

    Raises
    ------
    InputError
        if there is none, it is not whole, or its files do not hold what ``dataset.json`` says.
    """
    path = Path(path)
    description = read_json(path / DESCRIPTION)
    if description is None:
        if (path / PLAN).exists():
            raise InputError(f"{path}: this data set is only half-written; repeat the command that makes it")
        raise InputError(f"{path}: there is no data set here (no {DESCRIPTION})")
    try:
        return DataSet(path, description)
    except (KeyError, TypeError) as error:
        raise InputError(f"{path / DESCRIPTION}: it is not the description of a data set ({error!r})") from None


def _spec(values: dict) -> ArraySpec:
    return ArraySpec(**{**values, "shape": tuple(values["shape"]), "axes": tuple(values["axes"])})
