"""Many small images in one picture, to look at a data set at a glance."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.stretch import flux_stretch
from lensmith.plots.style import FLUX_CMAP

_INCH = 1.15
"""Side of one image in the picture."""


def contact_sheet(
    images: np.ndarray, titles: Sequence[str] | None = None, columns: int | None = None, zoom: str = "each"
) -> Figure:
    """Images ``[n, y, x]`` or ``[n, band, y, x]`` side by side, row 0 at the bottom; bands go from blue to red.

    Three or more bands are shown in colour (the last as red, the middle one as green, the first as blue), two as red
    and blue with their mean between, one in the colours of a single image. Each image has a stretch of its own
    (`zoom` ``each``), or all share that of the whole set (``all``).

    Raises
    ------
    ValueError
        if `images` has no such shape.
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4) or len(images) == 0:
        raise ValueError(f"images must be [n, y, x] or [n, band, y, x] with n of 1 or more, not {images.shape}")
    stack = images if images.ndim == 4 else images[:, None]
    columns = columns or min(len(stack), int(np.ceil(np.sqrt(len(stack)))))
    rows = -(-len(stack) // columns)
    height = _INCH * (1.18 if titles is not None else 1)
    figure = Figure(figsize=(_INCH * columns, height * rows), facecolor="white")
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"wspace": 0.03, "hspace": 0.03})
    top = 1 if titles is None else 1 - 0.16 / (1.18 * rows)
    figure.subplots_adjust(0.004, 0.004, 0.996, top, hspace=0.03 if titles is None else 0.18)
    stretches = _stretches(stack.swapaxes(0, 1)) if zoom == "all" else None
    for number, panel in enumerate(axes.ravel()):
        panel.set_axis_off()
        if number < len(stack):
            picture = _picture(stack[number], stretches or _stretches(stack[number][:, None]))
            panel.imshow(picture, origin="lower", cmap=FLUX_CMAP, vmin=0, vmax=1, interpolation="nearest")
            if titles is not None:
                panel.set_title(titles[number], fontsize=6, pad=1.5)
    return figure


def _stretches(by_band: np.ndarray) -> list:
    """The colour scale of each band, from its images ``[band, n, y, x]``."""
    return [flux_stretch(images) for images in by_band]


def _picture(bands: np.ndarray, stretches: list) -> np.ndarray:
    """One sample as an RGB image ``[y, x, 3]``, or as shades ``[y, x]`` where there is one band."""
    shades = np.stack([np.clip(stretch(band), 0, 1) for stretch, band in zip(stretches, bands, strict=True)])
    if len(shades) == 1:
        return shades[0]
    middle = (len(shades) - 1) / 2
    green = (shades[int(np.floor(middle))] + shades[int(np.ceil(middle))]) / 2
    return np.stack([shades[-1], green, shades[0]], axis=-1)
