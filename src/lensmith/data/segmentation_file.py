"""``segmentation.fits``: what a network drew into the first band, on that band's own pixels and WCS."""

from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data.atomic import atomic_write
from lensmith.data.findings import Findings
from lensmith.data.labels import CLASSES
from lensmith.data.records import Band


def write_segmentation(found: Findings, band: Band, path: Path) -> None:
    """Write extension ``CLASSES``, uint8 ``[y, x]``, and ``PROBABILITIES``, float32 ``[class, y, x]`` where known."""
    header = band.wcs.to_header() if band.wcs is not None else fits.Header()
    header["PIXSCALE"] = (band.pixel_scale, "arcsec")
    for number, name in enumerate(CLASSES):
        header[f"CLASS{number}"] = name
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.asarray(found.classes), header, name="CLASSES")]
    if found.probabilities is not None:
        hdus.append(fits.ImageHDU(np.asarray(found.probabilities), header, name="PROBABILITIES"))
    with atomic_write(path) as temporary:
        fits.HDUList(hdus).writeto(temporary, overwrite=True)
