"""What `lensmith halos` writes: a folder a sky, and two tables of all of them."""

import json
from pathlib import Path

import numpy as np

from lensmith.data.atomic import atomic_write
from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.analysis import SkyResult

RESULT = "result.json"
"""Written last in a sky's folder: where it is, the sky is done."""

_TITLES = {
    "KAPPA": "convergence (Kaiser-Squires)",
    "APERTURE_MASS_SN": "aperture mass, S/N",
    "HALOES": "haloes expected in a pixel",
}

_HALO = {
    "sky": ("", "name of the sky"),
    "halo": ("", "number of the halo, by falling S/N"),
    "x": ("length", "position along columns: least expected distance"),
    "y": ("length", "position along rows"),
    "ra": ("deg", "right ascension (ICRS)"),
    "dec": ("deg", "declination (ICRS)"),
    "r68": ("length", "radius about (x, y) that holds 68 % of the posterior"),
    "r95": ("length", "radius about (x, y) that holds 95 % of the posterior"),
    "amplitude": ("", "amplitude of the halo law, median"),
    "amplitude_lo": ("", "16th percentile"),
    "amplitude_hi": ("", "84th percentile"),
    "scale": ("length", "scale or core radius of the halo law, median"),
    "scale_lo": ("length", "16th percentile"),
    "scale_hi": ("length", "84th percentile"),
    "p_detection": ("", "probability of at least this many haloes in the sky"),
    "snr": ("", "signal to noise of the halo's shear, the others taken out"),
    "law": ("", "halo law: nfw (amplitude kappa_s), sis (theta_E / scale), core (ellipticity in the core)"),
    "unit": ("", "unit of the lengths"),
}

_SKY = {
    "sky": ("", "name of the sky"),
    "status": ("", "done, or cannot tell"),
    "n_galaxies": ("", "galaxies with a shape"),
    "shape_noise": ("", "scatter of an ellipticity component"),
    "given": ("", "whether the number of haloes was given"),
    "n_haloes": ("", "haloes listed: the most probable number, or the given one"),
    "p0": ("", "probability of no halo"),
    "p1": ("", "probability of one halo"),
    "p2": ("", "probability of two haloes"),
    "p3": ("", "probability of three haloes"),
    "ln_evidence1": ("", "ln evidence of one halo over none"),
    "ln_evidence2": ("", "ln evidence of two haloes over none"),
    "ln_evidence3": ("", "ln evidence of three haloes over none"),
    "expected_distance": ("length", "expected mean distance of the haloes from their estimates"),
    "aperture_mass_peak": ("", "highest S/N of the aperture mass"),
    "aperture_mass_false_alarm": ("", "share of shuffled skies with as high a peak"),
    "aperture_mass_b_false_alarm": ("", "the same for what the haloes leave of the shapes, turned by 45 degrees"),
    "matched_filter_peak": ("", "highest S/N of the tangential-shear matched filter"),
    "matched_filter_x": ("length", "where that is"),
    "matched_filter_y": ("length", "where that is"),
    "matched_filter_false_alarm": ("", "share of shuffled skies with as high a peak"),
    "matched_filter_b_false_alarm": ("", "the same for what the haloes leave of the shapes, turned by 45 degrees"),
    "unit": ("", "unit of the lengths"),
    "seconds": ("s", "time taken"),
    "reason": ("", "why nothing can be told, and notes"),
}


def halo_rows(result: SkyResult, law: str) -> list[dict]:
    """The rows of a sky in the table of haloes."""
    rows = []
    for number, halo in enumerate(result.haloes, start=1):
        row = {"sky": result.field.id, "halo": number, "x": halo.x, "y": halo.y, "r68": halo.r68, "r95": halo.r95}
        for name in ("amplitude", "scale"):
            low, middle, high = getattr(halo, name)
            row |= {name: middle, f"{name}_lo": low, f"{name}_hi": high}
        row |= {"p_detection": halo.probability, "snr": halo.snr, "law": law, "unit": result.field.unit}
        if result.field.centre is not None or result.field.wcs is not None:
            row["ra"], row["dec"] = sky_position(result.field, halo.x, halo.y)
        rows.append(row)
    return rows


def sky_row(result: SkyResult, given: bool, seconds: float) -> dict:
    """The row of a sky that was looked at."""
    row = {
        "sky": result.field.id,
        "status": "done",
        "n_galaxies": len(result.field),
        "shape_noise": result.field.shape_noise,
        "given": given,
        "n_haloes": len(result.haloes),
        "expected_distance": result.expected_distance,
        "unit": result.field.unit,
        "seconds": round(seconds, 2),
        "reason": "; ".join(result.field.notes),
    }
    row |= {f"p{k}": float(p) for k, p in enumerate(result.probabilities)}
    row |= {f"ln_evidence{k}": value for k, value in enumerate(result.log_evidence, start=1)}
    for name, test in result.peaks.items():
        row |= {
            f"{name}_peak": test.peak,
            f"{name}_false_alarm": test.false_alarm,
            f"{name}_b_false_alarm": test.b_false_alarm,
        }
    if "matched_filter" in result.peaks:
        row |= {
            "matched_filter_x": result.peaks["matched_filter"].x,
            "matched_filter_y": result.peaks["matched_filter"].y,
        }
    return row


