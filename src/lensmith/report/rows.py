"""The rows of a report: what the catalogue says of every candidate, and which of its files are there."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table

from lensmith.errors import InputError

FILES = {
    "summary.png": "summary",
    "corner.png": "corner",
    "trace.png": "trace",
    "params.txt": "parameters",
    "model.json": "model.json",
    "model.fits": "model.fits",
    "posterior.nc": "posterior.nc",
    "error.txt": "error",
}
"""Files of a candidate that a report links to where they are there, and what it calls them."""


@dataclass(frozen=True)
class Row:
    """One candidate: its catalogue values (missing ones left out), its folder's name ("" for none), the files in it."""

    values: dict[str, object]
    folder: str = ""
    files: frozenset[str] = frozenset()

    def number(self, column: str) -> float:
        """A value as a number, NaN where it is missing or none."""
        value = self.values.get(column)
        return float(value) if isinstance(value, int | float) else math.nan

    def text(self, column: str) -> str:
        """A value as text, empty where it is missing."""
        return str(self.values.get(column, ""))

    @property
    def verdict(self) -> str:
        """Verdict; a row without one counts as failed."""
        return self.text("verdict") or "failed"


def read_rows(run_folder: Path) -> tuple[list[Row], dict[str, str]]:
    """All rows of a run's ``catalog.ecsv``, and what its columns mean (column -> description).

    Raises
    ------
    InputError
        if there is no catalogue or it cannot be read.
    """
    path = run_folder / "catalog.ecsv"
    try:
        table = Table.read(path, format="ascii.ecsv")
    except FileNotFoundError:
        raise InputError(
            f"{run_folder} holds no catalog.ecsv, so there is nothing to report; name a run's folder"
        ) from None
    except Exception as error:
        raise InputError(f"{path} is not a readable catalogue: {' '.join(str(error).split())}") from None
    columns = {name: _plain(table[name]) for name in table.colnames}
    ids = [str(value) for value in columns.get("id", [""] * len(table))]
    folders = _folders(run_folder / "candidates", ids)
    rows = [_row(columns, i, folders.get(identifier, ""), run_folder) for i, identifier in enumerate(ids)]
    return rows, {name: table[name].description or "" for name in table.colnames}


def _plain(column) -> list:
    """A column as Python values, None where masked or NaN."""
    masked = np.broadcast_to(np.ma.getmaskarray(np.ma.asarray(column)), len(column))
    values = np.ma.getdata(np.ma.asarray(column)).tolist()
    return [None if hide or (isinstance(v, float) and math.isnan(v)) else v for v, hide in zip(values, masked)]


def _row(columns: dict[str, list], i: int, folder: str, run_folder: Path) -> Row:
    values = {name: column[i] for name, column in columns.items() if column[i] is not None}
    if not folder:
        return Row(values)
    return Row(values, folder, frozenset(os.listdir(run_folder / "candidates" / folder)))


def _folders(candidates: Path, ids: list[str]) -> dict[str, str]:
    """Id -> name of its folder: the id itself, or the folder whose row.json holds the id."""
    names = {entry.name for entry in os.scandir(candidates) if entry.is_dir()} if candidates.is_dir() else set()
    found = {identifier: identifier for identifier in ids if identifier in names}
    for name in names - set(found):
        try:
            stored = json.loads((candidates / name / "row.json").read_text(encoding="utf-8"))
            found.setdefault(" ".join(str(stored.get("row", stored)["id"]).split()), name)  # as the catalogue writes it
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            continue
    return found
