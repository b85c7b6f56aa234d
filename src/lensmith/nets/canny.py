"""Edges of an image after Canny 1986 (IEEE TPAMI 8, 679): smoothed gradient, thinned, kept where it is strong."""

import numpy as np

from lensmith.types import BoolArray, FloatArray


def canny_edges(image: FloatArray, sigma: float = 1.0, low: float = 0.1, high: float = 0.2) -> BoolArray:
    """Edges, bool ``[y, x]``, of an image ``[y, x]``.

    The gradient is that of the image smoothed by `sigma` pixels. Its ridges are kept above `low` times its maximum
    where they are connected with one above `high` times it.
    """
    from scipy.ndimage import gaussian_filter, label, sobel

    smooth = gaussian_filter(np.asarray(image, np.float32), sigma)
    down, right = sobel(smooth, 0), sobel(smooth, 1)
    size = np.hypot(down, right)
    if not size.max() > 0:
        return np.zeros(size.shape, bool)
    ridges = _ridges(size, down, right)
    weak, strong = ridges & (size > low * size.max()), ridges & (size > high * size.max())
    pieces, _ = label(weak, np.ones((3, 3)))
    return weak & np.isin(pieces, np.unique(pieces[strong]))


def _ridges(size: FloatArray, down: FloatArray, right: FloatArray) -> BoolArray:
    """Pixels whose gradient is no smaller than that of both neighbours along it."""
    sector = np.round(np.arctan2(down, right) / (np.pi / 4)).astype(int) % 4
    padded = np.pad(size, 1)
    rows, columns = size.shape
    kept = np.zeros(size.shape, bool)
    for k, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        behind = padded[1 - dy : 1 - dy + rows, 1 - dx : 1 - dx + columns]
        # One side strictly: of two equal neighbours one stays.
        kept |= (sector == k) & (size >= ahead) & (size > behind)
    return kept
