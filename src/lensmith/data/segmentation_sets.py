"""The public segmentation sets: stacks of (composite, lens, arcs), and the FITS files of the DES pipeline.

DES training sets: HDU 1 images ``(N, 3, y, x)`` in g, r, i, HDU 4 masks ``(N, 4, y, x)``, HDU 5 table (2 and 3 are
the source's and the lens's images). Segmented candidates: HDU 1 images, HDU 2 masks, HDU 3 table with
``COADD_OBJECT_ID`` and ``FWHM_WMEAN_G/R/I``, which serve as PSF.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from lensmith.data.atomic import atomic_write
from lensmith.data.labels import DES_CLASSES
from lensmith.errors import InputError, OutputError
from lensmith.types import FloatArray

CANDIDATE_COLUMNS = ("COADD_OBJECT_ID", "FWHM_WMEAN_G", "FWHM_WMEAN_R", "FWHM_WMEAN_I")
COMPOSITE, LENS, ARC = 0, 1, 2
"""Last axis of the public ``images.npy``."""


@dataclass(frozen=True, eq=False)
class DesSegmentation:
    """Cutouts of the DES pipeline with masks.

    Attributes
    ----------
    images : float32 ``[sample, band, y, x]`` in g, r, i.
    masks : float32 ``[sample, 4, y, x]``, one of `lensmith.data.labels.DES_CLASSES` each.
    table : one row a sample.
    source, lens : noise-free images of a training set, like `images`; None for candidates.
    """

    images: FloatArray
    masks: FloatArray
    table: Table
    source: FloatArray | None = None
    lens: FloatArray | None = None

    def __post_init__(self):
        n, _, rows, columns = self.images.shape
        if self.masks.shape != (n, len(DES_CLASSES), rows, columns):
            raise InputError(f"masks of shape {self.masks.shape} do not belong to images of shape {self.images.shape}")
        if len(self.table) != n:
            raise InputError(f"a table of {len(self.table)} rows does not belong to {n} images")
        if (self.source is None) != (self.lens is None):
            raise InputError("a DES training set holds images of both source and lens, candidates of neither")

    @property
    def candidates(self) -> bool:
        """Whether these are segmented candidates, not a training set."""
        return self.lens is None

    @property
    def psf_fwhm(self) -> FloatArray:
        """FWHM of the PSF [arcsec], ``[sample, band]``, of candidates."""
        return np.stack([np.asarray(self.table[name], float) for name in CANDIDATE_COLUMNS[1:]], 1)


def read_des_segmentation(path: Path | str) -> DesSegmentation:
    """A training set or segmented candidates, told apart by where the table stands.

    Raises
    ------
    InputError
        if the file is no FITS file or has neither layout.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with fits.open(path) as hdus:
            tables = [k for k, hdu in enumerate(hdus) if isinstance(hdu, fits.BinTableHDU)]
            place = tables[0] if tables else 0
            if place not in (3, 5):
                raise InputError(f"{path}: the table must be HDU 5 (training set) or HDU 3 (candidates)")
            stacks = [None if hdu.data is None else np.asarray(hdu.data, np.float32) for hdu in hdus[1:place]]
            table = Table(np.asarray(hdus[place].data))
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{path} is no sound FITS file ({' '.join(str(error).split())})") from error
    images, *_, masks = stacks
    if any(stack is None or stack.ndim != 4 for stack in (images, masks)):
        raise InputError(f"{path}: images and masks must be (N, channel, y, x)")
    missing = [name for name in CANDIDATE_COLUMNS if name not in table.colnames]
    if place == 3 and missing:
        raise InputError(f"{path}: the table of candidates has no column {missing[0]}")
    try:
        return DesSegmentation(images, masks, table, *(stacks[1:3] if place == 5 else ()))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def write_des_segmentation(content: DesSegmentation, path: Path | str) -> None:
    """Write a training set or segmented candidates.

    Raises
    ------
    InputError
        if the table of candidates lacks a column.
    OutputError
        if the file cannot be written.
    """
    stacks = {"IMAGES": content.images}
    if content.candidates:
        missing = [name for name in CANDIDATE_COLUMNS if name not in content.table.colnames]
        if missing:
            raise InputError(f"{path}: candidates need the column {missing[0]} in their table")
    else:
        stacks |= {"SOURCE": content.source, "LENS": content.lens}
    stacks["MASKS"] = content.masks
    hdus = [fits.PrimaryHDU()]
    hdus += [fits.ImageHDU(np.asarray(values, np.float32), name=name) for name, values in stacks.items()]
    hdus[-1].header["CLASSES"] = (",".join(DES_CLASSES), "masks along axis 3")
    hdus.append(fits.BinTableHDU(content.table, name="TABLE"))
    try:
        with atomic_write(Path(path)) as temporary:
            fits.HDUList(hdus).writeto(temporary, overwrite=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}") from error


def read_image_stack(path: Path | str) -> np.ndarray:
    """The public ``images.npy``, a memory map ``[sample, y, x, 3]``: composite, lens, arcs without noise.

    Raises
    ------
    InputError
        if it is not that.
    """
    try:
        stack = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is no sound array ({str(error).splitlines()[0]})") from None
    if stack.ndim != 4 or stack.shape[-1] != 3 or stack.dtype.kind not in "fiu":
        raise InputError(f"{path}: images must be (N, y, x, 3) with composite, lens and arcs, not {stack.shape}")
    return stack
