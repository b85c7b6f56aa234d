"""Pixels, the common frame and the sky: which way is North, and where one band lies on another.

Two sets of axes are used. The *sky* axes are (East, North): dRA cos(dec) and ddec in arcsec. The *frame* is that of
the first band: x along its columns, y along its rows, arcsec, origin at the centre of its image (design, section 2).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from lensmith.data.headers import PIXEL_SCALE_KEYS, header_float
from lensmith.data.records import Band
from lensmith.data.results import BandFit
from lensmith.types import FloatArray

MIN_PIXEL_SCALE, MAX_PIXEL_SCALE = 1e-3, 10.0
"""Arcsec a pixel outside which a header's number is a placeholder, not an image of a lens."""


@dataclass(frozen=True)
class Orientation:
    """`pixel_to_sky` [arcsec a pixel, 2x2] or None where even the scale is unknown; the WCS where it can be trusted."""

    pixel_to_sky: FloatArray | None = None
    wcs: WCS | None = None
    oriented: bool = False
    notes: tuple[str, ...] = ()


def image_centre(shape: tuple[int, int]) -> tuple[float, float]:
    """Pixel (column, row) of the centre of an image ``[y, x]``, counting from 0."""
    return (shape[1] - 1) / 2, (shape[0] - 1) / 2


def read_orientation(header: fits.Header, shape: tuple[int, int]) -> Orientation:
    """What `header` says of an image of `shape`: WCS, else a PIX2Aij matrix, else a pixel-scale keyword."""
    notes = ()
    wcs = celestial_wcs(header)
    if wcs is not None:
        matrix = wcs_matrix(wcs, image_centre(shape))
        if matrix is None or not _sane(matrix):
            wcs, notes = None, ("WCS ignored: its pixel scale cannot be that of a cutout",)
        elif tuple(wcs.wcs.crval) == (0.0, 0.0):
            scale = float(np.sqrt(abs(np.linalg.det(matrix))))
            note = "WCS is a placeholder (CRVAL 0, 0): its pixel scale is used, position and orientation are not"
            return Orientation(scale * np.eye(2), None, False, (note,))
        else:
            return Orientation(matrix, wcs, True)
    matrix = _pixel_matrix(header)
    if matrix is not None and _sane(matrix):
        return Orientation(matrix, None, True, notes)
    scale = header_float(header, *PIXEL_SCALE_KEYS, positive=True)
    if scale is not None and MIN_PIXEL_SCALE <= scale <= MAX_PIXEL_SCALE:
        return Orientation(scale * np.eye(2), None, False, notes)
    return Orientation(notes=notes)


def celestial_wcs(header: fits.Header) -> WCS | None:
    """The header's celestial WCS, or None where there is none or it is broken."""
    if not str(header.get("CTYPE1", "")).strip():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header)
            return wcs.celestial if wcs.has_celestial else None
        except Exception:  # wcslib raises many kinds for malformed headers
            return None


def wcs_matrix(wcs: WCS, centre: tuple[float, float]) -> FloatArray | None:
    """Arcsec East and North for one pixel along columns and rows at `centre`; None where the WCS has no value there."""
    x, y = centre
    columns = np.array([x, x + 0.5, x - 0.5, x, x])
    rows = np.array([y, y, y, y + 0.5, y - 0.5])
    try:
        sky = wcs.pixel_to_world(columns, rows).icrs
        east, north = sky[0].spherical_offsets_to(sky[1:])
    except Exception:  # outside the projection, or a frame that cannot be turned into ICRS
        return None
    east, north = east.arcsec, north.arcsec
    matrix = np.array([[east[0] - east[1], east[2] - east[3]], [north[0] - north[1], north[2] - north[3]]])
    return matrix if np.isfinite(matrix).all() else None


def _pixel_matrix(header: fits.Header) -> FloatArray | None:
    values = [header_float(header, f"PIX2A{i}{j}") for i in (1, 2) for j in (1, 2)]
    return None if any(value is None for value in values) else np.array(values).reshape(2, 2)


def _sane(matrix: FloatArray) -> bool:
    """An invertible matrix of a cutout's pixel scale, its pixels not much longer than wide."""
    sizes = np.linalg.svd(matrix, compute_uv=False)
    return bool(sizes[1] >= MIN_PIXEL_SCALE and sizes[0] <= MAX_PIXEL_SCALE and sizes[0] < 2 * sizes[1])


def pixel_to_frame(band: Band, first: Band) -> FloatArray:
    """2x2 matrix from pixel offsets in `band` to the frame of `first` [arcsec].

    With the orientation of both known it carries rotation, parity and scale; else the axes are taken as parallel.
    """
    if band is first or not (band.oriented and first.oriented):
        return band.pixel_scale * np.eye(2)
    return first.pixel_scale * np.linalg.solve(first.pixel_to_sky, band.pixel_to_sky)


def frame_offset(band: Band, first: Band) -> tuple[float, float] | None:
    """Where the centre of `band`'s image lies in the frame of `first` [arcsec], by their WCS; None where unknown."""
    if band is first:
        return (0.0, 0.0)
    if band.wcs is None or first.wcs is None:
        return None
    here, there = (each.wcs.pixel_to_world(*image_centre(each.shape)).icrs for each in (band, first))
    east, north = there.spherical_offsets_to(here)
    x, y = first.pixel_scale * np.linalg.solve(first.pixel_to_sky, [east.arcsec, north.arcsec])
    return (float(x), float(y))


def frame_to_sky(first: Band | BandFit) -> FloatArray | None:
    """2x2 matrix from the frame [arcsec] to (East, North) [arcsec]; None where the orientation is unknown."""
    if not first.oriented or first.pixel_to_sky is None:
        return None
    return np.asarray(first.pixel_to_sky) / first.pixel_scale


def frame_to_radec(first: Band, x, y) -> tuple[np.ndarray, np.ndarray] | None:
    """ICRS right ascension and declination [deg] of points (x, y) [arcsec] in the frame; None without a WCS."""
    if first.wcs is None:
        return None
    column, row = image_centre(first.shape)
    scale = first.pixel_scale
    sky = first.wcs.pixel_to_world(column + np.asarray(x) / scale, row + np.asarray(y) / scale).icrs
    return sky.ra.deg, sky.dec.deg


def compass(band: Band | BandFit) -> tuple[FloatArray, FloatArray] | None:
    """Unit vectors (column, row) on the image of `band` that point North and East; None where unknown."""
    matrix = frame_to_sky(band)
    if matrix is None:
        return None
    east, north = np.linalg.inv(matrix).T
    return north / np.linalg.norm(north), east / np.linalg.norm(east)


def north_angle(band: Band | BandFit) -> float | None:
    """Angle of North on the image of `band`, degrees counter-clockwise from its columns (+x); None where unknown."""
    if (vectors := compass(band)) is None:
        return None
    return float(np.degrees(np.arctan2(vectors[0][1], vectors[0][0])))


def position_angle(first: Band | BandFit, phi):
    """Position angle East of North [deg, 0 to 180] of a direction `phi` [deg from +x in the frame]; None if unknown."""
    matrix = frame_to_sky(first)
    if matrix is None:
        return None
    phi = np.radians(phi)
    east, north = np.tensordot(matrix, np.stack([np.cos(phi), np.sin(phi)]), axes=1)
    return np.degrees(np.arctan2(east, north)) % 180.0
