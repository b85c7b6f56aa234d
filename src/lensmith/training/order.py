"""Which samples make which batch, and how each is turned: functions of (seed, epoch, sample) and nothing else."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Dataset, Sampler

TURNS = {"none": (0,), "half-turn": (0, 2), "dihedral": tuple(range(8))}
"""Codes of the flips and turns of each kind of augmentation: quarter turns, plus 4 if transposed first."""

TURN = "turn"
"""Inputs of this name are filled with each sample's code: for what has to be turned otherwise than an image."""


class EpochOrder(Sampler):
    """Batches of (sample, turn) pairs, shuffled anew each epoch; `rank` of `world` processes takes its share of each.

    The batch of all processes together is the same however many there are. With `fresh` every epoch has samples of
    its own: `n` and up in the second, and so on.
    """

    def __init__(
        self, n: int, batch: int, seed: int, augment: str = "none", rank: int = 0, world: int = 1, fresh: bool = False
    ):
        self.n, self.batch, self.seed, self.fresh = n, batch, seed, fresh
        self.turns = np.array(TURNS[augment])
        self.rank, self.world, self.epoch = rank, world, 0
        self.sampler = self
        """Where Lightning looks for `set_epoch`."""

    def set_epoch(self, epoch: int) -> None:
        """Called before an epoch begins."""
        self.epoch = epoch

    def __len__(self) -> int:
        whole, left = divmod(self.n, self.batch)
        # A rest too small to share, or to take a mean and spread of, is left out of this epoch.
        return max(whole + (left >= 2 * self.world), 1)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        random = np.random.default_rng([self.seed, self.epoch])
        order = random.permutation(self.n)
        turns = self.turns[random.integers(len(self.turns), size=self.n)]
        for k in range(len(self)):
            mine = order[k * self.batch : (k + 1) * self.batch][self.rank :: self.world]
            yield [(int(i) + self.fresh * self.epoch * self.n, int(turns[i])) for i in mine]


class InOrder(Sampler):
    """Every sample once, as it is, in every process: all agree on the scores of a validation set."""

    def __init__(self, n: int, batch: int):
        self.n, self.batch = n, batch

    def __len__(self) -> int:
        return -(-self.n // self.batch)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for start in range(0, self.n, self.batch):
            yield [(i, 0) for i in range(start, min(start + self.batch, self.n))]


class Batches(Dataset):
    """Prepared inputs with labels, fetched a batch at a time.

    `fetch` gives inputs by name and labels int64 ``[place]`` of an array of places.
    """

    def __init__(self, fetch, n: int):
        self.fetch, self.n = fetch, n

    def __len__(self) -> int:
        return self.n

    def __getitems__(self, pairs: list[tuple[int, int]]):
        places, turns = (np.array(values) for values in zip(*pairs))
        inputs, labels = self.fetch(places)
        out = {name: turned(values, turns) for name, values in inputs.items()}
        return out | ({TURN: turns.astype(np.int64)} if TURN in inputs else {}), labels


def turned(values: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Images ``[sample, band, y, x]``, each flipped and turned by its code; what is no square image stays as it is."""
    if values.ndim != 4 or values.shape[-1] != values.shape[-2] or not turns.any():
        return values
    out = np.empty_like(values)
    for code in np.unique(turns):
        chosen = values[turns == code]
        flipped = np.swapaxes(chosen, -1, -2) if code >= 4 else chosen
        out[turns == code] = np.rot90(flipped, code % 4, axes=(-2, -1))
    return out


def as_tensors(batch):
    """Collate: NumPy to torch, without a copy."""
    import torch

    inputs, labels = batch
    return {name: torch.from_numpy(values) for name, values in inputs.items()}, torch.from_numpy(labels)
