"""What follows from a posterior and a paper quotes: images, magnifications, magnitudes, mass and radius in kpc."""

from dataclasses import dataclass

import numpy as np

from lensmith.data import Estimate, frame_to_radec
from lensmith.modelling.intervals import estimate
from lensmith.modelling.joint import FIRST_LIGHT, fixed_columns
from lensmith.modelling.named import deflection_of
from lensmith.modelling.refine import Refined
from lensmith.modelling.sampling import Samples
from lensmith.physics import cosmology
from lensmith.physics.mass import epl, shear
from lensmith.physics.point_source import point_images
from lensmith.units import ARCSEC_PER_RADIAN

_IMAGE_DRAWS, _FLUX_DRAWS = 500, 63
"""Draws for which images are traced, and fluxes evaluated."""
_NEWTON_STEPS, _MAX_STEP, _TOLERANCE = 30, 0.1, 1e-6
"""Steps, their largest length and the accuracy of the lens equation [arcsec]."""
_FAINT = 1e-3
"""Images magnified less than this are not listed."""
_POSITION_FLOOR, _MAGNIFICATION_FLOOR = 0.01, 0.10
_LENS_MAG_FLOOR, _SOURCE_MAG_FLOOR, _ARC_MAG_FLOOR = 0.05, 0.15, 0.05
"""Systematic errors, 1 sigma: [arcsec], relative, [mag]."""
_MAG_PER_LOG = 2.5 / np.log(10)


@dataclass(frozen=True, eq=False)
class Context:
    """What derived quantities need beside the fit: offset of the fit's origin, redshifts, systematic floor."""

    offset: np.ndarray
    z_lens: float | None
    z_source: float | None
    systematic_floor: float

    def floor(self, value: float) -> float:
        """A systematic error, nothing where floors are switched off."""
        return value if self.systematic_floor > 0 else 0.0


def derived_quantities(fit: Refined, samples: Samples, parameters, draws, context: Context) -> dict[str, Estimate]:
    """Name -> estimate: ``x_image_1`` ..., ``magnification``, ``mag_lens_<band>`` ..., ``mass_E``, ``R_E``."""
    out = _images(fit, samples, context)
    out |= _brightness(fit, samples, context)
    if context.z_lens is not None and context.z_source is not None:
        out |= _physical(parameters, draws, context)
    return out


def trace_images(vectors, x, y):
    """Images of the source's centre for every draw, by Newton steps from (x, y) ``[image]``.

    Returns x, y and signed magnification, each ``[draw, image]``, NaN where an image is not there for a draw.
    """
    columns = [vectors[:, [index]] for index in range(10)]
    log_radius, gamma, e1, e2, x_lens, y_lens, gamma1, gamma2, u, v = columns
    radius = np.exp(log_radius)
    at_x, at_y = (np.repeat(np.asarray(values, float)[None], len(vectors), 0) for values in (x, y))
    start_x, start_y = at_x, at_y
    for _ in range(_NEWTON_STEPS):
        dx, dy = at_x - x_lens, at_y - y_lens
        alpha, tide = epl.deflection(dx, dy, radius, gamma, e1, e2), shear.deflection(dx, dy, gamma1, gamma2)
        miss_x, miss_y = radius * u - (dx - alpha[0] - tide[0]), radius * v - (dy - alpha[1] - tide[1])
        xx, xy, yy = epl.hessian(dx, dy, radius, gamma, e1, e2)
        a, b, d = 1 - xx - gamma1, -xy - gamma2, 1 - yy + gamma1
        determinant = a * d - b * b
        step_x, step_y = (d * miss_x - b * miss_y) / determinant, (a * miss_y - b * miss_x) / determinant
        shrink = np.minimum(1, _MAX_STEP / np.maximum(np.hypot(step_x, step_y), 1e-12))
        at_x, at_y = at_x + shrink * step_x, at_y + shrink * step_y
    found = (np.hypot(miss_x, miss_y) < _TOLERANCE) & (np.hypot(at_x - start_x, at_y - start_y) < 0.4 * radius)
    gone = lambda values: np.where(found, values, np.nan)
    return gone(at_x), gone(at_y), gone(1 / determinant)


def _images(fit: Refined, samples: Samples, context: Context) -> dict[str, Estimate]:
    best, radius = fit.theta, float(np.exp(fit.theta[0]))
    beta = best[4:6] + radius * best[8:10]
    found = point_images(
        deflection_of(best), *beta, 3 * radius, tuple(best[4:6]), points=80, magnification_limit=_FAINT
    )
    if not len(found):
        return {}
    x, y, magnification = trace_images(samples.vectors[:_IMAGE_DRAWS], found.x, found.y)
    error, first = context.floor(_POSITION_FLOOR), fit.objective.bands[0].prepared.band
    out, label = {}, 0
    for index in range(len(found)):
        if not np.isfinite(x[:, index]).mean() > 0.5:
            continue
        label += 1
        along = np.append(found.x[index], x[:, index]) + context.offset[0]
        up = np.append(found.y[index], y[:, index]) + context.offset[1]
        values = {"x": (along, error, "arcsec"), "y": (up, error, "arcsec")}
        if (sky := frame_to_radec(first, along, up)) is not None:
            ra = sky[0][0] + (sky[0] - sky[0][0] + 180) % 360 - 180
            values["ra"] = ra, error / 3600 / np.cos(np.radians(sky[1][0])), "deg"
            values["dec"] = sky[1], error / 3600, "deg"
        mu = np.append(found.magnification[index], magnification[:, index])
        values["mu"] = mu, context.floor(_MAGNIFICATION_FLOOR * abs(mu[0])), ""
        for name, (points, size, unit) in values.items():
            out[f"{name}_image_{label}"] = estimate(name, points[0], points[1:], size, unit)
    return out


