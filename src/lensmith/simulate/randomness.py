"""Random streams by name: each sample has its own, whatever the batch, the worker or the order of the work."""

import hashlib
import zlib
from collections.abc import Sequence

import jax
import numpy as np


def rng(seed: int, index: int, purpose: str, attempt: int = 0) -> np.random.Generator:
    """The host's stream of sample `index` of `seed` for one `purpose`; `attempt` gives a fresh one after a rejection.

    A counter-based generator (Philox; Salmon et al. 2011, SC'11, 16) keyed by a hash of all four.
    """
    name = f"{int(seed)}/{int(index)}/{purpose}/{int(attempt)}".encode()
    key = int.from_bytes(hashlib.blake2b(name, digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))


def noise_keys(seed: int, indices: Sequence[int] | np.ndarray, purpose: str = "noise") -> jax.Array:
    """One JAX key a sample ``[n]``, of samples `indices` of `seed`; the same with and without float64 switched on."""
    seed = int(seed)
    key = jax.random.key(np.uint32(seed & 0xFFFFFFFF), impl="threefry2x32")
    for word in ((seed >> 32) & 0xFFFFFFFF, zlib.crc32(purpose.encode())):
        key = jax.random.fold_in(key, np.uint32(word))
    return _folded(key, np.asarray(indices, dtype=np.uint32))


@jax.jit
def _folded(key, indices):
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, indices)
