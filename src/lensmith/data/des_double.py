"""The FITS layout of the public DES double-source pipeline: stacks of cutouts, and one table row for each.

HDU 1 is the complete image, 2 the lensed sources, 3 the lens, each ``(N, 3, 45, 45)`` in g, r, i; HDU 4 is the
table. Column names are those of the pipeline where it has them: github.com/JimenaGonzalez,
Simulations-Double-Source-Gravitational-Lensing (Simulations_complete_double).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from lensmith.data.atomic import atomic_write
from lensmith.data.dataset import DataSet
from lensmith.errors import InputError, OutputError
from lensmith.types import FloatArray

IMAGES = {"COMPLETE": "image", "SOURCE": "source", "LENS": "lens"}
"""Extension name, in order, and the array of a data set that it holds."""

BANDS = ("g", "r", "i")

_SOURCE_COLUMNS = {
    "Z{}": "z_source_{}",
    "LENSED_MAG{}": "lensed_magnitude_{}",
    "ISOLATION{}": "isolation_{}",
    "EINSTEIN_RADIUS{}": "theta_E_{}",
    "MAGNIFICATION{}": "magnification_{}",
    "POSITION{}": "image_distance_{}",
    "MG{}": "source_{}_magnitude_g",
    "MR{}": "source_{}_magnitude_r",
    "MI{}": "source_{}_magnitude_i",
}
COLUMNS = {"Z_LENS": "z_lens"} | {
    theirs.format(k): ours.format(k) for k in (1, 2) for theirs, ours in _SOURCE_COLUMNS.items()
}
"""The pipeline's column for a column of our truth; the other columns of the truth keep their names."""


@dataclass(frozen=True, eq=False)
class DesDouble:
    """What a file holds: `complete`, `source` and `lens` ``[sample, band, y, x]`` in g, r, i, and the `table`."""

    complete: FloatArray
    source: FloatArray
    lens: FloatArray
    table: Table

    def __len__(self) -> int:
        return len(self.complete)


def write_des_double(dataset: DataSet, path: Path | str) -> None:
    """Write a data set of the kind `double-plane` as one FITS file.

    Raises
    ------
    InputError
        if it is of another kind, or its images are not in g, r, i.
    OutputError
        if the file cannot be written.
    """
    path = Path(path)
    missing = [name for name in IMAGES.values() if name not in dataset.arrays]
    missing += [name for name in COLUMNS.values() if name not in dataset.columns]
    if missing or dataset.arrays["image"].shape[1] != len(BANDS):
        lack = f" (it lacks {missing[0]})" if missing else ""
        raise InputError(f"{dataset.path}: the DES layout needs double-plane samples in the bands g, r, i{lack}")
    hdus = [fits.PrimaryHDU()]
    for name, array in IMAGES.items():
        hdus.append(fits.ImageHDU(np.asarray(dataset.arrays[array]), name=name))
        hdus[-1].header["BUNIT"] = (dataset.specs[array].unit, "bands along axis 3 are g, r, i")
    hdus.append(fits.BinTableHDU(_table(dataset), name="TABLE"))
    try:
        with atomic_write(path) as temporary:
            fits.HDUList(hdus).writeto(temporary, overwrite=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}") from error


def read_des_double(path: Path | str) -> DesDouble:
    """Read such a file.

    Raises
    ------
    InputError
        if it is no FITS file or does not have this layout.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with fits.open(path) as hdus:
            if len(hdus) < 5 or not isinstance(hdus[4], fits.BinTableHDU):
                raise InputError(f"{path}: the DES layout has three images and a table after the primary HDU")
            images = [None if hdu.data is None else np.asarray(hdu.data, np.float32) for hdu in hdus[1:4]]
            table = Table(np.asarray(hdus[4].data))
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{path} is no sound FITS file ({' '.join(str(error).split())})") from error
    shapes = {None if image is None else image.shape for image in images}
    shape = shapes.pop()
    if shapes or shape is None or len(shape) != 4 or shape[1] != len(BANDS) or shape[0] != len(table):
        raise InputError(f"{path}: its three images must all be (N, 3, y, x) with N the {len(table)} rows of the table")
    return DesDouble(*images, table)


def _table(dataset: DataSet) -> Table:
    """The truth with the pipeline's columns first."""
    used = set(COLUMNS.values())
    names = COLUMNS | {name: name for name in dataset.columns if name not in used}
    table = Table()
    for theirs, ours in names.items():
        values = dataset.column(ours)
        table[theirs] = values.astype(str) if values.dtype == object else values
        table[theirs].unit = dataset.columns[ours].unit or None
    return table
