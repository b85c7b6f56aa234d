"""How far fitted Einstein radii are from published ones: the figures of the tables, with intervals."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

COLUMNS = {"theta_E": "Tan+24", "theta_E_auger09": "Auger+09", "theta_E_tdcosmo4": "TDCOSMO IV"}
"""Columns of hst_references.csv, the first that is filled counts, and whose they are."""
SHAPE = ("gamma", "q", "shear")
NO_MODEL = 1.0
"""Error of a lens for which there is no model."""
FAR = 0.2
_RESAMPLES = 4000


@dataclass(frozen=True)
class Lens:
    """One lens: what is published, what was fitted (NaN where there is no model); radii in arcsec.

    `reasons` are the verdict's in words; `shape` is the fitted slope gamma, axis ratio q and shear.
    """

    name: str
    reference: float
    source: str
    theta_E: float
    lo: float
    hi: float
    stat_lo: float
    stat_hi: float
    verdict: str
    bands: tuple[str, ...]
    seconds: float
    reasons: str = ""
    shape: dict[str, float] = field(default_factory=dict)

    @property
    def difference(self) -> float:
        """fit / reference - 1; NaN without a model."""
        return self.theta_E / self.reference - 1

    @property
    def error(self) -> float:
        """Absolute difference, `NO_MODEL` without a model."""
        return NO_MODEL if np.isnan(self.theta_E) else abs(self.difference)


def published(file: Path) -> dict[str, tuple[float, str]]:
    """Name -> (Einstein radius [arcsec], whose)."""
    found = {}
    with open(file, newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            filled = [(float(row[column]), source) for column, source in COLUMNS.items() if row[column]]
            if filled:
                found[row["name"]] = filled[0]
    return found


def lenses_of(run: Path, references: dict[str, tuple[float, str]]) -> list[Lens]:
    """The lenses of a run folder for which something is published, in the order of its catalogue."""
    from lensmith.data import read_catalogue

    lenses = []
    for row in read_catalogue(run):
        if row["id"] not in references:
            continue
        names = ("theta_E", "theta_E_lo", "theta_E_hi", "theta_E_stat_lo", "theta_E_stat_hi", "seconds")
        radius, lo, hi, stat_lo, stat_hi, seconds = (_number(row[name]) for name in names)
        bands, shape = _text(row["bands"]), {name: _number(row[name]) for name in SHAPE}
        lenses.append(
            Lens(str(row["id"]), *references[row["id"]], radius, lo, hi, stat_lo, stat_hi,
                 str(row["verdict"]), tuple(bands.split(",")) if bands else (), seconds, _text(row["reasons"]), shape)
        )  # fmt: skip
    return lenses


def _text(value) -> str:
    return "" if np.ma.is_masked(value) else str(value)


def _number(value) -> float:
    return float("nan") if np.ma.is_masked(value) else float(value)


def median(errors: np.ndarray) -> float:
    """Median error [%]."""
    return 100 * float(np.median(errors)) if errors.size else float("nan")


def most(errors: np.ndarray) -> float:
    """Error that 68 % of the lenses stay within [%]."""
    return 100 * float(np.percentile(errors, 68)) if errors.size else float("nan")


def far(errors: np.ndarray) -> float:
    """Share of the lenses that are more than 20 % off [%]."""
    return 100 * float(np.mean(errors > FAR)) if errors.size else float("nan")


def with_interval(statistic: Callable[[np.ndarray], float], values: np.ndarray) -> tuple[float, float, float]:
    """A statistic and its 68 % interval by resampling the lenses (percentile bootstrap, Efron 1979)."""
    values = np.asarray(values)
    if not values.size:
        return (float("nan"),) * 3
    random = np.random.default_rng(1)
    drawn = [statistic(random.choice(values, values.size)) for _ in range(_RESAMPLES)]
    low, high = np.percentile(drawn, [16, 84])
    return statistic(values), float(low), float(high)
