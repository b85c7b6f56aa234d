"""Galaxy shapes from an image of the sky: sources found above the noise, measured by GalSim's adaptive moments (HSM).

Source: Hirata & Seljak 2003, MNRAS 343, 459; Mandelbaum et al. 2005, MNRAS 361, 1287. A round PSF is taken out of the
second moments as if galaxy and PSF were Gaussian.
"""

from pathlib import Path

import numpy as np
from scipy import ndimage

from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.sky_pictures import read_picture
from lensmith.errors import InputError, MissingError

DETECTION = 4.0
"""Threshold of the smoothed image, in units of its noise."""

_SMOOTHING = 1.0
_LEAST_AREA = 6
_STAMP = 3.5
"""Half a stamp's side, in units of a source's radius of equal area."""


def measure_picture(path: Path, psf_sigma: float = 0.0) -> GalaxyField:
    """The galaxies of a PNG (colours are averaged) or of the first image of a FITS file.

    Raises
    ------
    InputError
        if the file holds no image or too few galaxies.
    MissingError
        if GalSim is not installed.
    """
    image = read_picture(path).mean(axis=2) if path.suffix.lower() == ".png" else read_fits_image(path)
    return measure_image(image, path.stem, psf_sigma)


def read_fits_image(path: Path) -> np.ndarray:
    """The first two-dimensional image of a FITS file, float ``[y, x]``."""
    from astropy.io import fits

    try:
        with fits.open(path) as file:
            for unit in file:
                if unit.is_image and unit.data is not None and unit.data.ndim == 2:
                    return np.asarray(unit.data, float)
    except OSError as error:
        raise InputError(f"{path} cannot be read as FITS: {error}") from error
    raise InputError(f"{path}: no two-dimensional image in it")


def measure_image(image: np.ndarray, name: str, psf_sigma: float = 0.0) -> GalaxyField:
    """The galaxies of an image ``[y, x]``, positions in pixels (centre of the first pixel at 0)."""
    try:
        import galsim
    except ImportError as error:
        raise MissingError("shapes of galaxies in images need GalSim; install it (pip install galsim)") from error
    if not np.isfinite(image).all():
        raise InputError(f"sky {name}: the image has pixels that are not finite numbers; fill them first")
    labels, level, noise = find_sources(image)
    rows = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        row = _measure(galsim, image - level, labels, number, box, noise, psf_sigma)
        if row is not None:
            rows.append(row)
    columns = np.array(rows).reshape(-1, 4).T
    height, width = image.shape
    extent = (-0.5, width - 0.5, -0.5, height - 0.5)
    found = int(labels.max())
    note = f"{len(rows)} of {found} sources have a shape (adaptive moments)"
    return GalaxyField(name, *columns, extent=extent, notes=(note,))


def find_sources(image: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Labels of the sources of an image, its background and its noise (from the lower half of the pixels)."""
    level = float(np.median(image))
    noise = 1.4826 * float(np.median(np.abs(image - level)[image <= level])) or 1.0
    smooth = ndimage.gaussian_filter(image - level, _SMOOTHING)
    quiet = noise / (2 * np.sqrt(np.pi) * _SMOOTHING)
    labels, count = ndimage.label(smooth > DETECTION * quiet)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    labels[(area < _LEAST_AREA)[labels]] = 0
    return labels, level, noise


def _measure(galsim, image, labels, number: int, box, noise: float, psf_sigma: float):
    """x, y, e1, e2 of one source, or None where the moments do not converge."""
    if box is None:
        return None
    own = labels[box] == number
    radius = np.sqrt(own.sum() / np.pi)
    middle = [(s.start + s.stop - 1) / 2 for s in box]
    half = [int((s.stop - s.start) / 2 + _STAMP) for s in box]
    reach = [slice(max(int(m) - h, 0), int(m) + h + 2) for m, h in zip(middle, half)]
    stamp, part = image[tuple(reach)], labels[tuple(reach)]
    usable = galsim.Image(np.ascontiguousarray((part == 0) | (part == number)).astype(np.int32))
    moments = galsim.hsm.FindAdaptiveMom(
        galsim.Image(np.ascontiguousarray(stamp, dtype=np.float64)), weight=usable, guess_sig=radius / 1.5, strict=False
    )
    if moments.moments_status != 0 or not moments.moments_sigma > 0:
        return None
    e1, e2 = without_psf(moments.observed_shape.e1, moments.observed_shape.e2, moments.moments_sigma, psf_sigma)
    if not np.hypot(e1, e2) < 0.95:
        return None
    centre = moments.moments_centroid
    return reach[1].start + centre.x - 1, reach[0].start + centre.y - 1, e1, e2


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
