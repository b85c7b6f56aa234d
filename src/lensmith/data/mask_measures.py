"""What a mask says of the lens before any fit: centre, extent, Einstein radius. Empty masks give NaN, not a guess.

Positions follow the conventions of the package: x along columns, y along rows, origin at the middle of the image.
"""

import numpy as np

from lensmith.types import BoolArray


def mask_centre(mask: BoolArray) -> tuple[float, float]:
    """x and y [pixels] of the mean of the pixels of a mask ``[y, x]``."""
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return float("nan"), float("nan")
    height, width = np.shape(mask)
    return float(columns.mean() - (width - 1) / 2), float(rows.mean() - (height - 1) / 2)


def mask_extent(mask: BoolArray) -> float:
    """Radius [pixels] of the circle with the area of a mask ``[y, x]``."""
    area = np.count_nonzero(mask)
    return float(np.sqrt(area / np.pi)) if area else float("nan")


def ring_radius(arcs: BoolArray, centre: tuple[float, float]) -> float:
    """Median distance [pixels] of the pixels of arcs ``[y, x]`` from `centre` (x, y): a first Einstein radius."""
    rows, columns = np.nonzero(arcs)
    if not rows.size or not np.isfinite(centre).all():
        return float("nan")
    height, width = np.shape(arcs)
    x, y = columns - (width - 1) / 2 - centre[0], rows - (height - 1) / 2 - centre[1]
    return float(np.median(np.hypot(x, y)))
