"""Which PSF a band gets: its own, the option's, a Gaussian of known width, or one assumed by a stated rule."""

import numpy as np
from astropy.io import fits

from lensmith.data.headers import FWHM_KEYS, PIXEL_SCALE_KEYS, header_float, header_text
from lensmith.data.loading import load_plane
from lensmith.data.options import ReadOptions
from lensmith.data.orientation import Orientation
from lensmith.data.planes import parse_plane
from lensmith.data.psf import bin_psf, gaussian_psf, prepare_psf
from lensmith.data.sources import BandSource
from lensmith.data.stars import star_fwhm
from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray

TYPICAL_FWHM = (
    ("HST", 0.10),
    ("ACS", 0.10),
    ("WFC3 UVIS", 0.08),
    ("WFC3 IR", 0.15),
    ("JWST", 0.08),
    ("EUCLID", 0.17),
    ("DECAM", 1.0),
    ("HSC", 0.65),
    ("HYPER SUPRIME", 0.65),
    ("MEGAPRIME", 0.70),
    ("MEGACAM", 0.70),
    ("OMEGACAM", 0.75),
    ("SDSS", 1.3),
    ("LSST", 0.75),
)
"""FWHM [arcsec] by what TELESCOP, INSTRUME, FILTER ... contain, where nothing says or shows the PSF."""
FINE_PIXEL = 0.15
TYPICAL_PIXELS = {"fine": 2.0, "coarse": 3.8}
"""FWHM in pixels where even the instrument is unknown: pixels finer than `FINE_PIXEL` arcsec belong to space
telescopes, which sample their PSF with about 2, coarser ones to ground surveys, which do with about 4."""


def choose_psf(
    source: BandSource,
    psf: FloatArray | None,
    header: fits.Header,
    image: FloatArray,
    mask: BoolArray,
    placed: Orientation,
    options: ReadOptions,
) -> tuple[FloatArray, tuple[str, ...]]:
    """The band's PSF (odd sides, sum 1) and notes; notes that begin with ``PSF assumed:`` mark a guess.

    Raises
    ------
    InputError
        if a PSF is given but cannot be used.
    """
    scale = float(np.sqrt(abs(np.linalg.det(placed.pixel_to_sky))))
    largest = min(image.shape)
    where, notes = str(source.sci), ()
    if psf is None:
        plane = source.psf
        if plane is None and options.psf is not None and source.psf_fwhm is None:
            plane = parse_plane(str(options.psf))
            notes = (f"PSF from --psf {plane.path.name}",)
        if plane is not None:
            psf, psf_header = load_plane(plane)
            psf, more = _match_scale(psf, psf_header, scale, str(plane))
            where, notes = str(plane), notes + more
    if psf is not None:
        kernel, more = prepare_psf(psf, largest, where)
        return kernel, notes + more
    fwhm, note = _width(source, header, image, mask, scale, options)
    return gaussian_psf(fwhm, scale, largest), (note,)


def _match_scale(psf, header: fits.Header, scale: float, where: str):
    """Bin a PSF whose own header says that its pixels are a whole fraction of the image's."""
    own = header_float(header, *PIXEL_SCALE_KEYS, positive=True)
    if own is None or 0.8 < scale / own < 1.25:
        return psf, ()
    factor = scale / own
    if factor < 1 or abs(factor - round(factor)) > 0.03 * factor:
        raise InputError(
            f"{where}: its pixels are {own:g} arcsec but the image's {scale:g}; give the PSF on the image's pixels or "
            "on ones a whole number of times finer"
        )
    factor = round(factor)
    return bin_psf(np.asarray(psf, dtype=float), factor), (f"PSF binned {factor} times to the image's pixels",)


def _width(source, header, image, mask, scale: float, options: ReadOptions) -> tuple[float, str]:
    """FWHM [arcsec] and the note on where it comes from: manifest, header, option, else assumed."""
    if source.psf_fwhm is not None:
        return source.psf_fwhm, f"PSF: Gaussian of FWHM {source.psf_fwhm:g} arcsec from the manifest"
    from_header = header_float(header, *FWHM_KEYS, positive=True)
    if from_header is not None and 0.5 * scale < from_header < 20 * scale:
        return from_header, f"PSF: Gaussian of FWHM {from_header:.3g} arcsec from the header"
    if options.psf_fwhm is not None:
        return options.psf_fwhm, f"PSF: Gaussian of FWHM {options.psf_fwhm:g} arcsec from --psf-fwhm"
    fwhm, why = _typical(header, scale)
    if (pixels := star_fwhm(image, mask, fwhm / scale)) is not None:
        fwhm, why = pixels * scale, "measured on the most compact star-like object in the image"
    return fwhm, f"PSF assumed: Gaussian of FWHM {fwhm:.3g} arcsec, {why}; say it with --psf or --psf-fwhm"


def _typical(header: fits.Header, scale: float) -> tuple[float, str]:
    """Typical FWHM [arcsec] of the instrument that the header names, else by the size of the pixels."""
    keys = ("TELESCOP", "INSTRUME", "DETECTOR", "CAMERA", "FILTER", "PHOTMODE")
    told = " ".join(header_text(header, key).upper() for key in keys)
    for name, fwhm in TYPICAL_FWHM:
        if name in told:
            return fwhm, f"typical of {name}"
    pixels = TYPICAL_PIXELS["fine" if scale < FINE_PIXEL else "coarse"]
    return pixels * scale, f"{pixels:g} pixels, as nothing says what it is"
