"""The model of one candidate as a FITS file with the cutout's WCS."""

import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data.atomic import atomic_write
from lensmith.data.records import Band
from lensmith.data.results import BandFit, LensFit

PLANES = ("model", "residual", "lens_light", "arcs", "mask", "source")
"""What is written for every band, as extension ``<BAND>_<PLANE>``."""


def write_model_fits(fit: LensFit, path: Path | str) -> None:
    """Write the planes of every band: model, residual (in sigma), lens light, arcs, mask (1 = fitted) and source.

    Planes on the image's pixels carry the cutout's WCS where it has one; every plane carries the lens frame as the
    alternative WCS ``A`` [arcsec] (the source plane's own for the source).
    """
    primary = fits.PrimaryHDU()
    primary.header["OBJECT"] = ascii_card(fit.id)
    primary.header["VERDICT"] = fit.verdict.value
    primary.header["ENGINE"] = fit.engine
    hdus = [primary]
    for band in fit.bands:
        hdus += [_hdu(band, plane) for plane in PLANES]
    with atomic_write(path) as temporary:
        fits.HDUList(hdus).writeto(temporary, overwrite=True)


def ascii_card(text: str) -> str:
    """Text that a FITS card can hold."""
    return text.encode("ascii", "replace").decode()[:60]


def _hdu(band: BandFit, plane: str) -> fits.ImageHDU:
    values = np.asarray(getattr(band, plane))
    header = _source_header(band) if plane == "source" else _image_header(band)
    header["BAND"] = ascii_card(band.name)
    unit = {"residual": "sigma", "mask": "", "source": f"{band.unit}/arcsec2" if band.unit else ""}.get(
        plane, band.unit
    )
    if unit:
        header["BUNIT"] = ascii_card(unit)
    values = values.astype(np.uint8 if plane == "mask" else np.float32)
    return fits.ImageHDU(values, header, name=ascii_card(f"{band.name}_{plane}").upper())


def sky_header(band: Band | BandFit) -> fits.Header:
    """Where a band's pixels lie: its WCS, else its pixel matrix where its orientation is known, and the pixel scale."""
    header = fits.Header()
    if band.wcs is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # non-standard keywords are left out
            header.update(band.wcs.to_header(relax=True))
    elif band.oriented and band.pixel_to_sky is not None:
        for i in (0, 1):
            for j in (0, 1):
                header[f"PIX2A{i + 1}{j + 1}"] = (float(band.pixel_to_sky[i, j]), "(East, North) arcsec a pixel")
    header["PIXSCALE"] = (band.pixel_scale, "arcsec/pixel")
    return header


def _image_header(band: BandFit) -> fits.Header:
    header = sky_header(band)
    _add_frame(header, "LENS", band.origin, np.asarray(band.pixel_to_frame), (0.0, 0.0))
    return header


def _source_header(band: BandFit) -> fits.Header:
    rows, columns = np.shape(band.source)
    scale = np.diag([band.source_width / columns, band.source_width / rows])
    header = fits.Header()
    _add_frame(header, "SRC", ((columns - 1) / 2, (rows - 1) / 2), scale, band.source_centre)
    return header


def _add_frame(header: fits.Header, name: str, origin, matrix, value) -> None:
    """A linear coordinate system ``A`` in arcsec, with `value` at pixel `origin` (column, row; counting from 0)."""
    header["WCSNAMEA"] = {"LENS": "lens frame", "SRC": "source plane"}[name]
    for axis in (0, 1):
        header[f"CTYPE{axis + 1}A"] = f"{name}{'XY'[axis]}"
        header[f"CUNIT{axis + 1}A"] = "arcsec"
        header[f"CRPIX{axis + 1}A"] = float(origin[axis]) + 1.0
        header[f"CRVAL{axis + 1}A"] = float(value[axis])
        for column in (0, 1):
            header[f"CD{axis + 1}_{column + 1}A"] = float(matrix[axis, column])
