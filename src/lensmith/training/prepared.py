"""What a network reads of each sample: made when asked for, or once and kept."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from lensmith.data import atomic_write
from lensmith.errors import InputError
from lensmith.nets.network import Network
from lensmith.training.preflight import refuse_full_disk
from lensmith.training.source import Source

_MEMORY = 2**30
"""Bytes of prepared inputs that are kept in memory."""
_CHUNK = 64


class Prepared:
    """Prepared inputs of the samples of a source.

    Kept in memory where they are small, on disk (`folder`) where they are slow to make, else made when asked for.
    """

    def __init__(self, network: Network, source: Source, folder: Path, key: str, tell=lambda line: None):
        self.network, self.source = network, source
        self.kept: dict[str, np.ndarray] | None = None
        n, sizes = len(source), self._sizes()
        total = n * sum(4 * int(np.prod(shape)) for shape in sizes.values())
        if network.slow_to_prepare:
            self.kept = self._from_disk(folder, key, sizes, total, tell)
        elif total <= _MEMORY:
            self.kept = {name: np.empty((n, *shape), np.float32) for name, shape in sizes.items()}
            for indices, inputs in self._all():
                for name, values in inputs.items():
                    self.kept[name][indices] = values

    def fetch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Inputs by name, float32 ``[index, ...]``."""
        if self.kept is not None:
            return {name: np.ascontiguousarray(values[indices]) for name, values in self.kept.items()}
        return self.network.prepare(self.source.load(indices))

    def _sizes(self) -> dict[str, tuple[int, ...]]:
        try:
            one = self.network.prepare(self.source.load(np.array([0])))
        except InputError as error:
            raise InputError(f"{self.source.where}: {error}") from None
        return {name: values.shape[1:] for name, values in one.items()}

    def _all(self):
        for start in range(0, len(self.source), _CHUNK):
            indices = np.arange(start, min(start + _CHUNK, len(self.source)))
            yield indices, self.network.prepare(self.source.load(indices))

    def _from_disk(self, folder: Path, key: str, sizes, total: int, tell) -> dict[str, np.ndarray]:
        """Memory maps of `folder`/<hash of `key`>, made if they are not there; whole or not there at all."""
        home = folder / hashlib.sha256(key.encode()).hexdigest()[:16]
        if not home.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            refuse_full_disk(folder, total)
            self._write(home, sizes, tell)
        return {name: np.load(home / f"{name}.npy", mmap_mode="r") for name in sizes}

    def _write(self, home: Path, sizes, tell) -> None:
        temporary = home.with_name(f".{home.name}.{os.getpid()}")
        temporary.mkdir(parents=True)
        try:
            maps = {
                name: np.lib.format.open_memmap(temporary / f"{name}.npy", "w+", np.float32, (len(self.source), *shape))
                for name, shape in sizes.items()
            }
            for indices, inputs in self._all():
                for name, values in inputs.items():
                    maps[name][indices] = values
                if indices[0] % 1024 == 0 and indices[0]:
                    tell(f"prepared {indices[0]} of {len(self.source)} samples")
            for values in maps.values():
                values.flush()
            if not home.is_dir():
                os.replace(temporary, home)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def preparation_key(network: Network, digest: str) -> str:
    """What prepared inputs depend on: the data, and what the network says of itself."""
    return json.dumps([digest, network.preparation()], sort_keys=True)


def teach_or_fetch(network: Network, folder: Path, tell) -> None:
    """`Network.learn_to_prepare`, or what another training has kept of it in `folder`."""
    if network.taught is None:
        return
    key = json.dumps([network.spec.name, network.lessons()], sort_keys=True)
    path = folder / f"taught-{hashlib.sha256(key.encode()).hexdigest()[:16]}.safetensors"
    if path.is_file():
        network.taught.load_state_dict(load_file(path))
        return
    network.learn_to_prepare(tell)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        save_file({name: value.contiguous() for name, value in network.taught.state_dict().items()}, temporary)
