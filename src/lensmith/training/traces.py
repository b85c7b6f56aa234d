"""Marks that copies of an image share: turned, flipped, scaled or rounded to 8 bits, it keeps its trace.

The image, scaled to 0 ... 1, is averaged onto a small symmetric grid; its trace is the largest response, over the
eight flips and quarter turns, to each of a dozen fixed random templates. Rounding to 8 bits moves a trace of 150x150
pixels by 4e-4, a new draw of the noise of a typical survey image by ten times as much, another image by some 1e-1.
"""

import hashlib
from functools import lru_cache

import numpy as np

SIDE = 16
TEMPLATES = 12
_ROUNDING = 16 / 255
"""Root-mean-square distance that rounding to 8 bits moves a trace, times pixels along a side."""


def image_traces(images) -> np.ndarray:
    """Traces, float32 ``[sample, TEMPLATES]``, of images ``[sample, (band,) y, x]``; bands are averaged."""
    images = np.asarray(images, np.float32)
    if images.ndim == 4:
        images = images.mean(1)
    low, high = (edge(images, axis=(1, 2), keepdims=True) for edge in (np.min, np.max))
    scaled = (images - low) / np.where(high > low, high - low, 1)
    rows, columns = (_shares(side) for side in images.shape[1:])
    small = rows @ scaled @ columns.T
    responses = small.reshape(len(small), -1) @ _templates()
    return responses.reshape(len(small), TEMPLATES, 8).max(2)


def exact_marks(arrays: dict[str, np.ndarray]) -> list[str]:
    """SHA-256 of each sample's arrays, ``[sample]``."""
    n = len(next(iter(arrays.values())))
    names = sorted(arrays)
    return [
        hashlib.sha256(b"".join(np.ascontiguousarray(arrays[name][i]).tobytes() for name in names)).hexdigest()
        for i in range(n)
    ]


def copy_pairs(traces: np.ndarray, side: int, others: np.ndarray | None = None) -> np.ndarray:
    """Pairs of samples whose traces agree, int64 ``[pair, 2]``: within `traces`, or of `traces` and `others`.

    `side`: pixels along the shorter side of the images; few pixels average the rounding less. Within one list every
    sample is paired with the first of its exact copies only, so that a thousand of them make a thousand pairs.
    """
    from scipy.spatial import cKDTree

    tolerance = 3 * _ROUNDING / side
    if others is not None:
        near = cKDTree(others).query(traces, distance_upper_bound=tolerance)
        found = np.flatnonzero(np.isfinite(near[0]))
        return np.stack([found, near[1][found]], 1).reshape(-1, 2)
    _, first, inverse = np.unique(traces, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.ravel()
    same = np.flatnonzero(first[inverse] != np.arange(len(traces)))
    pairs = [np.stack([first[inverse[same]], same], 1)]
    near = cKDTree(traces[first]).query_pairs(tolerance, output_type="ndarray")
    pairs.append(first[near])
    return np.concatenate(pairs).reshape(-1, 2)


@lru_cache
def _shares(side: int) -> np.ndarray:
    """Which share of each pixel falls into each of SIDE equal bins, over the bin's width; float32 ``[SIDE, side]``."""
    edges = np.linspace(0, side, SIDE + 1)
    pixels = np.arange(side)
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    return (np.clip(high - low, 0, None) * SIDE / side).astype(np.float32)


@lru_cache
def _templates() -> np.ndarray:
    """Templates of unit length in all eight positions, float32 ``[SIDE * SIDE, TEMPLATES * 8]``."""
    random = np.random.default_rng(20200101)
    made = []
    for _ in range(TEMPLATES):
        template = random.normal(size=(SIDE, SIDE))
        template /= np.linalg.norm(template)
        for turns in range(4):
            turned = np.rot90(template, turns)
            made += [turned, turned.T]
    return np.stack([one.ravel() for one in made], 1).astype(np.float32)