def failed_row(name: str, reason: str) -> dict:
    """The row of a sky of which nothing can be told."""
    return {"sky": name, "status": "cannot tell", "reason": reason}


def write_sky_folder(folder: Path, result: SkyResult, rows: dict, truth: np.ndarray | None) -> None:
    """Write ``map.fits``, ``sky.png`` and, last, ``result.json`` of one sky."""
    from lensmith.plots import DPI
    from lensmith.plots.sky import sky_figure

    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "map.fits") as temporary:
        map_units(result).writeto(temporary)
    points = np.array([(halo.x, halo.y) for halo in result.haloes]).reshape(-1, 2)
    regions = np.array([(halo.r68, halo.r95) for halo in result.haloes]).reshape(-1, 2)
    chances = ", ".join(f"P({k}) = {p:.2f}" for k, p in enumerate(result.probabilities))
    title = f"{result.field.id}: {chances}; circles hold 68 and 95 %" + ("" if truth is None else "; rings: truth")
    maps = [(text, result.maps[name]) for name, text in _TITLES.items() if name in result.maps]
    figure = sky_figure(result.field, maps, points, regions, title, truth)
    with atomic_write(folder / "sky.png") as temporary:
        figure.savefig(temporary, dpi=DPI)
    with atomic_write(folder / RESULT) as temporary:
        temporary.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def map_units(result: SkyResult):
    """The maps as FITS, one extension each, with a celestial WCS where the sky's place is known."""
    from astropy.io import fits

    field = result.field
    units = [fits.PrimaryHDU()]
    for name, image in result.maps.items():
        unit = fits.ImageHDU(image.astype(np.float32), name=name)
        unit.header.update(_grid_header(field, image.shape))
        units.append(unit)
    return fits.HDUList(units)


def _grid_header(field: GalaxyField, shape: tuple[int, int]) -> dict:
    """Cards that tie map pixels to positions of the sky."""
    left, right, bottom, top = field.extent
    step_x, step_y = (right - left) / shape[1], (top - bottom) / shape[0]
    if field.wcs is not None:
        return _image_header(field.wcs, (left, bottom), (step_x, step_y))
    first = {"CRPIX1": 0.5 - left / step_x, "CRPIX2": 0.5 - bottom / step_y}
    if field.centre is None:
        return first | {"CTYPE1": "X", "CTYPE2": "Y", "CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT1": step_x, "CDELT2": step_y}
    return first | {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CRVAL1": field.centre[0],
        "CRVAL2": field.centre[1],
        "CDELT1": -step_x / 3600,
        "CDELT2": step_y / 3600,
        "RADESYS": "ICRS",
    }


def _image_header(wcs, start: tuple[float, float], step: tuple[float, float]) -> dict:
    """The cards of an image's WCS for map pixels of `step` image pixels, whose first corner lies at `start`."""
    linear = wcs.deepcopy()
    linear.sip = None
    linear.wcs.crpix = [(p - 1 - s) / d + 0.5 for p, s, d in zip(wcs.wcs.crpix, start, step)]
    if linear.wcs.has_cd():
        linear.wcs.cd = wcs.wcs.cd * np.array(step)
    else:
        linear.wcs.pc = wcs.wcs.get_pc() * np.array(step)
    return dict(linear.to_header())


def sky_position(field: GalaxyField, x: float, y: float) -> tuple[float, float]:
    """RA, Dec [deg] of a position in an image with a WCS, or [arcsec] in a field of known centre (x to the West)."""
    if field.wcs is not None:
        there = field.wcs.pixel_to_world(x, y).icrs
        return float(there.ra.deg), float(there.dec.deg)
    a0, d0 = np.deg2rad(field.centre)
    xi, eta = -np.deg2rad(x / 3600), np.deg2rad(y / 3600)
    down = np.cos(d0) - eta * np.sin(d0)
    ra = a0 + np.arctan2(xi, down)
    dec = np.arctan2(np.sin(d0) + eta * np.cos(d0), np.hypot(xi, down))
    return float(np.rad2deg(ra) % 360), float(np.rad2deg(dec))


def write_tables(out: Path, halos: list[dict], skies: list[dict]) -> None:
    """Write ``halos.ecsv`` and ``skies.ecsv`` whole; a missing value is masked."""
    for name, columns, rows in (("halos.ecsv", _HALO, halos), ("skies.ecsv", _SKY, skies)):
        with atomic_write(out / name) as temporary:
            _table(columns, rows).write(temporary, format="ascii.ecsv")


def _table(columns: dict, rows: list[dict]):
    from astropy.table import MaskedColumn, Table

    units = {row.get("unit") for row in rows if row.get("unit")}
    length = {"pixel": "pix", "arcsec": "arcsec"}.get(units.pop()) if len(units) == 1 else None
    words = {"sky", "status", "law", "unit", "reason"}
    whole = {"halo", "n_galaxies", "n_haloes"}
    table = Table()
    for name, (unit, text) in columns.items():
        kind = str if name in words else int if name in whole else bool if name == "given" else float
        values = [row.get(name) for row in rows]
        filled = [kind() if value is None else kind(value) for value in values]
        column = MaskedColumn(filled, name=name, mask=[v is None for v in values], dtype=kind, description=text)
        column.unit = length if unit == "length" else unit or None
        table.add_column(column)
    return table
