"""What every kind of simulation is: settings, survey and seed in, labelled samples out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from lensmith.data.samples import ArraySpec, Column, Samples


class Simulator(Protocol):
    """One kind of simulation with its settings fixed.

    Attributes
    ----------
    arrays : what each sample's arrays are, by name.
    columns : what each sample's truth is, by name.
    """

    arrays: dict[str, ArraySpec]
    columns: dict[str, Column]

    def samples(self, seed: int, indices: Sequence[int] | np.ndarray) -> Samples:
        """Samples `indices` of `seed`, in that order: each the same whatever else is asked for beside it."""
        ...
