"""From draws to estimates: percentiles, without and with the systematic floor of docs/decisions/0004."""

import numpy as np

from lensmith.data import Estimate

FLOORS = {
    "gamma": 0.10,
    "e1": 0.04,
    "e2": 0.04,
    "q": 0.06,
    "gamma1": 0.02,
    "gamma2": 0.02,
    "shear": 0.02,
    "x_lens": 0.01,
    "y_lens": 0.01,
    "x_source": 0.03,
    "y_source": 0.03,
}
"""Absolute systematic errors (1 sigma) of what is not theta_E."""
_DEGREES = {"phi", "phi_shear"}
_UNITS = {
    "phi": "deg",
    "phi_shear": "deg",
    **dict.fromkeys(("gamma", "e1", "e2", "q", "gamma1", "gamma2", "shear"), ""),
}
_SOURCE_R_FLOOR = 0.1
"""Relative systematic error of the source's half-light radius."""


def estimates(
    best: dict[str, float], draws: dict[str, np.ndarray], systematic_floor: float, chosen=None
) -> dict[str, Estimate]:
    """An `Estimate` of every parameter in `draws` ``[draw]`` by catalogue name.

    `systematic_floor` is the relative systematic error of theta_E; the others have those of `FLOORS`. `chosen` is as in
    `estimate`.
    """
    floors = floors_of(best, systematic_floor)
    return {name: estimate(name, best[name], draws[name], floors[name], chosen=chosen) for name in draws}


def floors_of(best: dict[str, float], systematic_floor: float) -> dict[str, float]:
    """Systematic error of every named parameter; a floor of zero switches all of them off."""
    if systematic_floor == 0:
        return dict.fromkeys(best, 0.0)
    return {
        **FLOORS,
        "theta_E": systematic_floor * best["theta_E"],
        "theta_E_eff": systematic_floor * best["theta_E"],
        "source_r": _SOURCE_R_FLOOR * best["source_r"],
        "phi": _angle_floor(np.hypot(best["e1"], best["e2"]), FLOORS["e1"]),
        "phi_shear": _angle_floor(best["shear"], FLOORS["shear"]),
    }


def _angle_floor(size: float, floor: float) -> float:
    """Error of an angle [deg] from the error of the two components of a spin-2 quantity of this size."""
    return float(min(np.degrees(np.arctan2(floor, max(size, 1e-9))) / 2, 45.0))


def estimate(name: str, best: float, draws, floor: float, unit: str | None = None, chosen=None) -> Estimate:
    """Percentiles of draws, NaN among them left out; angles are unwrapped around the best value first.

    Where the draws are of several solutions, `chosen` ``[draw]`` says which are of the chosen one: the median is
    theirs, since that of all may lie between the solutions, where there is none. The interval is that of all draws.
    """
    if name in _DEGREES:
        draws = best + (draws - best + 90) % 180 - 90
    low, median, high = np.nanpercentile(draws, [16, 50, 84])
    if chosen is not None:
        median = np.nanmedian(draws[chosen])
        low, high = min(low, median), max(high, median)
    total_low = median - np.hypot(median - low, floor)
    total_high = median + np.hypot(high - median, floor)
    values = (float(v) for v in (best, median, low, high, total_low, total_high))
    return Estimate(*values, _UNITS.get(name, "arcsec") if unit is None else unit)
