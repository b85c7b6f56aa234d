"""Manifests: a table with one row a band that says which files make up a candidate."""

import csv
import difflib
import math
from dataclasses import dataclass, fields
from pathlib import Path

from lensmith.data.companions import is_autolens_mask
from lensmith.data.names import NOISE_KINDS, classify
from lensmith.data.planes import Plane, parse_plane
from lensmith.data.records import Steering
from lensmith.data.sources import BandSource
from lensmith.errors import InputError, SettingsError

YES, NO = ("1", "yes", "true", "y", "t"), ("0", "no", "false", "n", "f")


@dataclass(frozen=True)
class ManifestRow:
    """One line of a manifest, its cells as text ('' where empty); `line` counts candidates' rows from 1.

    Files may name an extension and a plane (`parse_plane`) and start from the manifest's folder. `mask`: 1 = use,
    unless `mask_excludes` says yes. `x_lens` ... `theta_E_max` steer the fit (`Steering`).
    """

    manifest: Path
    line: int
    id: str = ""
    sci: str = ""
    band: str = ""
    err: str = ""
    psf: str = ""
    mask: str = ""
    mask_excludes: str = ""
    pixel_scale: str = ""
    zero_point: str = ""
    psf_fwhm: str = ""
    z_lens: str = ""
    z_source: str = ""
    ra: str = ""
    dec: str = ""
    x_lens: str = ""
    y_lens: str = ""
    theta_E_min: str = ""
    theta_E_max: str = ""
    notes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Manifest, row and candidate, for messages."""
        return f"{self.manifest}: row {self.line} ({self.id})"

    def number(self, column: str, positive: bool = False) -> float | None:
        """The cell as a number, None where empty or ``nan``; an `InputError` if it is no number."""
        text = getattr(self, column)
        if text.lower() in ("", "nan", "none", "null", "--"):
            return None
        try:
            value = float(text)
        except ValueError as error:
            raise InputError(f"{self.where}: {column} is {text!r}, not a number") from error
        if not math.isfinite(value) or (positive and value <= 0):
            raise InputError(f"{self.where}: {column} must be {'positive' if positive else 'finite'}, it is {text}")
        return value


COLUMNS = tuple(field.name for field in fields(ManifestRow) if field.name not in ("manifest", "line", "notes"))
_SHARED = ("z_lens", "z_source", "ra", "dec", "x_lens", "y_lens", "theta_E_min", "theta_E_max")


def read_manifest(path: Path) -> dict[str, tuple[ManifestRow, ...]]:
    """Rows by candidate, in the manifest's order.

    Raises
    ------
    SettingsError
        if a needed column is missing or one is misspelt.
    InputError
        if the file is no table, or a row lacks its id or image.
    """
    header, lines = _read_table(path)
    columns, notes = _check_columns(header, path)
    found: dict[str, list[ManifestRow]] = {}
    for number, cells in enumerate(lines, start=1):
        if not any(cells):
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise InputError(f"{path}: row {number} has {len(cells)} cells but the header {len(header)}")
        named = {name: cell for name, cell in zip(columns, cells) if name is not None}
        row = ManifestRow(path, number, notes=notes, **named)
        if not row.id or not row.sci:
            raise InputError(f"{path}: row {number} has no {'sci' if row.id else 'id'}")
        found.setdefault(row.id, []).append(row)
    if not found:
        raise InputError(f"{path}: the manifest has no rows")
    return {name: tuple(rows) for name, rows in found.items()}


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows as stripped text; lines that begin with # are skipped, ECSV's delimiter is honoured."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the manifest cannot be read as text ({error})") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise InputError(f"{path}: the manifest is empty")
    delimiter = next((mark for mark in (",", ";", "\t") if mark in lines[0]), " ")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True)]
    except csv.Error as error:
        raise InputError(f"{path}: the manifest is not a table ({error})") from error
    return rows[0], rows[1:]


def _check_columns(header: list[str], path: Path) -> tuple[list[str | None], tuple[str, ...]]:
    """The known column that each header cell names (None for others), and a note on those that are not used."""
    by_lower = {name.lower(): name for name in COLUMNS}
    known = [by_lower.get(cell.lower()) for cell in header]
    for name in COLUMNS:
        if known.count(name) > 1:
            raise SettingsError(f"{path}: the manifest has column {name} twice")
    unused = []
    for cell, name in zip(header, known):
        if name is not None or not cell:
            continue
        near = difflib.get_close_matches(cell.lower(), by_lower, n=1, cutoff=0.8)
        if near and by_lower[near[0]] not in known:
            raise SettingsError(f"{path}: the manifest has no use for column {cell}; did you mean {by_lower[near[0]]}?")
        unused.append(cell)
    for name in ("id", "sci"):
        if name not in known:
            raise SettingsError(f"{path}: a manifest needs the columns id and sci; this one has {', '.join(header)}")
    return known, ((f"manifest columns not used: {', '.join(unused)}",) if unused else ())


def manifest_sources(rows: tuple[ManifestRow, ...]) -> list[BandSource]:
    """One `BandSource` a row."""
    return [_source(row) for row in rows]


def _source(row: ManifestRow) -> BandSource:
    files = {column: getattr(row, column) for column in ("sci", "err", "psf", "mask")}
    planes = {column: parse_plane(text, row.manifest.parent) for column, text in files.items() if text}
    err, mask = planes.get("err"), planes.get("mask")
    excludes, notes = _excludes(row, mask)
    return BandSource(
        sci=planes["sci"],
        name=row.band or None,
        err=err,
        err_kind=_noise_kind(err),
        psf=planes.get("psf"),
        mask=mask,
        mask_excludes=excludes,
        pixel_scale=row.number("pixel_scale", positive=True),
        zero_point=row.number("zero_point"),
        psf_fwhm=row.number("psf_fwhm", positive=True),
        notes=notes,
    )


def _noise_kind(err: Plane | None) -> str:
    """Sigma, unless the extension's name says variance or weight."""
    name = err.extension[0] if err and isinstance(err.extension, tuple) else (err.extension if err else None)
    found = classify(name) if isinstance(name, str) else None
    return found[1] if found and found[1] in NOISE_KINDS else "sigma"


def _excludes(row: ManifestRow, mask: Plane | None) -> tuple[bool, tuple[str, ...]]:
    """Whether 1 = exclude in the row's mask: as the manifest says, else for AutoLens's masks (and a note)."""
    text = row.mask_excludes.lower()
    if text in YES or text in NO:
        return text in YES, ()
    if text:
        raise InputError(f"{row.where}: mask_excludes is {text!r}; say yes or no")
    if mask is None or not is_autolens_mask(mask.path):
        return False, ()
    name = mask.path.name
    return True, (f"mask {name} is read as 1 = exclude, as AutoLens writes it (mask_excludes = no turns it round)",)


def shared_values(rows: tuple[ManifestRow, ...]) -> dict[str, float | None]:
    """Redshifts, position and steering of the candidate: the rows must agree where several say them."""
    out: dict[str, float | None] = {}
    for column in _SHARED:
        values = {value for row in rows if (value := row.number(column)) is not None}
        if len(values) > 1:
            raise InputError(f"{rows[0].manifest}: the rows of {rows[0].id} do not agree on {column}: {sorted(values)}")
        out[column] = values.pop() if values else None
    return out


def steering(values: dict[str, float | None]) -> Steering:
    """What the manifest says to steer the fit."""
    return Steering(*(values[key] for key in ("x_lens", "y_lens", "theta_E_min", "theta_E_max")))
