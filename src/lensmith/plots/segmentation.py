"""Masks drawn over images: truth, prediction, and where they differ."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lensmith.plots.palette import CATEGORY_COLOURS
from lensmith.plots.stretch import flux_stretch
from lensmith.plots.style import FLUX_CMAP, INK, LABEL_SIZE, TICK_SIZE

_INCH = 1.1
_MISSED, _ADDED = "#56b4e9", "#f0e442"


def segmentation_sheet(images: np.ndarray, truth: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> Figure:
    """A row a sample: image, true masks, predicted masks, and their difference; row 0 of the images at the bottom.

    Parameters
    ----------
    images : ``[n, y, x]``.
    truth, predicted : bool ``[n, class, y, x]``, without the background.
    classes : name of each mask.

    Raises
    ------
    ValueError
        if the shapes do not belong together.
    """
    images, truth, predicted = np.asarray(images), np.asarray(truth, bool), np.asarray(predicted, bool)
    if truth.shape != predicted.shape or truth.shape[1] != len(classes) or images.shape != truth[:, 0].shape:
        raise ValueError(f"images {images.shape}, masks {truth.shape} and {predicted.shape} do not belong together")
    figure = Figure(figsize=(4 * _INCH, _INCH * len(images) + 0.55), facecolor="white")
    axes = figure.subplots(len(images), 4, squeeze=False)
    height = _INCH * len(images) + 0.55
    figure.subplots_adjust(0.004, 0.36 / height, 0.996, 1 - 0.2 / height, wspace=0.03, hspace=0.03)
    for row, image, true, said in zip(axes, images, truth, predicted):
        grey = np.clip(flux_stretch(image)(image), 0, 1)
        row[0].imshow(grey, origin="lower", cmap=FLUX_CMAP, vmin=0, vmax=1, interpolation="nearest")
        for panel, masks in ((row[1], true), (row[2], said)):
            panel.imshow(_painted(grey, masks, CATEGORY_COLOURS), origin="lower", interpolation="nearest")
        parts = np.stack([(true & ~said).any(0), (said & ~true).any(0)])
        row[3].imshow(_painted(grey, parts, (_MISSED, _ADDED)), origin="lower", interpolation="nearest")
        for panel in row:
            panel.set_axis_off()
    for panel, title in zip(axes[0], ("image", "truth", "prediction", "difference")):
        panel.set_title(title, fontsize=LABEL_SIZE, color=INK, pad=2)
    named = [Patch(color=colour, label=name) for name, colour in zip(classes, CATEGORY_COLOURS)]
    named += [Patch(color=_MISSED, label="missed"), Patch(color=_ADDED, label="added")]
    figure.legend(handles=named, loc="lower center", ncols=3, fontsize=TICK_SIZE, frameon=False)
    return figure


def class_sheet(
    images: Sequence[np.ndarray], classes: Sequence[np.ndarray], names: Sequence[str], titles: Sequence[str], columns=4
) -> Figure:
    """Images ``[y, x]`` of any sizes, each beside itself with its classes painted over; row 0 at the bottom.

    `classes` are those of the images' pixels; 0 is not painted, `names` are those of the classes from 1 on.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = 1.12 * _INCH * rows + 0.3
    figure = Figure(figsize=(2 * _INCH * columns, height), facecolor="white")
    axes = figure.subplots(rows, 2 * columns, squeeze=False)
    figure.subplots_adjust(0.004, 0.28 / height, 0.996, 1 - 0.14 / height, wspace=0.03, hspace=0.16)
    pairs = axes.reshape(-1, 2)
    for panel in axes.ravel():
        panel.set_axis_off()
    for (plain, painted), image, of_pixel, title in zip(pairs, images, classes, titles):
        grey = np.clip(flux_stretch(image)(image), 0, 1)
        masks = [np.asarray(of_pixel) == number + 1 for number in range(len(names))]
        plain.imshow(grey, origin="lower", cmap=FLUX_CMAP, vmin=0, vmax=1, interpolation="nearest")
        painted.imshow(_painted(grey, masks, CATEGORY_COLOURS), origin="lower", interpolation="nearest")
        plain.set_title(title, fontsize=TICK_SIZE, color=INK, pad=1.5, loc="left")
    named = [Patch(color=colour, label=name) for name, colour in zip(names, CATEGORY_COLOURS)]
    figure.legend(handles=named, loc="lower center", ncols=len(names), fontsize=TICK_SIZE, frameon=False)
    return figure


def _painted(grey: np.ndarray, masks: np.ndarray, colours: Sequence[str]) -> np.ndarray:
    """Shades of grey with half-transparent masks, RGB ``[y, x, 3]``."""
    picture = np.repeat(grey[..., None], 3, -1)
    for mask, colour in zip(masks, colours):
        tint = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        picture[mask] = 0.35 * picture[mask] + 0.65 * tint
    return picture
