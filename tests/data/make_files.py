"""Small files of every layout, made from one synthetic scene."""

from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data import gaussian_psf

SCALE = 0.05
SIGMA = 0.02


def scene(side: int = 40, seed: int = 1, peak: float = 3.0) -> np.ndarray:
    """A round galaxy on white noise of `SIGMA`, float32 ``[y, x]``."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    light = peak * np.exp(-np.hypot(x, y) / 3.0)
    return (light + np.random.default_rng(seed).normal(0, SIGMA, (side, side))).astype(np.float32)


def psf(side: int = 11) -> np.ndarray:
    return gaussian_psf(0.1, SCALE, side).astype(np.float32)


def header(**cards) -> fits.Header:
    out = fits.Header()
    for key, value in cards.items():
        out[key] = value
    return out


def image_hdu(array, name: str, version: int = 1, **cards) -> fits.ImageHDU:
    hdu = fits.ImageHDU(np.asarray(array), header(**cards), name=name)
    hdu.ver = version
    return hdu


def tan_wcs(side: int, scale: float = SCALE, angle: float = 0.0, ra: float = 150.0, dec: float = 2.0) -> dict:
    """Cards of a TAN WCS with East left of North, turned by `angle` degrees, (ra, dec) at the image's middle."""
    turn = np.radians(angle)
    matrix = scale / 3600 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    cards = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg"}
    cards |= {"CRVAL1": ra, "CRVAL2": dec, "CRPIX1": (side + 1) / 2, "CRPIX2": (side + 1) / 2}
    return cards | {f"CD{i + 1}_{j + 1}": matrix[i, j] for i in (0, 1) for j in (0, 1)}


def write_hdus(path: Path, *hdus) -> Path:
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path, overwrite=True)
    return path


def hst_style(path: Path, bands=("F814W",), side: int = 40, **changes) -> Path:
    """SCI, ERR and PSF by EXTVER; `changes` replace an array by name (``SCI=...``), or leave it out with None."""
    hdus = []
    for version, band in enumerate(bands, start=1):
        arrays = {"SCI": scene(side, version), "ERR": np.full((side, side), SIGMA, np.float32), "PSF": psf()} | changes
        cards = {"BAND": band, "PIXSCALE": SCALE, "BUNIT": "ELECTRONS/S", "EXPTIME": 1000.0}
        hdus += [image_hdu(array, name, version, **cards) for name, array in arrays.items() if array is not None]
    return write_hdus(path, *hdus)
