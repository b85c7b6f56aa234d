"""``segmentation.fits``: the classes of a candidate's pixels and their probabilities, with the cutout's WCS."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data.atomic import atomic_write
from lensmith.data.fits_writer import ascii_card, sky_header
from lensmith.data.labels import CLASSES
from lensmith.data.mask_measures import MaskMeasures
from lensmith.data.records import Cutout
from lensmith.errors import InputError
from lensmith.types import FloatArray


def write_segmentation_fits(
    path: Path | str,
    cutout: Cutout,
    classes: np.ndarray,
    probabilities: FloatArray,
    measures: MaskMeasures | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Write ``CLASSES`` (uint8 ``[y, x]``) and ``PROBABILITIES`` (float32 ``[class, y, x]``) of the first band.

    The primary header says what each number means (``CLASS0``, ``CLASS1``, ...) and what the masks measure.

    Raises
    ------
    InputError
        if the arrays are not on the first band's pixels.
    """
    band = cutout.bands[0]
    classes, probabilities = np.asarray(classes), np.asarray(probabilities)
    if classes.shape != band.shape or probabilities.shape != (len(CLASSES), *band.shape):
        raise InputError(
            f"candidate {cutout.id}: classes {classes.shape} and probabilities {probabilities.shape} are not on the "
            f"pixels {band.shape} of band {band.name}"
        )
    primary = fits.PrimaryHDU()
    primary.header["OBJECT"] = ascii_card(cutout.id)
    for number, name in enumerate(CLASSES):
        primary.header[f"CLASS{number}"] = (name, f"pixels {number} of CLASSES")
    if measures is not None:
        _add_measures(primary.header, measures)
    for note in notes:
        primary.header["HISTORY"] = note.encode("ascii", "replace").decode()
    header = sky_header(band)
    header["BAND"] = ascii_card(band.name)
    hdus = [
        primary,
        fits.ImageHDU(classes.astype(np.uint8), header, name="CLASSES"),
        fits.ImageHDU(probabilities.astype(np.float32), header, name="PROBABILITIES"),
    ]
    with atomic_write(path) as temporary:
        fits.HDUList(hdus).writeto(temporary, overwrite=True)


_CARDS = {
    "x_lens": ("XLENS", "[arcsec] centre of the lens from the middle"),
    "y_lens": ("YLENS", "[arcsec] centre of the lens from the middle"),
    "lens_radius": ("RLENS", "[arcsec] radius of the circle with its area"),
    "theta_E": ("THETAE", "[arcsec] median distance of the arcs' pixels"),
    "sky": ("SKY", "median of the background in the first band"),
    "sigma": ("SIGMA", "1 sigma of the background in the first band"),
}


def _add_measures(header: fits.Header, measures: MaskMeasures) -> None:
    """Cards of what was measured; what could not be is left out, FITS knows no NaN in a header."""
    for name, (key, comment) in _CARDS.items():
        value = getattr(measures, name)
        if np.isfinite(value):
            header[key] = (float(value), comment)
