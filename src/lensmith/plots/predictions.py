"""Pictures with what a classifier says of them, as the dark-matter example shows its own."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.style import LABEL_SIZE, TITLE_SIZE

_RIGHT, _WRONG = "#007a5a", "#c0392b"


def predictions_sheet(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], columns: int = 4
) -> Figure:
    """`images` ``[sample, y, x(, 3)]``, each with the class said, how sure that is, and the true class.

    What is said is green where it is right and red where it is wrong. Colours in 0 ... 255.
    """
    said, sure = probabilities.argmax(1), probabilities.max(1)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(2.6 * columns, 2.9 * rows + 0.4), facecolor="white", layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for k, (axes, image) in enumerate(zip(panels, images)):
        coloured = image.ndim == 3
        axes.imshow(np.clip(image / 255, 0, 1) if coloured else image, cmap=None if coloured else "gray")
        text = f"{classes[said[k]]} {100 * sure[k]:.0f} %; true: {classes[labels[k]]}"
        axes.set_title(text, size=LABEL_SIZE, color=_RIGHT if said[k] == labels[k] else _WRONG)
    figure.suptitle(f"{int((said == labels).sum())} of {len(images)} right", size=TITLE_SIZE)
    return figure
