"""``segmentation.fits``: what a network drew into the first band, on that band's own pixels and WCS."""

from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data.atomic import atomic_write
from lensmith.data.findings import Findings
from lensmith.data.fits_writer import ascii_card, sky_header
from lensmith.data.labels import CLASSES
from lensmith.data.mask_measures import MaskMeasures, measure_classes
from lensmith.data.records import Cutout
from lensmith.errors import InputError

_CARDS = {
    "x_lens": ("XLENS", "[arcsec] centre of the lens from the middle"),
    "y_lens": ("YLENS", "[arcsec] centre of the lens from the middle"),
    "lens_radius": ("RLENS", "[arcsec] radius of the circle with its area"),
    "theta_E": ("THETAE", "[arcsec] median distance of the arcs' pixels"),
    "sky": ("SKY", "median of the background in the first band"),
    "sigma": ("SIGMA", "1 sigma of the background in the first band"),
}


def write_segmentation(found: Findings, cutout: Cutout, path: Path | str) -> None:
    """Write extension ``CLASSES``, uint8 ``[y, x]``, and ``PROBABILITIES``, float32 ``[class, y, x]`` where known.

    The primary header says what each number means (``CLASS0``, ``CLASS1``, ...), what the masks measure
    (`measure_classes`; what cannot be measured is left out), and the notes of the findings.

    Raises
    ------
    InputError
        if the classes are not on the first band's pixels.
    """
    band, classes = cutout.bands[0], np.asarray(found.classes)
    measures = measure_classes(cutout, classes)
    primary = fits.PrimaryHDU()
    primary.header["OBJECT"] = ascii_card(cutout.id)
    for number, name in enumerate(CLASSES):
        primary.header[f"CLASS{number}"] = (name, f"pixels {number} of CLASSES")
    _add_measures(primary.header, measures)
    for note in found.notes:
        primary.header["HISTORY"] = note.encode("ascii", "replace").decode()
    header = sky_header(band)
    header["BAND"] = ascii_card(band.name)
    hdus = [primary, fits.ImageHDU(classes.astype(np.uint8), header, name="CLASSES")]
    if found.probabilities is not None:
        if len(found.probabilities) != len(CLASSES):
            raise InputError(f"candidate {cutout.id}: {len(found.probabilities)} probabilities, {len(CLASSES)} classes")
        hdus.append(fits.ImageHDU(np.asarray(found.probabilities), header, name="PROBABILITIES"))
    with atomic_write(path) as temporary:
        fits.HDUList(hdus).writeto(temporary, overwrite=True)


def _add_measures(header: fits.Header, measures: MaskMeasures) -> None:
    for name, (key, comment) in _CARDS.items():
        value = getattr(measures, name)
        if np.isfinite(value):
            header[key] = (float(value), comment)
