"""Galaxy catalogues in, `GalaxyField` out: CSV, ECSV and FITS tables, told apart from the file itself."""

from pathlib import Path

import numpy as np

from lensmith.data.dark_worlds import FIELD_SIDE
from lensmith.data.galaxy_field import GalaxyField
from lensmith.errors import InputError

_NAMES = {
    "ra": ("ra", "raj2000", "alpha_j2000", "ra_icrs"),
    "dec": ("dec", "dej2000", "delta_j2000", "de_icrs"),
    "x": ("x", "x_image", "xpos"),
    "y": ("y", "y_image", "ypos"),
    "e1": ("e1", "e_1", "g1", "ellip1"),
    "e2": ("e2", "e_2", "g2", "ellip2"),
    "weight": ("weight", "w", "shape_weight"),
    "redshift": ("redshift", "z", "z_phot", "photoz"),
}


def read_sky_table(path: Path | str, flip_e2: bool = False) -> GalaxyField:
    """The sky of a galaxy catalogue.

    Columns (any case): x, y [pixels], or RA, Dec [degrees]; e1, e2; optionally weight, redshift. Positions on the sky
    become arcsec on a tangent plane at their centre, x to the West and y to the North, and e1, e2 are taken along these
    axes; `flip_e2` turns the sign of e2, for catalogues whose first axis points East. A CSV with a GalaxyID column is a
    Dark Worlds sky, 4200 px a side.

    Raises
    ------
    InputError
        for what is not such a catalogue, in one sentence.
    """
    path = Path(path)
    table = _read_table(path)
    columns = _find_columns(path, table)
    e2 = -columns["e2"] if flip_e2 else columns["e2"]
    kept = {"e1": columns["e1"], "e2": e2, "weight": columns.get("weight"), "redshift": columns.get("redshift")}
    if "x" in columns:
        known = any(name.lower() == "galaxyid" for name in table.colnames)
        inside = known and max(np.max(columns["x"], initial=0), np.max(columns["y"], initial=0)) <= FIELD_SIDE
        extent = (0.0, FIELD_SIDE, 0.0, FIELD_SIDE) if inside else None
        layout = "dark-worlds" if inside else ""
        return GalaxyField(path.stem, columns["x"], columns["y"], **kept, extent=extent, layout=layout)
    x, y, centre = tangent_plane(path, columns["ra"], columns["dec"])
    return GalaxyField(path.stem, x, y, **kept, unit="arcsec", centre=centre)


def tangent_plane(path: Path, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Gnomonic (x West, y North) [arcsec] of positions [deg] about their centre, and that centre (RA, Dec)."""
    if not (np.isfinite(ra).all() and np.isfinite(dec).all() and (np.abs(dec) <= 90).all()):
        raise InputError(f"{path}: RA and Dec must be degrees, Dec between -90 and 90")
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    mean = np.array([np.mean(np.cos(d) * np.cos(a)), np.mean(np.cos(d) * np.sin(a)), np.mean(np.sin(d))])
    mean /= np.linalg.norm(mean)
    a0, d0 = np.arctan2(mean[1], mean[0]), np.arcsin(mean[2])
    depth = np.sin(d0) * np.sin(d) + np.cos(d0) * np.cos(d) * np.cos(a - a0)
    if (depth < np.cos(np.deg2rad(5))).any():
        raise InputError(f"{path}: the galaxies span more than 10 degrees; cut the catalogue into fields")
    arcsec = 180 * 3600 / np.pi
    x = -np.cos(d) * np.sin(a - a0) / depth * arcsec
    y = (np.cos(d0) * np.sin(d) - np.sin(d0) * np.cos(d) * np.cos(a - a0)) / depth * arcsec
    return x, y, (float(np.rad2deg(a0) % 360), float(np.rad2deg(d0)))


def _read_table(path: Path):
    from astropy.table import Table

    kinds = {".csv": "ascii.csv", ".ecsv": "ascii.ecsv", ".fits": "fits", ".fit": "fits"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: a sky is a .csv, .ecsv or .fits catalogue, or a .png or .fits image")
    try:
        return Table.read(path, format=kind)
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there") from error
    except Exception as error:
        raise InputError(f"{path} cannot be read as a galaxy catalogue: {str(error).splitlines()[0]}") from error


def _find_columns(path: Path, table) -> dict[str, np.ndarray]:
    """The columns that a sky needs, as floats in pixels, or degrees for ra and dec."""
    names = {name.lower(): name for name in table.colnames}
    found = {key: next((names[n] for n in known if n in names), None) for key, known in _NAMES.items()}
    missing = [key for key in ("e1", "e2") if not found[key]]
    on_pixels, on_sky = found["x"] and found["y"], found["ra"] and found["dec"]
    if not (on_pixels or on_sky):
        missing = ["x and y (or RA and Dec)", *missing]
    if missing:
        there = ", ".join(table.colnames[:12]) or "no columns"
        raise InputError(f"{path}: column {' and '.join(missing)} missing; it has {there}")
    positions = ("ra", "dec") if on_sky else ("x", "y")
    if on_sky:
        units = {str(table[found[key]].unit or "deg") for key in positions}
        if units - {"deg", "degree"}:
            raise InputError(f"{path}: RA and Dec are in {' and '.join(sorted(units))}; both must be in degrees")
    elif len({str(table[found[key]].unit) for key in positions}) > 1:
        raise InputError(f"{path}: x and y are in different units ({table[found['x']].unit}, {table[found['y']].unit})")
    wanted = [*positions, "e1", "e2", *(key for key in ("weight", "redshift") if found[key])]
    return {key: _as_floats(path, table[found[key]]) for key in wanted}


def _as_floats(path: Path, column) -> np.ndarray:
    """A column as plain floats, masked values NaN."""
    try:
        values = np.ma.filled(np.ma.asarray(column, dtype=float), np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: column {column.name} does not hold numbers") from error
    if values.ndim != 1:
        raise InputError(f"{path}: column {column.name} holds more than one number a galaxy")
    return values
