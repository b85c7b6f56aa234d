"""Objects that a network has drawn beside the lens, on the stamps of a fit.

What the segmenter calls another object is masked in the final fit as a blob is that a model leaves unexplained
(`lensmith.modelling.unexplained`), and only where that may be: well outside the arcs of the solution, where it has no
light of its source. It takes no part in the choice between solutions, as a drawn arc may be called another object.
"""

import numpy as np
import scipy.ndimage as ndi

from lensmith.data.labels import CLASSES
from lensmith.modelling.alignment import AlignedBands

_OTHER = CLASSES.index("other")


def drawn_neighbours(findings, aligned: AlignedBands) -> tuple[np.ndarray, ...]:
    """bool ``[y, x]`` a band on its stamp, True where another object was drawn; () where nothing was.

    `findings` is what networks said (`lensmith.data.Findings`), its classes on the pixels of the first of `aligned`, or
    None.
    """
    first = aligned.bands[0]
    if findings is None or findings.classes is None or findings.classes.shape != first.band.shape:
        return ()
    other = ndi.binary_dilation(findings.classes == _OTHER)
    return tuple(_on_stamp(other, first, band) for band in aligned.bands)


def _on_stamp(drawn: np.ndarray, first, band) -> np.ndarray:
    """The nearest pixel of the first band's image for every pixel of a band's stamp; False off the image."""
    place = np.stack([band.x.ravel(), band.y.ravel()])
    columns, rows = np.linalg.solve(first.matrix, place) + np.array(first.centre_pixel)[:, None]
    values = ndi.map_coordinates(drawn.astype(np.uint8), [rows, columns], order=0, mode="constant", cval=0)
    return values.reshape(band.x.shape).astype(bool)
