"""Light curves from a CSV table, one measurement a row: name, band, time [days], flux, flux_error."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lensmith.errors import InputError
from lensmith.types import FloatArray

COLUMNS = ("name", "band", "time", "flux", "flux_error")
_SAME_NIGHT = 0.5
"""Days within which measurements in several bands are one epoch."""


@dataclass(frozen=True, eq=False)
class LightCurve:
    """Measurements ``[epoch, band]``: `flux` and `flux_error` in the table's unit (error 0: missing), `time` [days]."""

    flux: FloatArray
    flux_error: FloatArray
    time: FloatArray


@dataclass
class _Rows:
    band: list[int] = field(default_factory=list)
    numbers: list[tuple[float, float, float]] = field(default_factory=list)


def read_light_curves(path: Path | str, bands: tuple[str, ...]) -> dict[str, LightCurve]:
    """Light curves by name, in the order of `bands`; rows of other bands are left out.

    Measurements within half a day are one epoch; the last one counts where a band was measured twice in it.

    Raises
    ------
    InputError
        naming the line where a column is missing, a value is no number, or an error is not positive.
    """
    path, found = Path(path), {}
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: there is no column {missing[0]}; a light curve has {', '.join(COLUMNS)}")
            for row in reader:
                numbers = _numbers(row, f"{path}, line {reader.line_num}")
                if row["band"].strip() in bands:
                    rows = found.setdefault(row["name"].strip(), _Rows())
                    rows.band.append(bands.index(row["band"].strip()))
                    rows.numbers.append(numbers)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: it cannot be read ({error})") from None
    if not found:
        raise InputError(f"{path}: it holds no measurement in the bands {', '.join(bands)}")
    return {name: _light_curve(rows, len(bands)) for name, rows in found.items()}


def _numbers(row: dict[str, str], where: str) -> tuple[float, float, float]:
    try:
        time, flux, error = (float(row[name]) for name in ("time", "flux", "flux_error"))
    except (TypeError, ValueError):
        raise InputError(
            f"{where}: time, flux and flux_error must be numbers; leave out rows without a value"
        ) from None
    if not np.isfinite([time, flux, error]).all() or error <= 0:
        raise InputError(f"{where}: time and flux must be finite and flux_error above 0; leave out what is missing")
    return time, flux, error


def _light_curve(rows: _Rows, bands: int) -> LightCurve:
    order = np.argsort([numbers[0] for numbers in rows.numbers], kind="stable")
    values = np.array(rows.numbers)[order]
    band = np.array(rows.band)[order]
    epoch, start = np.zeros(len(values), int), values[0, 0]
    for k in range(1, len(values)):
        fresh = values[k, 0] - start > _SAME_NIGHT
        epoch[k] = epoch[k - 1] + fresh
        start = values[k, 0] if fresh else start
    out = np.zeros((3, epoch[-1] + 1, bands), np.float32)
    # Days since the first measurement: float32 holds Julian dates to some hours only.
    out[:, epoch, band] = (values - [values[0, 0], 0, 0]).T
    return LightCurve(out[1], out[2], out[0])
