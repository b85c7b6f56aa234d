"""Catalogues of real galaxies in the format of GalSim's `RealGalaxyCatalog` (Mandelbaum et al. 2012, MNRAS 420, 1518).

A FITS table names, for each galaxy, the file and HDU of its image and of its PSF, the magnitude, band, pixel scale and
noise; a second table, its name ending in ``_fits``, may hold fits. Published sets lack files or count HDUs wrongly; the
image's flux, which the table gives too, tells which HDU is meant.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data.loading import fits_file
from lensmith.data.records import frozen
from lensmith.errors import InputError, MissingError
from lensmith.types import FloatArray

_NEEDED = ("IDENT", "MAG", "BAND", "GAL_FILENAME", "GAL_HDU", "PIXEL_SCALE")
_SAME_FLUX, _LIKE_FLUX = 1e-3, 0.2
"""Relative difference of an image's sum from the table's `stamp_flux` with which it is, or could be, that galaxy.

Some published tables give a flux measured before the image was cut or cleaned.
"""


@dataclass(frozen=True, eq=False)
class RealGalaxy:
    """One galaxy: image ``[y, x]`` (counts, sky mostly subtracted), arcsec a pixel, AB magnitude in `band`.

    `noise_variance` is that of a pixel (NaN if not given); `notes` say what was wrong in the catalogue.
    """

    ident: int
    image: FloatArray
    pixel_scale: float
    magnitude: float
    band: str
    noise_variance: float = np.nan
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "image", frozen(self.image, np.float32))


class GalaxyCatalogue:
    """The table of a catalogue; images and PSFs are read when asked for. Made by `open_galaxy_catalogue`."""

    def __init__(self, path: Path, table: np.ndarray):
        self.path = path
        self.ident = table["IDENT"].astype(int)
        self.magnitude = table["MAG"].astype(float)
        self.band = [_text(name) for name in table["BAND"]]
        self.pixel_scale = table["PIXEL_SCALE"].astype(float)
        self._table = table

    def __len__(self) -> int:
        return len(self.ident)

    def galaxy(self, number: int) -> RealGalaxy:
        """The galaxy in row `number`, counted from 0.

        Raises
        ------
        MissingError
            if the file of its image is not beside the catalogue.
        InputError
            if no HDU of that file holds its image.
        """
        row = self._table[number]
        image, notes = self._image(row)
        variance = float(row["NOISE_VARIANCE"]) if "NOISE_VARIANCE" in self._names else np.nan
        scale, magnitude = float(self.pixel_scale[number]), float(self.magnitude[number])
        return RealGalaxy(int(row["IDENT"]), image, scale, magnitude, self.band[number], variance, notes)

    def psf(self, number: int) -> FloatArray:
        """The PSF of the galaxy in row `number` as published, ``[y, x]``, sum 1; its sides may be even.

        Raises
        ------
        MissingError
            if the catalogue names no PSF or the file is not beside it.
        """
        row = self._table[number]
        if "PSF_FILENAME" not in self._names or "PSF_HDU" not in self._names:
            raise MissingError(f"{self.path}: the catalogue names no PSF for galaxy {row['IDENT']}")
        with fits_file(self._beside(row["PSF_FILENAME"], "PSF", row["IDENT"])) as hdus:
            psf = np.asarray(self._hdu(hdus, int(row["PSF_HDU"]), row), float)
        return psf / psf.sum()

    @property
    def _names(self) -> tuple[str, ...]:
        return self._table.dtype.names

    def _image(self, row) -> tuple[np.ndarray, tuple[str, ...]]:
        path = self._beside(row["GAL_FILENAME"], "image", row["IDENT"])
        number = int(row["GAL_HDU"])
        with fits_file(path) as hdus:
            if "stamp_flux" not in self._names:
                return np.array(self._hdu(hdus, number, row), np.float32), ()
            flux = float(row["stamp_flux"])
            away = [_difference(hdu.data, flux) for hdu in hdus]
            named = away[number] if 0 <= number < len(hdus) else np.inf
            nearest = int(np.argmin(away))
            if named > _SAME_FLUX and away[nearest] <= _SAME_FLUX:
                note = f"the catalogue names HDU {number}; HDU {nearest} has the flux that it gives"
                return np.array(hdus[nearest].data, np.float32), (note,)
            if named <= _LIKE_FLUX:
                return np.array(hdus[number].data, np.float32), ()
        raise InputError(
            f"{self.path}: galaxy {row['IDENT']} should be HDU {number} of {path.name}, but no HDU there has its flux "
            f"({flux:.4g}); take the catalogue and the images from one release"
        )

    def _beside(self, name, what: str, ident) -> Path:
        path = self.path.parent / _text(name)
        if not path.is_file():
            raise MissingError(
                f"{self.path}: the {what} of galaxy {ident} is in {path.name}, which is missing; put it "
                "beside the catalogue"
            )
        return path

    def _hdu(self, hdus: fits.HDUList, number: int, row) -> np.ndarray:
        if not (0 <= number < len(hdus) and _is_picture(hdus[number].data)):
            raise InputError(
                f"{self.path}: galaxy {row['IDENT']} should be HDU {number} of a file with {len(hdus)}, which is no "
                "image there; take the catalogue and the images from one release"
            )
        return hdus[number].data


def open_galaxy_catalogue(path: Path | str) -> GalaxyCatalogue:
    """The catalogue in a FITS file, or in the folder that holds just one.

    Raises
    ------
    InputError
        if there is none, it lacks columns, or has no rows.
    """
    path = Path(path)
    if path.is_dir():
        path = _only_catalogue(path)
    with fits_file(path) as hdus:
        tables = [hdu.data for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
        if not tables:
            raise InputError(f"{path}: no table in this file; name the catalogue, not its images")
        table = np.array(tables[0])
    missing = [name for name in _NEEDED if name not in (table.dtype.names or ())]
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; a catalogue of galaxies has {', '.join(_NEEDED)}")
    if not len(table):
        raise InputError(f"{path}: the catalogue has no rows")
    return GalaxyCatalogue(path, table)


def _only_catalogue(folder: Path) -> Path:
    found = []
    for path in sorted(folder.glob("*.fits")):
        with fits_file(path) as hdus:
            tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
            if tables and {"IDENT", "GAL_FILENAME"} <= set(tables[0].columns.names):
                found.append(path)
    if len(found) != 1:
        names = ", ".join(os.path.basename(path) for path in found) or "none"
        raise InputError(f"{folder}: one catalogue of galaxies was expected here, found {names}; name the file")
    return found[0]


def _difference(data, flux: float) -> float:
    """How far the sum of an HDU's image is from `flux`, relative to it; infinite if there is no image."""
    return abs(float(np.sum(data, dtype=float)) / flux - 1) if _is_picture(data) else np.inf


def _text(value) -> str:
    return (value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)).strip()


def _is_picture(data) -> bool:
    return isinstance(data, np.ndarray) and data.dtype.names is None and data.ndim == 2
