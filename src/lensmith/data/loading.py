"""Reading planes from disk: whatever is wrong with a file comes out as one `InputError`."""

import re
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from astropy.io import fits

from lensmith.data.planes import HDF5_SUFFIXES, Plane, has_suffix
from lensmith.errors import InputError

MAX_PIXELS = 100_000_000
"""Pixels of one image that are not even read: a whole survey tile would fill the memory."""
STRUCTURAL = ("SIMPLE", "EXT", "BITPIX", "NAXIS", "CHECKSUM", "DATASUM", "BSCALE", "BZERO", "BLANK", "COMM", "HIST")
"""Cards of the primary HDU that say nothing of an extension, by how they begin."""
_WCS_CARD = re.compile(r"(CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)\d|(CD|PC|PV)\d+_\d+|(LON|LAT)POLE|WCSAXES|[AB]P?_\w+")


@contextmanager
def fits_file(path: Path):
    """Open FITS so that whatever is wrong with the file comes out as one `InputError`.

    astropy only warns of a truncated file and may hand out what is left; here that is an error too.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with fits.open(path, memmap=False) as hdus:
                yield hdus
                cut_off = _ends_in_header(hdus, path)
        except InputError:
            raise
        except Exception as error:  # astropy raises many kinds for damaged files
            if _truncated(caught):
                raise InputError(f"{path}: the FITS file is truncated; copy or download it again") from error
            raise InputError(f"{path}: it cannot be read as FITS ({_one_line(error)})") from error
    if cut_off or _truncated(caught):
        raise InputError(f"{path}: the FITS file is truncated; copy or download it again")


def _truncated(caught) -> bool:
    return any("truncated" in str(warning.message) for warning in caught)


def _ends_in_header(hdus: fits.HDUList, path: Path) -> bool:
    """Whether another header begins after the last extension that astropy found; it passes over those in silence."""
    info = hdus[-1].fileinfo()
    if info is None or has_suffix(path, (".gz",)):
        return False
    with path.open("rb") as file:
        file.seek(info["datLoc"] + info["datSpan"])
        return file.read(8) == b"XTENSION"


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."


def load_plane(plane: Plane) -> tuple[np.ndarray, fits.Header]:
    """The array (native-endian, its own kind of numbers) and the header that goes with it.

    The header holds the extension's cards, then those of the primary HDU that it lacks. Cubes are cut by
    `Plane.index`; whether what is left is 2-D is the caller's to check.

    Raises
    ------
    InputError
        if the file, extension or plane cannot be read.
    """
    if has_suffix(plane.path, (".npy",)):
        array, header = _load_npy(plane.path), fits.Header()
    elif has_suffix(plane.path, HDF5_SUFFIXES):
        array, header = _load_hdf5(plane), fits.Header()
    else:
        with fits_file(plane.path) as hdus:
            hdu = select_hdu(hdus, plane)
            header = merged_header(hdus, hdu)
            if np.prod(hdu.shape[-2:]) > MAX_PIXELS:
                raise InputError(f"{plane}: the image {hdu.shape} is too large; cut out a stamp around each lens")
            if plane.index:  # reads just this plane: the rest of a stack may not fit into memory
                _check_index(tuple(hdu.shape), plane)
                return native(hdu.section[_slices(plane)], str(plane)), header
            array = hdu.data
    return _cut(array, plane), header


def native(array, where: str) -> np.ndarray:
    """`array` with the machine's byte order, float64 if real; an `InputError` where it does not hold plain numbers."""
    if array is None:
        raise InputError(f"{where}: this extension holds no image")
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{where}: it holds {array.dtype} values, not an image")
    kind = np.float64 if array.dtype.kind == "f" else array.dtype.newbyteorder("=")
    with np.errstate(invalid="ignore"):  # signalling NaNs in damaged files
        return np.ascontiguousarray(array, dtype=kind)


def select_hdu(hdus: fits.HDUList, plane: Plane):
    """The HDU that `plane` names, or the first with an image."""
    if plane.extension is None:
        for hdu in hdus:
            if hdu.is_image and hdu.header.get("NAXIS", 0) >= 2:
                return hdu
        raise InputError(f"{plane.path}: no extension holds an image")
    try:
        hdu = hdus[plane.extension]
    except (KeyError, IndexError) as error:
        names = ", ".join(hdu.name or str(number) for number, hdu in enumerate(hdus))
        raise InputError(f"{plane.path}: there is no extension {plane.extension}; it has {names}") from error
    if not hdu.is_image:
        raise InputError(f"{plane}: this extension is a table, not an image")
    return hdu


def merged_header(hdus: fits.HDUList, hdu) -> fits.Header:
    """The extension's header, with the primary's cards added where it lacks them (FITS INHERIT, whether set or not)."""
    header = hdu.header.copy()
    if hdu is not hdus[0]:
        own_grid = "CTYPE1" in header or hdus[0].header.get("NAXIS", 0) > 0
        for card in hdus[0].header.cards:
            key = card.keyword
            if own_grid and _WCS_CARD.fullmatch(key):
                continue  # two coordinate systems must not be mixed
            if key and key not in header and not key.startswith(STRUCTURAL):
                header.append(card, end=True)
    return header


def _load_npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:
        raise InputError(f"{path}: it cannot be read as a NumPy array ({_one_line(error)})") from error


def _load_hdf5(plane: Plane) -> np.ndarray:
    import h5py

    try:
        with h5py.File(plane.path, "r") as file:
            return file[str(plane.extension)][()]
    except Exception as error:
        raise InputError(f"{plane}: it cannot be read from HDF5 ({_one_line(error)})") from error


def _cut(array, plane: Plane) -> np.ndarray:
    if plane.index:
        _check_index(np.shape(array), plane)
        array = array[_slices(plane)]
    return native(array, str(plane))


def _slices(plane: Plane) -> tuple:
    return tuple(slice(None) if position is None else position for position in plane.index)


def _check_index(shape: tuple[int, ...], plane: Plane) -> None:
    if len(plane.index) > len(shape):
        raise InputError(f"{plane}: the array has only {len(shape)} axes, its shape is {shape}")
    for axis, position in enumerate(plane.index):
        if position is not None and position >= shape[axis]:
            raise InputError(f"{plane}: axis {axis} has {shape[axis]} planes (0 to {shape[axis] - 1})")
