"""Writing a data set batch by batch, so that it is whole or not there, and a killed command goes on where it stopped.

Arrays are appended to ``.npy`` files whose header gives the final shape; the truth of each batch is a small file of its
own, put in its place after the batch's arrays: it is the mark that the batch is on disk. A shard moves out of
``.partial/`` when it is whole, and ``dataset.json`` comes last.
"""

import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.dataset_folder import DESCRIPTION, PARTIAL, PLAN, TRUTH, read_json, shard_name, write_json, writing
from lensmith.data.dataset_truth import read_tables, truth_schema, truth_table, write_table
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import InputError, SettingsError

SHARD_SIZE = 100_000
"""Samples in one shard; a data set up to this size has its arrays in its own folder."""


_LONGEST = 40
"""Letters of a value that is quoted in a message."""


class DataSetWriter:
    """Writes the samples 0 to `n` - 1 of one simulation into a folder, in order, from wherever an earlier try stopped.

    `about` says what makes the samples what they are (kind, survey, settings, seed, versions), as JSON can hold it.
    The folder must be held (`held_for_writing`).

    Raises
    ------
    SettingsError
        if the folder holds another data set; the message says what differs.
    OutputError
        if it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        n: int,
        arrays: Mapping[str, ArraySpec],
        columns: Mapping[str, Column],
        about: dict,
        shard_size: int = SHARD_SIZE,
    ):
        self.path, self.n, self.specs = Path(path), n, dict(arrays)
        self.schema = truth_schema(columns)
        self.shards = _shards(n, shard_size)
        described = {
            "arrays": {name: asdict(spec) for name, spec in arrays.items()},
            "columns": {name: asdict(column) for name, column in columns.items()},
        }
        self.description = _as_json({"format": 1, **about, "n": n, "shards": self.shards, **described})
        self._check_folder()
        self.done = self._find_done()

    @property
    def finished(self) -> bool:
        """Whether the data set is whole."""
        return (self.path / DESCRIPTION).exists()

    def append(self, samples: Samples) -> None:
        """Write the next samples; they must start at `done` and not reach over the end of a shard.

        Raises
        ------
        InputError
            if they are not the next ones, or not what the specifications say.
        OutputError
            if they cannot be written.
        """
        shard = next(shard for shard in self.shards if shard["start"] + shard["n"] > self.done)
        expected = np.arange(self.done, self.done + len(samples))
        if not np.array_equal(samples.indices, expected) or expected[-1] >= shard["start"] + shard["n"]:
            raise InputError(f"samples {samples.indices} cannot follow sample {self.done - 1} of {self.path}")
        table = truth_table(samples.indices, samples.truth, self.schema)
        values = {name: self._checked(name, samples) for name in self.specs}
        folder = self._partial(shard)
        with writing(self.path):
            for name, array in values.items():
                _append(folder / f"{name}.npy", array)
            write_table(table, folder / f"truth-{self.done - shard['start']:08d}.parquet")
        self.done += len(samples)
        if self.done == shard["start"] + shard["n"]:
            self._close(shard)
            self.done = self._find_done()

    def room(self) -> int:
        """How many samples are left in the shard that is being written."""
        ends = [shard["start"] + shard["n"] for shard in self.shards]
        return next((end - self.done for end in ends if end > self.done), 0)

    def finish(self) -> DataSet:
        """Declare the data set whole, and open it.

        Raises
        ------
        InputError
            if samples are missing.
        """
        if self.done < self.n:
            raise InputError(f"{self.path} has {self.done} of {self.n} samples")
        with writing(self.path):
            if not self.finished:
                write_json(self.description, self.path / DESCRIPTION)
            shutil.rmtree(self.path / PARTIAL, ignore_errors=True)
            (self.path / PLAN).unlink(missing_ok=True)
        return open_dataset(self.path)

    def _check_folder(self) -> None:
        """Note what is going to be written, or see that it is what was being written."""
        found = read_json(self.path / DESCRIPTION) or read_json(self.path / PLAN)
        if found is None:
            with writing(self.path):
                write_json(self.description, self.path / PLAN)
        elif (difference := _difference(found, self.description)) is not None:
            raise SettingsError(f"{self.path} holds another data set ({difference}); name another folder or empty it")

    def _find_done(self) -> int:
        if self.finished:
            return self.n
        for shard in self.shards:
            folder = self._partial(shard)
            with writing(self.path):
                if (self.path / shard["folder"] / TRUTH).exists():
                    continue
                done = shard["n"] if (folder / TRUTH).exists() else self._resume(folder, shard["n"])
            if done < shard["n"]:
                return shard["start"] + done
            self._close(shard)
        return self.n

    def _resume(self, folder: Path, n: int) -> int:
        """Cut the arrays of an unfinished shard back to the batches that are wholly there; returns their samples."""
        folder.mkdir(parents=True, exist_ok=True)
        done = 0
        while (piece := folder / f"truth-{done:08d}.parquet").exists():
            rows = read_tables([piece]).num_rows
            if any(_samples_in(folder / f"{name}.npy", spec, n) < done + rows for name, spec in self.specs.items()):
                break
            done += rows
        for later in folder.glob("truth-*.parquet"):
            if int(later.stem.partition("-")[2]) >= done:
                later.unlink()
        for name, spec in self.specs.items():
            file, header = folder / f"{name}.npy", _header(spec, n)
            with open(file, "r+b" if file.exists() else "w+b") as opened:
                opened.truncate(len(header) + done * _bytes(spec) if done else 0)
                opened.seek(0)
                opened.write(header)
        return done

    def _close(self, shard: dict) -> None:
        """Put the truth of a shard together, which seals it, and move the shard to its place."""
        folder = self._partial(shard)
        arrays = [f"{name}.npy" for name in self.specs]
        with writing(self.path):
            if not (folder / TRUTH).exists():
                for name in arrays:
                    with open(folder / name, "rb+") as opened:
                        os.fsync(opened.fileno())
                write_table(read_tables(sorted(folder.glob("truth-*.parquet"))), folder / TRUTH)
            for piece in folder.glob("truth-*.parquet"):
                piece.unlink()
            if shard["folder"] != ".":
                os.replace(folder, self.path / shard["folder"])
                return
            for name in [*arrays, TRUTH]:
                if (folder / name).exists():
                    os.replace(folder / name, self.path / name)

    def _partial(self, shard: dict) -> Path:
        return self.path / PARTIAL / ("whole" if shard["folder"] == "." else shard["folder"])

    def _checked(self, name: str, samples: Samples) -> np.ndarray:
        spec = self.specs[name]
        values = samples.arrays.get(name)
        if values is None:
            raise InputError(f"the samples have no array {name}")
        if values.shape[1:] != spec.shape or values.dtype != np.dtype(spec.dtype):
            raise InputError(
                f"array {name} has shape {values.shape[1:]} and type {values.dtype}, "
                f"but its specification says {spec.shape} and {spec.dtype}"
            )
        return np.ascontiguousarray(values)


def _shards(n: int, size: int) -> list[dict]:
    """Folder, first sample and number of samples of each shard."""
    if n <= size:
        return [{"folder": ".", "start": 0, "n": n}]
    starts = range(0, n, size)
    return [{"folder": shard_name(i), "start": start, "n": min(size, n - start)} for i, start in enumerate(starts)]


def _header(spec: ArraySpec, n: int) -> bytes:
    """The first bytes of the ``.npy`` file of `n` samples of an array."""
    file = io.BytesIO()
    shape = (n, *spec.shape)
    header = {"descr": np.dtype(spec.dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def _bytes(spec: ArraySpec) -> int:
    return int(np.prod(spec.shape, dtype=np.int64)) * np.dtype(spec.dtype).itemsize


def _samples_in(file: Path, spec: ArraySpec, n: int) -> int:
    """How many whole samples an unfinished ``.npy`` file has."""
    if not file.exists():
        return 0
    return max(0, file.stat().st_size - len(_header(spec, n))) // _bytes(spec)


def _append(file: Path, values: np.ndarray) -> None:
    with open(file, "ab") as opened:
        opened.write(values.data.cast("B") if values.size else b"")


def _as_json(content: dict) -> dict:
    """The same as it reads back from JSON, so that two descriptions can be compared."""
    return json.loads(json.dumps(content))


def _difference(found: dict, wanted: dict, name: str = "") -> str | None:
    """The first thing in which two descriptions differ, in words."""
    for key in sorted({*found, *wanted}, key=str):
        here, there = found.get(key), wanted.get(key)
        if isinstance(here, dict) and isinstance(there, dict):
            if (inner := _difference(here, there, f"{name}{key}.")) is not None:
                return inner
        elif here != there:
            if max(len(str(here)), len(str(there))) > _LONGEST:
                return f"{name}{key} differs"
            return f"{name}{key} {here} instead of {there}"
    return None
