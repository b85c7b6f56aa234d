"""Labelled samples of a simulation, and the description of their arrays and truth."""

from dataclasses import dataclass

import numpy as np

from lensmith.errors import InputError


@dataclass(frozen=True)
class ArraySpec:
    """One array of every sample: its shape and axes without the sample axis, dtype, unit and meaning."""

    shape: tuple[int, ...]
    axes: tuple[str, ...]
    dtype: str = "float32"
    unit: str = ""
    description: str = ""

    def __post_init__(self):
        if len(self.axes) != len(self.shape):
            raise InputError(f"an array with axes {self.axes} cannot have shape {self.shape}")


@dataclass(frozen=True)
class Column:
    """One column of the truth: dtype (``float64``, ``int64``, ``bool`` or ``str``), unit and meaning."""

    dtype: str = "float64"
    unit: str = ""
    description: str = ""


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples with their truth: `arrays` ``[sample, ...]`` and `truth` ``[sample]`` by name; `indices` ``[sample]``."""

    indices: np.ndarray
    arrays: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]

    def __post_init__(self):
        for name, values in (self.arrays | self.truth).items():
            if len(values) != len(self.indices):
                raise InputError(f"{name} has {len(values)} rows for {len(self.indices)} samples")

    def __len__(self) -> int:
        return len(self.indices)