def _brightness(fit: Refined, samples: Samples, context: Context) -> dict[str, Estimate]:
    """Magnification of the whole source in the band with the clearest arcs; magnitudes where there is a zero-point."""
    out, known, bands = {}, {}, range(len(fit.objective.bands))
    for index in sorted(bands, key=lambda index: -_arc_signal(fit, index)):
        arcs, source = known[index] = _source_fluxes(fit, samples, index)
        ratio = arcs / source
        if np.isfinite(ratio[0]) and np.isfinite(ratio[1:]).any():
            error = context.floor(_MAGNIFICATION_FLOOR * ratio[0])
            out["magnification"] = estimate("magnification", ratio[0], ratio[1:], error, "")
            break
    for index in bands:
        if fit.objective.bands[index].prepared.band.zero_point is not None:
            arcs, source = known.get(index) or _source_fluxes(fit, samples, index)
            if np.isfinite(arcs[1:] / source[1:]).any():
                out |= _magnitudes(fit, index, arcs, source, context)
    return out


def _source_fluxes(fit: Refined, samples: Samples, index: int):
    """Flux of the arcs and of the source in one band, each ``[1 + draw]``, the best fit's first; NaN where negative."""
    within = lambda vectors: np.clip(vectors, fit.bounds.low, fit.bounds.high)
    best = samples.target.evaluate_band(within(fit.theta[None]), index)
    if samples.evaluated is not None:
        drawn = samples.evaluated[index]
    else:
        drawn = samples.target.evaluate_band(within(samples.vectors[:_FLUX_DRAWS]), index)
    fluxes = np.concatenate([best.arc_flux, drawn.arc_flux]), np.concatenate([best.source_flux, drawn.source_flux])
    return tuple(np.where(flux > 0, flux, np.nan) for flux in fluxes)


def _magnitudes(fit: Refined, index: int, arcs, source, context: Context) -> dict[str, Estimate]:
    field, state = fit.objective.bands[index], fit.state.bands[index]
    band = field.prepared.band
    fluxes = {"arcs": (arcs, _ARC_MAG_FLOOR), "source": (source, _SOURCE_MAG_FLOOR)}
    fluxes["lens"] = (_lens_fluxes(field, state, len(arcs)), _LENS_MAG_FLOOR)
    out = {}
    for name, (flux, size) in fluxes.items():
        magnitude = band.zero_point - _MAG_PER_LOG * np.log(np.where(flux > 0, flux, np.nan))
        if np.isfinite(magnitude[1:]).any():
            key = f"mag_{name}_{band.name}"
            out[key] = estimate(key, magnitude[0], magnitude[1:], context.floor(size), "mag")
    return out


def _arc_signal(fit: Refined, index: int) -> float:
    field, state = fit.objective.bands[index], fit.state.bands[index]
    return float(np.sum((state.amplitudes[field.projected.n_fixed :] @ state.columns) ** 2))


def _lens_fluxes(field, state, n: int) -> np.ndarray:
    """Flux of the lens galaxy in its stamp: the best one, then draws of its amplitudes' conditional Gaussian."""
    columns, _ = fixed_columns(field.prepared, field.light)
    sums = columns.sum(1)
    sums[:FIRST_LIGHT] = 0
    used = np.flatnonzero(state.passive[: len(sums)])
    gram = state.gram[np.ix_(used, used)]
    spread = sums[used] @ np.linalg.solve(gram + 1e-9 * np.diag(np.diag(gram)), sums[used])
    total = sums @ state.amplitudes[: len(sums)]
    normal = np.random.default_rng(0).standard_normal(n - 1)
    return np.concatenate([[total], total + np.sqrt(max(spread, 0.0)) * normal])


def _physical(parameters, draws, context: Context) -> dict[str, Estimate]:
    """Mass [solar masses] inside the effective Einstein radius, and that radius [kpc]."""
    z = context.z_lens, context.z_source
    kpc = cosmology.distance(z[0]) * 1e3 / ARCSEC_PER_RADIAN
    unit_mass = cosmology.einstein_mass(1.0, *z)
    best, radius = parameters["theta_E_eff"].best, draws["theta_E_eff"]
    relative = context.systematic_floor
    return {
        "R_E": estimate("R_E", kpc * best, kpc * radius, relative * kpc * best, "kpc"),
        "mass_E": estimate(
            "mass_E", unit_mass * best**2, unit_mass * radius**2, 2 * relative * unit_mass * best**2, "Msun"
        ),
    }
