"""Panels that show an image on the sky: pixels where they lie in the frame, whatever the band's scale and rotation."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D

from lensmith.plots.style import MASKED_GREY
from lensmith.plots.view import Grid, View
from lensmith.types import BoolArray


def frame_panel(ax: Axes, view: View) -> None:
    """Make `ax` a panel of `view`: equal scales, no ticks (a scale bar says the size), grey without data."""
    ax.set(xlim=view.limits[0], ylim=view.limits[1], xticks=[], yticks=[], facecolor=MASKED_GREY)
    ax.set_aspect("equal")
    for spine in ax.spines.values():
        spine.set_linewidth(0.6)


def draw_pixels(ax: Axes, shades: np.ndarray, grid: Grid, view: View, cmap) -> AxesImage:
    """Draw shades in [0, 1] ``[y, x]`` or ``[y, x, rgba]`` where the pixels lie in the frame; NaN stays bare."""
    rows, columns = view.window(grid, shades.shape[:2])
    start = np.array([columns.start, rows.start])
    shift = grid.matrix @ (start - np.array(grid.origin))
    place = Affine2D.from_values(*grid.matrix.T.ravel(), *shift) + ax.transData
    limits = ax.get_xlim(), ax.get_ylim()
    image = ax.imshow(
        shades[rows, columns], cmap=cmap, vmin=0, vmax=1, origin="lower", interpolation="nearest", transform=place
    )
    ax.set(xlim=limits[0], ylim=limits[1])
    return image


def hatch_masked(ax: Axes, mask: BoolArray, grid: Grid, view: View) -> None:
    """Hatch the pixels ``[y, x]`` where `mask` is False: they were not fitted."""
    rows, columns = view.window(grid, mask.shape)
    if mask[rows, columns].all():
        return
    fine = max(1, min(6, 900 // max(mask[rows, columns].shape)))
    masked = np.repeat(np.repeat(~mask[rows, columns], fine, axis=0), fine, axis=1)
    row, column = np.indices(masked.shape)
    period = max(6, masked.shape[0] // 28)
    stripes = (row + column) % period < max(1, period // 6)
    rgba = np.zeros((*masked.shape, 4), dtype=np.uint8)
    rgba[masked] = (128, 128, 128, 60)
    rgba[masked & stripes] = (255, 255, 255, 150)
    first = np.array([columns.start, rows.start]) - 0.5 + 0.5 / fine
    draw_pixels(ax, rgba, Grid(tuple((np.array(grid.origin) - first) * fine), grid.matrix / fine), view, None)
