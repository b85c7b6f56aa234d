"""What of a stamp need be drawn: the part that the nodes of a source's grid can light up, and the pixels in use."""

from dataclasses import dataclass

import numpy as np
from scipy.fft import next_fast_len

from lensmith.modelling.lensed_source import GRID_OVERLAP, GRID_SIDE
from lensmith.modelling.prepare import PreparedBand, padded_transform
from lensmith.modelling.ray_blocks import offsets_at

_NODE_REACH, _SOURCE_MARGIN = 4.0, 0.05
"""How far a node of the source's grid is seen, in its widths, and how far the source may move, in units of theta_E."""
_ROOM = 0.05
"""By how much the images may move, in units of theta_E, before a window that was laid out for them is too small."""
_WINGS = 0.97
"""Share of the PSF within the radius by which a window is wider than what the nodes light up. Farther wings of these,
which are a small part of the source's light, end or wrap around at the window's edge."""
_SIDE_STEP = 32
"""Sides are rounded up to multiples of this, so that few shapes are compiled."""


@dataclass(frozen=True, eq=False)
class NodesWindow:
    """A square of a band's grid from pixel (`row`, `column`) on, and what draws images on it.

    `x`, `y` ``[fine y, fine x]`` arcsec, `kernel_fft` of the PSF for FFTs of `fft_side`.
    """

    row: int
    column: int
    side: int
    x: np.ndarray
    y: np.ndarray
    kernel_fft: np.ndarray
    fft_side: int

    def places(self, pixels, band_side: int):
        """Of flat indices of a band's pixels: bool, which lie in the window, and the flat index of each in it, or 0."""
        row, column = np.divmod(pixels, band_side)
        row, column = row - self.row, column - self.column
        inside = (row >= 0) & (row < self.side) & (column >= 0) & (column < self.side)
        return inside, np.where(inside, row * self.side + column, 0)


def lit_by_nodes(core, spacing: float, x, y):
    """bool, of the shape of `x`, `y` [arcsec]: points whose ray ends within reach of a node of the source's grid.

    `core` is the `CORE` vector of the band. Beyond that reach a node has 3e-4 of its brightness.
    """
    dx, dy, _ = offsets_at(core, x, y)
    reach = ((GRID_SIDE - 1) / 2 + _NODE_REACH * GRID_OVERLAP) * spacing + _SOURCE_MARGIN * np.exp(core[0])
    return np.maximum(np.abs(dx), np.abs(dy)) < reach


def window_of(band: PreparedBand, core, spacing: float) -> NodesWindow:
    """The smallest window that holds what the nodes light up at `core`, with room to move and for the PSF's wings."""
    around, (first, last) = _wings(band.kernel), _lit_span(band, core, spacing)
    room = int(np.ceil(_ROOM * np.exp(core[0]) / band.pixel_scale))
    need = int((last - first).max()) + 1 + 2 * (around + room)
    side = min(-(-need // _SIDE_STEP) * _SIDE_STEP, band.side)
    if need > band.side:
        return whole_window(band)
    row, column = (int(v) for v in np.clip((first + last + 1 - side) // 2, 0, band.side - side))
    kernel_fft, fft_side = _transform(band, next_fast_len(max(side, len(band.kernel))))
    s = band.supersampling
    fine = np.s_[row * s : (row + side) * s, column * s : (column + side) * s]
    x, y = band.fine_x[fine], band.fine_y[fine]
    return NodesWindow(row, column, side, x, y, kernel_fft, fft_side)


def wrapped_transform(band: PreparedBand, pixels):
    """FFT of the PSF, and its side: that of the stamp itself where nothing wraps around onto flat indices `pixels`.

    Images are then right at these pixels alone (but for `_WINGS`). Else as it was prepared for the whole stamp.
    """
    rows_columns = np.stack(np.divmod(pixels, band.side)) if len(pixels) else np.zeros((2, 1))
    room = min(rows_columns.min(), band.side - 1 - rows_columns.max())
    if room < _wings(band.kernel):
        return band.kernel_fft, band.fft_side
    return _transform(band, band.side)


def whole_window(band: PreparedBand) -> NodesWindow:
    """The whole stamp."""
    return NodesWindow(0, 0, band.side, band.fine_x, band.fine_y, band.kernel_fft, band.fft_side)


def is_held(window: NodesWindow, band: PreparedBand, core, spacing: float) -> bool:
    """Whether all that the nodes light up at `core`, and the PSF's wings of it, lies within `window`."""
    around, (first, last) = _wings(band.kernel), _lit_span(band, core, spacing)
    start = np.array([window.row, window.column])
    low, high = np.maximum(first - around, 0), np.minimum(last + around, band.side - 1)
    return bool((low >= start).all() and (high < start + window.side).all())


def _transform(band: PreparedBand, fft_side: int):
    kernel_fft, fft_side = padded_transform(band.kernel, fft_side)
    return kernel_fft.astype(band.kernel_fft.dtype), fft_side


def _wings(kernel) -> int:
    """Pixels within which `_WINGS` of a kernel lies."""
    half = len(kernel) // 2
    radius = np.hypot(*(np.indices(kernel.shape) - half)).ravel()
    order = np.argsort(radius)
    enclosed = np.cumsum(kernel.ravel()[order]) / kernel.sum()
    return min(int(np.ceil(radius[order][np.argmax(enclosed >= _WINGS)])), half)


def _lit_span(band: PreparedBand, core, spacing: float):
    """First and last (row, column) that the nodes light up; the middle of the stamp where they light up nothing."""
    lit = np.argwhere(lit_by_nodes(core, spacing, band.fine_x, band.fine_y)) // band.supersampling
    lit = lit if len(lit) else np.full((1, 2), band.side // 2)
    return lit.min(0), lit.max(0)
