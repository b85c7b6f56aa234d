"""Posterior draws as ArviZ keeps them (netCDF), and as a short text table."""

from pathlib import Path

import numpy as np

from lensmith import __version__
from lensmith.data.atomic import atomic_write
from lensmith.data.results import Estimate, LensFit

_OF_CHAINS = ("r_hat", "ess", "k_hat", "n_divergent", "log_evidence")
"""Diagnostics that are kept with the draws."""


def write_posterior(fit: LensFit, path: Path | str) -> None:
    """Write the draws to netCDF in ArviZ's layout; ``arviz.from_netcdf`` reads it.

    Groups: ``posterior`` [chain, draw], equally weighted; ``sample_stats`` likewise; with importance sampling also
    ``weighted_posterior`` [sample], the raw draws with ``log_weight``. Draws are statistical (no systematic floor).
    xarray writes what ArviZ would, without the seconds that importing ArviZ takes in every worker.
    """
    groups = {"posterior": _chains(fit, fit.draws)}
    groups["posterior"].attrs = _attributes(fit)
    if fit.sample_stats:
        groups["sample_stats"] = _chains(fit, fit.sample_stats)
    if fit.weighted_draws:
        import xarray

        raw = {name: ("sample", values, {"units": _unit(fit, name)}) for name, values in fit.weighted_draws.items()}
        groups["weighted_posterior"] = xarray.Dataset(raw)
    with atomic_write(path) as temporary:
        for name, data in groups.items():
            mode = "w" if name == "posterior" else "a"
            data.to_netcdf(temporary, mode=mode, group=name, engine="h5netcdf")


def _chains(fit: LensFit, values: dict):
    """A dataset [chain, draw] of arrays that hold chain after chain."""
    import xarray

    variables = {}
    for name, array in values.items():
        array = np.asarray(array)
        kind = array.dtype if array.dtype.kind in "bi" else np.float64
        shaped = array.astype(kind).reshape(fit.chains, -1)
        variables[name] = (("chain", "draw"), shaped, {"units": _unit(fit, name)})
    count = next((values.shape[1] for _, values, _ in variables.values()), 0)
    return xarray.Dataset(variables, coords={"chain": np.arange(fit.chains), "draw": np.arange(count)})


def _attributes(fit: LensFit) -> dict:
    known = {name: float(fit.diagnostics[name]) for name in _OF_CHAINS if name in fit.diagnostics}
    return known | {
        "inference_library": "lensmith",
        "inference_library_version": __version__,
        "id": fit.id,
        "engine": fit.engine,
        "sampler": fit.sampler,
        "verdict": fit.verdict.value,
        "prior_decides": ",".join(fit.prior_decides),
    }


def _unit(fit: LensFit, name: str) -> str:
    return fit.parameters[name].unit if name in fit.parameters else ""


def write_params_txt(fit: LensFit, path: Path | str) -> None:
    """Write name, median, -sigma and +sigma (statistical, then total) and unit, one parameter a line.

    What is derived follows under a heading of its own; a parameter that its prior decides says so.
    """
    header = f"# {'name':18s} {'median':>14s} {'-stat':>11s} {'+stat':>11s} {'-total':>11s} {'+total':>11s}  unit"
    lines = [f"# {fit.id}: {fit.verdict.value}", *_sampler_line(fit), header]
    for name, value in fit.parameters.items():
        lines.append(_line(name, value, "  # decided by the prior" if name in fit.prior_decides else ""))
    if fit.derived:
        lines.append("# derived")
        lines += [_line(name, value) for name, value in fit.derived.items()]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sampler_line(fit: LensFit) -> list[str]:
    numbers = ", ".join(f"{name} {fit.diagnostics[name]:.4g}" for name in _OF_CHAINS[:4] if name in fit.diagnostics)
    return [f"# sampler: {fit.sampler}" + (f" ({numbers})" if numbers else "")] if fit.sampler else []


def _line(name: str, value: Estimate, remark: str = "") -> str:
    minus, plus = value.median - value.stat_lo, value.stat_hi - value.median
    total_minus, total_plus = value.median - value.lo, value.hi - value.median
    median = f"{value.median:14.9g}" if value.unit == "deg" else f"{value.median:14.6g}"
    errors = f"{minus:11.4g} {plus:11.4g} {total_minus:11.4g} {total_plus:11.4g}"
    return f"{name:20s} {median} {errors}  {value.unit}".rstrip() + remark
