"""Truth tables as Parquet, every column with its unit and meaning in the metadata of its field."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from lensmith.data.atomic import atomic_write
from lensmith.data.samples import Column
from lensmith.errors import InputError

_TYPES = {"float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_(), "str": pa.string()}
_ROWS = 65_536
"""Rows a group in the file, whatever the batches that the truth came in."""


def truth_schema(columns: Mapping[str, Column]) -> pa.Schema:
    """The Arrow schema of a truth table: the sample's index and every column."""
    fields = [pa.field("index", pa.int64(), metadata={"unit": "", "description": "number of the sample in its seed"})]
    for name, column in columns.items():
        if column.dtype not in _TYPES:
            raise InputError(f"truth column {name}: its dtype must be one of {', '.join(_TYPES)}, not {column.dtype}")
        metadata = {"unit": column.unit, "description": column.description}
        fields.append(pa.field(name, _TYPES[column.dtype], metadata=metadata))
    return pa.schema(fields)


def truth_table(indices: np.ndarray, truth: Mapping[str, np.ndarray], schema: pa.Schema) -> pa.Table:
    """The rows of some samples.

    Raises
    ------
    InputError
        if a column is missing, not in the schema, or of another type.
    """
    expected = set(schema.names) - {"index"}
    if set(truth) != expected:
        missing, unknown = sorted(expected - set(truth)), sorted(set(truth) - expected)
        raise InputError(f"truth columns do not match their description: missing {missing}, undescribed {unknown}")
    columns = []
    for field in schema:
        values = np.asarray(indices if field.name == "index" else truth[field.name])
        plain = values.tolist() if pa.types.is_string(field.type) else values
        try:
            columns.append(pa.array(plain, field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise InputError(f"truth column {field.name} is not {field.type}: {error}") from None
    return pa.table(columns, schema=schema)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table whole or not at all; the same rows make the same bytes."""
    with atomic_write(path) as temporary:
        parquet.write_table(table.combine_chunks(), temporary, row_group_size=_ROWS)


def read_tables(paths: Iterable[Path]) -> pa.Table:
    """The tables of some files, one below the other.

    Raises
    ------
    InputError
        if one cannot be read.
    """
    tables = []
    for path in paths:
        try:
            tables.append(parquet.ParquetFile(path).read())
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"{path}: the truth cannot be read ({error})") from None
    return pa.concat_tables(tables)
