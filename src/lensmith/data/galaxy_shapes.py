"""Galaxy shapes from an image of the sky: sources told apart, then measured by GalSim's adaptive moments (HSM).

Source: Hirata & Seljak 2003, MNRAS 343, 459; Mandelbaum et al. 2005, MNRAS 361, 1287. A round PSF is taken out of the
second moments as if galaxy and PSF were Gaussian.
"""

from pathlib import Path

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.galaxy_sources import Moments, Source, separate_sources
from lensmith.data.sky_pictures import read_picture
from lensmith.errors import InputError, MissingError

_WANDERED = 4.0
"""Pixels from where a source was seen beyond which its moments are those of another."""

_SIGMA = (0.7, 12.0)
_ROUNDEST_OUT = 0.95


def measure_picture(path: Path, psf_sigma: float = 0.0) -> GalaxyField:
    """The galaxies of a PNG (colours are averaged) or of the first image of a FITS file.

    Raises
    ------
    InputError
        if the file holds no image or too few galaxies.
    MissingError
        if GalSim is not installed.
    """
    if path.suffix.lower() == ".png":
        return measure_image(read_picture(path).mean(axis=2), path.stem, psf_sigma)
    image, wcs = read_fits_image(path)
    return measure_image(image, path.stem, psf_sigma, wcs)


def read_fits_image(path: Path) -> tuple[np.ndarray, object]:
    """The first two-dimensional image of a FITS file, float ``[y, x]``, and its celestial WCS or None."""
    from astropy.io import fits
    from astropy.wcs import WCS

    try:
        with fits.open(path) as file:
            for unit in file:
                if unit.is_image and unit.data is not None and unit.data.ndim == 2:
                    wcs = WCS(unit.header)
                    return np.asarray(unit.data, float), wcs.celestial if wcs.has_celestial else None
    except OSError as error:
        raise InputError(f"{path} cannot be read as FITS: {error}") from error
    raise InputError(f"{path}: no two-dimensional image in it")


def measure_image(image: np.ndarray, name: str, psf_sigma: float = 0.0, wcs: object = None) -> GalaxyField:
    """The galaxies of an image ``[y, x]``, positions in pixels (centre of the first pixel at 0) of its `wcs`."""
    try:
        import galsim
    except ImportError as error:
        raise MissingError("shapes of galaxies in images need GalSim; install it (pip install galsim)") from error
    if not np.isfinite(image).all():
        raise InputError(f"sky {name}: the image has pixels that are not finite numbers; fill them first")
    sources = separate_sources(np.asarray(image, float), _Measure(galsim))
    rows = [(one.x, one.y, *_ellipticity(one.moments, psf_sigma)) for one in sources if one.measured]
    columns = np.array(rows).reshape(-1, 4)
    columns = columns[np.hypot(columns[:, 2], columns[:, 3]) < _ROUNDEST_OUT].T
    height, width = image.shape
    extent = (-0.5, width - 0.5, -0.5, height - 0.5)
    note = f"{columns.shape[1]} of {len(sources)} sources have a shape (adaptive moments)"
    return GalaxyField(name, *columns, extent=extent, wcs=wcs, notes=(note,))


class _Measure:
    """Adaptive moments of one stamp."""

    def __init__(self, galsim):
        self.galsim = galsim
        self.settings = galsim.hsm.HSMParams(max_mom2_iter=100)

    def __call__(self, stamp: np.ndarray, box: tuple[slice, slice], source: Source):
        galsim = self.galsim
        image = galsim.Image(np.ascontiguousarray(stamp), xmin=box[1].start, ymin=box[0].start)
        found = galsim.hsm.FindAdaptiveMom(
            image,
            guess_sig=_scale(source.moments),
            guess_centroid=galsim.PositionD(source.x, source.y),
            strict=False,
            hsmparams=self.settings,
        )
        centre, sigma = found.moments_centroid, found.moments_sigma
        far = np.hypot(centre.x - source.seen[0], centre.y - source.seen[1])
        if found.moments_status != 0 or not _SIGMA[0] < sigma < _SIGMA[1] or far > _WANDERED or found.moments_amp <= 0:
            return None
        d1, d2 = found.observed_shape.e1, found.observed_shape.e2
        half = sigma**2 / np.sqrt(max(1 - d1 * d1 - d2 * d2, 1e-6))
        return centre.x, centre.y, found.moments_amp, (half * (1 + d1), half * d2, half * (1 - d1))


def _scale(moments: Moments) -> float:
    """det(M)^(1/4): sigma of a round Gaussian of the same area."""
    xx, xy, yy = moments
    return (xx * yy - xy * xy) ** 0.25


def _ellipticity(moments: Moments, psf_sigma: float) -> tuple[float, float]:
    xx, xy, yy = moments
    return without_psf((xx - yy) / (xx + yy), 2 * xy / (xx + yy), _scale(moments), psf_sigma)


def without_psf(d1: float, d2: float, sigma: float, psf_sigma: float) -> tuple[float, float]:
    """(1-q)/(1+q) ellipticity from the distortion (1-q^2)/(1+q^2) of Gaussian moments, less a round PSF.

    `sigma` is det(M)^(1/4) of the measured moments M = T (1 + d) / 2: T = 2 sigma^2 / sqrt(1 - d^2). NaN for what is
    not larger than the PSF.
    """
    square = d1 * d1 + d2 * d2
    trace = 2 * sigma**2 / np.sqrt(max(1 - square, 1e-9))
    left = trace - 2 * psf_sigma**2
    if left <= 0:
        return float("nan"), float("nan")
    d1, d2 = d1 * trace / left, d2 * trace / left
    square = d1 * d1 + d2 * d2
    if square >= 1:
        return float("nan"), float("nan")
    shrink = 1 / (1 + np.sqrt(1 - square))
    return d1 * shrink, d2 * shrink
