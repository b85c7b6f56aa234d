"""The catalogue: one row a candidate, written as ECSV, FITS and Parquet, each whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.table import MaskedColumn, Table

from lensmith.data.atomic import atomic_write
from lensmith.data.columns import BOUNDS, COLUMNS, DERIVED, DIAGNOSTICS, FITTED, Column
from lensmith.data.orientation import position_angle
from lensmith.data.results import LensFit
from lensmith.errors import InputError

FORMATS = {"ecsv": "ascii.ecsv", "fits": "fits", "parquet": "parquet"}
_TYPES = {"number": np.float64, "count": np.int64}
_BLANK = {"number": np.nan, "count": -1, "text": ""}
"""What stands below the mask of a missing value; FITS and Parquet know it as missing too."""


def row_from_fit(fit: LensFit) -> dict:
    """The catalogue's row for a fit; what the fit does not have is left out, so missing."""
    row = {"id": fit.id, "ra": fit.ra, "dec": fit.dec, "z_lens": fit.z_lens, "z_source": fit.z_source}
    row["bands"] = ",".join(band.name for band in fit.bands)
    row["pixel_scale"] = fit.bands[0].pixel_scale if fit.bands else None
    for name, _, _ in FITTED:
        if (estimate := fit.parameters.get(name)) is not None:
            row[name] = estimate.median
            row |= {f"{name}_{bound}": getattr(estimate, bound) for bound, _ in BOUNDS}
    row |= _derived(fit)
    if fit.bands and "phi" in fit.parameters:
        row["pa"] = position_angle(fit.bands[0], fit.parameters["phi"].median)
    row |= {key: fit.diagnostics[key] for key in DIAGNOSTICS if key in fit.diagnostics}
    row |= {"prior_decides": ",".join(fit.prior_decides), "sampler": fit.sampler}
    row |= {"engine": fit.engine, "verdict": fit.verdict.value, "reasons": "; ".join(fit.verdict.reasons)}
    row["notes"] = "; ".join(fit.notes)
    return {key: value for key, value in row.items() if value is not None}


def _derived(fit: LensFit) -> dict:
    """Columns of the derived quantities; magnitudes are those of the first band that has them."""
    row = {}
    for name, _, _ in DERIVED:
        keys = [name, *(f"{name}_{band.name}" for band in fit.bands)]
        if (estimate := next((fit.derived[key] for key in keys if key in fit.derived), None)) is not None:
            row[name] = estimate.median
            row |= {f"{name}_{bound}": getattr(estimate, bound) for bound, _ in BOUNDS}
    numbers = range(1, 1 + sum(name.startswith("x_image_") for name in fit.derived))
    image = lambda n: " ".join(f"{fit.derived[f'{part}_image_{n}'].median:.4g}" for part in ("x", "y", "mu"))
    return row | ({"n_images": len(numbers), "images": "; ".join(map(image, numbers))} if numbers else {})


def row_failed(candidate_id: str, reason: str, **known) -> dict:
    """The row of a candidate that could not be modelled; `known` are columns that are known all the same."""
    return {"id": candidate_id, "verdict": "failed", "reasons": reason, **known}


def catalogue_table(rows: Sequence[dict]) -> Table:
    """The rows as a table with every column of `COLUMNS`, missing values masked, types the same whatever is missing.

    Raises
    ------
    ValueError
        if a row has a column that the catalogue does not know.
    """
    known = {column.name for column in COLUMNS}
    for row in rows:
        if unknown := set(row) - known:
            raise ValueError(f"the catalogue has no column {', '.join(sorted(unknown))}")
    return Table([_column(column, [row.get(column.name) for row in rows]) for column in COLUMNS])


def _column(column: Column, values: list) -> MaskedColumn:
    missing = [_is_missing(column, value) for value in values]
    filled = [_BLANK[column.kind] if gone else value for value, gone in zip(values, missing, strict=True)]
    if column.kind == "text":
        data = np.array([_plain(value) for value in filled], dtype=str)
        data = data.astype(f"<U{max(1, data.dtype.itemsize // 4)}")  # a width of 0 cannot be written
    else:
        data = np.array(filled, dtype=_TYPES[column.kind])
    fill = _BLANK[column.kind]
    return MaskedColumn(
        data, column.name, mask=missing, unit=column.unit or None, description=column.description, fill_value=fill
    )


def _is_missing(column: Column, value) -> bool:
    if value is None:
        return True
    return value == "" if column.kind == "text" else not np.isfinite(value)


def _plain(value) -> str:
    """Text on one line in printable ASCII where FITS needs it: other characters are written as ``?``."""
    return " ".join(str(value).split())


def write_catalogue(rows: Sequence[dict], folder: Path | str) -> None:
    """Write ``catalog.ecsv``, ``catalog.fits`` and ``catalog.parquet`` into `folder`, replacing what is there."""
    table = catalogue_table(rows)
    for suffix in FORMATS:
        with atomic_write(Path(folder) / f"catalog.{suffix}") as path:
            _WRITERS[suffix](table, path)


def _write_ecsv(table: Table, path: Path) -> None:
    table.write(path, format="ascii.ecsv", overwrite=True)


def _write_fits(table: Table, path: Path) -> None:
    """FITS has ASCII text only, NaN for missing numbers and TNULL for missing counts."""
    plain = table.copy()
    for column in COLUMNS:
        if column.kind == "text":
            values = [str(text).encode("ascii", "replace").decode() for text in plain[column.name].filled("")]
            plain[column.name] = np.array(values, dtype=str).astype(f"<U{max(1, *map(len, values), 1)}")
    plain.write(path, format="fits", overwrite=True)


def _write_parquet(table: Table, path: Path) -> None:
    """Plain Parquet for every reader: nulls for missing values, unit and description as the fields' metadata."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {"text": pa.string(), "number": pa.float64(), "count": pa.int64()}
    fields, arrays = [], []
    for column in COLUMNS:
        values = table[column.name]
        arrays.append(pa.array(values.data.data.tolist(), types[column.kind], mask=np.asarray(values.mask)))
        fields.append(
            pa.field(column.name, types[column.kind], metadata={"unit": column.unit, "description": column.description})
        )
    parquet.write_table(pa.table(arrays, schema=pa.schema(fields)), path)


_WRITERS = {"ecsv": _write_ecsv, "fits": _write_fits, "parquet": _write_parquet}


def read_catalogue(path: Path | str) -> Table:
    """A catalogue from a run folder, or from any of its three files; missing values are masked.

    Raises
    ------
    InputError
        if there is none or it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "catalog.ecsv"
    if not path.exists():
        raise InputError(f"{path}: there is no catalogue here")
    try:
        table = _read_parquet(path) if path.suffix == ".parquet" else Table.read(path, format=FORMATS[path.suffix[1:]])
    except Exception as error:
        raise InputError(f"{path}: it cannot be read as a catalogue ({error})") from error
    return _with_masks(table)


def _read_parquet(path: Path) -> Table:
    from pyarrow import parquet

    table = parquet.read_table(path)
    return catalogue_table(table.to_pylist())


def _with_masks(table: Table) -> Table:
    """Every column masked where it is blank, so that all three formats read back alike."""
    rows = [{name: None if np.ma.is_masked(row[name]) else row[name] for name in table.colnames} for row in table]
    return catalogue_table([{key: _own(value) for key, value in row.items()} for row in rows])


def _own(value):
    return value.decode() if isinstance(value, bytes) else value
