"""What a mask says of the lens before any fit: centre, extent, Einstein radius, noise. Empty masks give NaN, no guess.

Positions follow the conventions of the package: x along columns, y along rows, origin at the middle of the image.
"""

from typing import NamedTuple

import numpy as np

from lensmith.data.labels import CLASSES
from lensmith.data.records import Cutout
from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray

FEWEST = 50
"""Background pixels below which their scatter is no measurement."""
_MAD = 1.4826


class MaskMeasures(NamedTuple):
    """What the classes of a candidate's pixels say; NaN where there is nothing to measure.

    Attributes
    ----------
    x_lens, y_lens : arcsec, centre of the lens galaxy in the first band's frame.
    lens_radius : arcsec, of the circle with the area of the lens.
    theta_E : arcsec, median distance of the arcs' pixels from that centre: where a fit may begin.
    sky, sigma : level and 1 sigma of the background in the first band, in its unit.
    arc_pixels : how many pixels `theta_E` rests on.
    """

    x_lens: float
    y_lens: float
    lens_radius: float
    theta_E: float
    sky: float
    sigma: float
    arc_pixels: int


def measure_classes(cutout: Cutout, classes: np.ndarray) -> MaskMeasures:
    """Measures of the first band of a candidate whose pixels are of `classes` ``[y, x]`` (`labels.CLASSES`).

    The lens is the one connected piece of its class that is nearest to the middle in proportion to its size. Arcs are
    pixels of arc and of lensed point images.

    Raises
    ------
    InputError
        if the classes are not on the first band's pixels.
    """
    band, classes = cutout.bands[0], np.asarray(classes)
    if classes.shape != band.shape:
        raise InputError(f"candidate {cutout.id}: classes {classes.shape} are not on the pixels {band.shape}")
    scale = band.pixel_scale
    lens = central_piece(classes == CLASSES.index("lens"))
    arcs = np.isin(classes, [CLASSES.index(name) for name in ("arc", "point")])
    centre = mask_centre(lens)
    sky, sigma = background_level(band.image, (classes == 0) & band.mask)
    return MaskMeasures(
        x_lens=scale * centre[0],
        y_lens=scale * centre[1],
        lens_radius=scale * mask_extent(lens),
        theta_E=scale * ring_radius(arcs, centre),
        sky=sky,
        sigma=sigma,
        arc_pixels=int(np.count_nonzero(arcs)),
    )


def background_level(image: FloatArray, background: BoolArray) -> tuple[float, float]:
    """Median and scatter (from the median deviation) of the pixels of a mask ``[y, x]``; NaN below `FEWEST` of them."""
    values = np.asarray(image, float)[np.asarray(background, bool)]
    if values.size < FEWEST:
        return float("nan"), float("nan")
    sky = np.median(values)
    return float(sky), float(_MAD * np.median(np.abs(values - sky)))


def central_piece(mask: BoolArray) -> BoolArray:
    """The connected piece of a mask ``[y, x]`` with the smallest distance of its centre in units of its own radius."""
    from scipy.ndimage import label

    pieces, count = label(mask, np.ones((3, 3)))
    if count < 2:
        return np.asarray(mask, bool)
    far = [np.hypot(*mask_centre(pieces == k)) / mask_extent(pieces == k) for k in range(1, count + 1)]
    return pieces == 1 + int(np.argmin(far))


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
