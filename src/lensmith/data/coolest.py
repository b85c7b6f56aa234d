"""The maximum a posteriori model as a COOLEST template (Galan et al. 2023, JOSS 8, 5567).

COOLEST measures angles counter-clockwise from +y within (-90, 90] degrees; its PEMD has lenstronomy's Einstein radius
(on the intermediate axis), and its x and y are those of the image, as ours.
"""

import json
import math
from pathlib import Path

import numpy as np

from lensmith import __version__
from lensmith.data.atomic import atomic_write
from lensmith.data.orientation import frame_to_sky
from lensmith.data.results import BandFit, Estimate, LensFit, Mode

COSMOLOGY = {"H0": 70.0, "Om0": 0.3, "astropy_name": "FlatLambdaCDM"}
"""The template asks for one; nothing in the model depends on it."""


def coolest_template(fit: LensFit) -> dict:
    """The template as plain values: the mass as PEMD and ExternalShear, every number with its posterior.

    The light is not parametric and stays in ``model.fits``; ``meta`` says where, and how the frame lies on the sky.
    """
    values = fit.parameters
    pemd = {name: _parameter(values.get(name)) for name in ("theta_E", "gamma", "q")}
    pemd["phi"] = _angle(values.get("phi"))
    pemd |= {"center_x": _parameter(values.get("x_lens")), "center_y": _parameter(values.get("y_lens"))}
    shear = {"gamma_ext": _parameter(values.get("shear")), "phi_ext": _angle(values.get("phi_shear"))}
    lens = _entity("Galaxy", "lens", fit.z_lens, [{"type": "PEMD", "parameters": pemd}])
    field = _entity("MassField", "external shear", fit.z_lens, [{"type": "ExternalShear", "parameters": shear}])
    source = _entity("Galaxy", "source", fit.z_source, [])
    first = fit.bands[0]
    return {
        "standard": "COOLEST",
        "mode": "MAP",
        "coordinates_origin": _origin(fit),
        "cosmology": COSMOLOGY,
        "instrument": _instrument(first),
        "observation": _observation(first),
        "lensing_entities": [field, lens, source],
        "likelihoods": [{"type": "ImagingDataLikelihood", "mask": _pixels(first)}],
        "meta": _meta(fit),
    }


def write_model_json(fit: LensFit, path: Path | str) -> None:
    """Write `coolest_template` as JSON."""
    text = json.dumps(coolest_template(fit), indent=2, allow_nan=False)
    with atomic_write(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _solution(mode: Mode) -> dict:
    """A solution that was compared, the chosen one first: its mass, its source's place, score and weight."""
    return {name: _number(value) for name, value in vars(mode).items()}


def _derived(estimate: Estimate) -> dict:
    """A derived quantity with its intervals without and with the systematic floor."""
    numbers = {"median": estimate.median, "statistical": (estimate.stat_lo, estimate.stat_hi)}
    numbers["total"] = (estimate.lo, estimate.hi)
    out = {
        key: [_number(v) for v in value] if isinstance(value, tuple) else _number(value)
        for key, value in numbers.items()
    }
    return out | {"unit": estimate.unit}


def _number(value) -> float | None:
    """A JSON number, or None: JSON has no NaN."""
    return float(value) if value is not None and math.isfinite(value) else None


def _parameter(estimate: Estimate | None) -> dict:
    """One parameter: point estimate and the posterior with the systematic floor."""
    point, median, low, high = (
        (None,) * 4 if estimate is None else (estimate.best, estimate.median, estimate.lo, estimate.hi)
    )
    return {
        "fixed": False,
        "point_estimate": {"value": _number(point)},
        "posterior_stats": {
            "mean": _number(median),
            "median": _number(median),
            "percentile_16th": _number(low),
            "percentile_84th": _number(high),
        },
        "prior": {"type": None},
    }


def east_of_north(phi: float) -> float:
    """COOLEST's angle (from +y, within (-90, 90] degrees) of `phi` (degrees from +x)."""
    return 90.0 - (180.0 - phi) % 180.0


def _angle(estimate: Estimate | None) -> dict:
    """As `_parameter` for an angle; the percentiles move with the median and may leave the interval."""
    if estimate is None:
        return _parameter(None)
    shift = east_of_north(estimate.median) - estimate.median
    out = _parameter(estimate)
    out["point_estimate"]["value"] = _number(east_of_north(estimate.best))
    stats = out["posterior_stats"]
    out["posterior_stats"] = {key: value if value is None else value + shift for key, value in stats.items()}
    return out


def _entity(kind: str, name: str, redshift: float | None, mass_model: list) -> dict:
    out = {"type": kind, "name": name, "redshift": _number(redshift), "mass_model": mass_model}
    return out | ({"light_model": []} if kind == "Galaxy" else {})


def _origin(fit: LensFit) -> dict:
    if fit.ra is None or fit.dec is None:
        return {"ra": "0h0m0.0s", "dec": "0d0m0.0s"}
    from astropy.coordinates import SkyCoord

    sky = SkyCoord(fit.ra, fit.dec, unit="deg")
    return {"ra": sky.ra.to_string("hour", precision=5), "dec": sky.dec.to_string("deg", precision=4)}


def _instrument(band: BandFit) -> dict:
    return {"name": "", "band": band.name, "pixel_size": band.pixel_scale, "readout_noise": None, "psf": {"type": None}}


def _pixels(band: BandFit) -> dict:
    """COOLEST's grid of a band's image; the arrays are in ``model.fits``, whose extensions it cannot name."""
    rows, columns = np.shape(band.image)
    half_x, half_y = columns * band.pixel_scale / 2, rows * band.pixel_scale / 2
    return {
        "field_of_view_x": [-half_x, half_x],
        "field_of_view_y": [-half_y, half_y],
        "num_pix_x": columns,
        "num_pix_y": rows,
        "fits_file": {"path": None},
    }


def _observation(band: BandFit) -> dict:
    return {
        "pixels": _pixels(band),
        "exposure_time": None,
        "mag_zero_point": None,
        "mag_sky_brightness": None,
        "noise": {"type": "NoiseMap", "noise_map": _pixels(band)},
    }


def _meta(fit: LensFit) -> dict:
    matrix = frame_to_sky(fit.bands[0])
    return {
        "lensmith_version": __version__,
        "id": fit.id,
        "engine": fit.engine,
        "verdict": fit.verdict.value,
        "reasons": list(fit.verdict.reasons),
        "shear_origin": "the lens centre: the external shear deflects nothing there",
        "frame_to_east_north": None if matrix is None else matrix.tolist(),
        "planes": {band.name: f"model.fits[{band.name.upper()}_MODEL] and its like" for band in fit.bands},
        "sampler": fit.sampler,
        "prior_decides": list(fit.prior_decides),
        "derived": {name: _derived(estimate) for name, estimate in fit.derived.items()},
        "solutions": [_solution(mode) for mode in fit.modes],
        "diagnostics": {name: _number(value) for name, value in fit.diagnostics.items()},
        "skipped_profiles": ["lens light and source: not parametric, see planes"],
    }
