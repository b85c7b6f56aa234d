"""Posterior draws as ArviZ keeps them (netCDF), and as a short text table."""

from pathlib import Path

import numpy as np

from lensmith import __version__
from lensmith.data.atomic import atomic_write
from lensmith.data.results import LensFit


def write_posterior(fit: LensFit, path: Path | str) -> None:
    """Write the draws to netCDF as ArviZ's group ``posterior`` [chain, draw]; ``arviz.from_netcdf`` reads it.

    The draws are statistical (no systematic floor). xarray writes what ArviZ would, without the seconds that
    importing ArviZ takes in every worker.
    """
    import xarray

    draws = {
        name: (("chain", "draw"), np.asarray(values, dtype=np.float64)[None], {"units": _unit(fit, name)})
        for name, values in fit.draws.items()
    }
    count = next((values.size for values in fit.draws.values()), 0)
    data = xarray.Dataset(draws, coords={"chain": [0], "draw": np.arange(count)})
    data.attrs = {
        "inference_library": "lensmith",
        "inference_library_version": __version__,
        "id": fit.id,
        "engine": fit.engine,
        "verdict": fit.verdict.value,
    }
    with atomic_write(path) as temporary:
        data.to_netcdf(temporary, group="posterior", engine="h5netcdf")


def _unit(fit: LensFit, name: str) -> str:
    return fit.parameters[name].unit if name in fit.parameters else ""


def write_params_txt(fit: LensFit, path: Path | str) -> None:
    """Write name, median, -sigma and +sigma (statistical, then total) and unit, one parameter a line."""
    header = f"# {'name':12s} {'median':>12s} {'-stat':>11s} {'+stat':>11s} {'-total':>11s} {'+total':>11s}  unit"
    lines = [f"# {fit.id}: {fit.verdict.value}", header]
    for name, value in fit.parameters.items():
        minus, plus = value.median - value.stat_lo, value.stat_hi - value.median
        total_minus, total_plus = value.median - value.lo, value.hi - value.median
        numbers = f"{value.median:12.6g} {minus:11.4g} {plus:11.4g} {total_minus:11.4g} {total_plus:11.4g}"
        lines.append(f"{name:14s} {numbers}  {value.unit}".rstrip())
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
