"""Draws of the parameters that people use, from the Laplace approximation, and their intervals with a floor."""

from dataclasses import dataclass

import numpy as np

from lensmith.data import Estimate
from lensmith.fitting import draw_truncated_normal, laplace_covariance
from lensmith.modelling.lensed_source import source_surface
from lensmith.modelling.parameters import N_CORE
from lensmith.modelling.refine import Refined
from lensmith.physics.critical_curves import CriticalCurves, critical_curves
from lensmith.physics.ellipticity import axis_ratio_and_angle
from lensmith.physics.mass import epl, shear

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
"""Absolute systematic errors (1 sigma) of what is not theta_E: docs/decisions/0004-systematic-floor.md."""
_DEGREES = {"phi", "phi_shear"}
_UNITS = {
    "phi": "deg",
    "phi_shear": "deg",
    **dict.fromkeys(("gamma", "e1", "e2", "q", "gamma1", "gamma2", "shear"), ""),
}


@dataclass(frozen=True, eq=False)
class Posterior:
    """Estimates and statistical draws by catalogue name; lines of the best model."""

    parameters: dict[str, Estimate]
    draws: dict[str, np.ndarray]
    curves: CriticalCurves


def deflection_of(core):
    """Deflection ``(x, y) -> (alpha_x, alpha_y)`` in arcsec of a `CORE` vector, shear about the lens centre."""
    log_radius, gamma, e1, e2, x_lens, y_lens, gamma1, gamma2 = (float(v) for v in core[:8])

    def deflection(x, y):
        alpha = epl.deflection(x, y, np.exp(log_radius), gamma, e1, e2, x_lens, y_lens)
        tide = shear.deflection(x, y, gamma1, gamma2, x_lens, y_lens)
        return alpha[0] + tide[0], alpha[1] + tide[1]

    return deflection


def _half_light_radius(fit: Refined) -> float:
    """Half-light radius of the reconstructed source [arcsec], in the band where it is brightest against the noise."""
    bands = zip(fit.objective.bands, fit.state.bands)
    best = int(
        np.argmax([np.sum((state.amplitudes[f.projected.n_fixed :] @ state.columns) ** 2) for f, state in bands])
    )
    field, state = fit.objective.bands[best], fit.state.bands[best]
    amplitudes = state.amplitudes[field.projected.n_fixed :]
    spacing = field.grid.spacing if field.grid else 0.05
    width = max(8 * np.exp(fit.theta[12]), 18 * spacing)
    surface = np.maximum(source_surface(fit.theta[:N_CORE], amplitudes, spacing, width, 96), 0)
    line = (np.arange(96) - 47.5) * width / 96
    radius = np.hypot(*np.meshgrid(line, line)).ravel()
    order = np.argsort(radius)
    growth = np.cumsum(surface.ravel()[order])
    return float(radius[order][np.searchsorted(growth, 0.5 * growth[-1])]) if growth[-1] > 0 else np.nan


def _named(vectors, offset, radius_ratio: float, size_ratio: float) -> dict[str, np.ndarray]:
    """Catalogue parameters of vectors ``[draw, parameter]``; `offset` moves the fit's origin to the image's middle."""
    theta_E = np.exp(vectors[:, 0])
    e1, e2, gamma1, gamma2 = vectors[:, 2], vectors[:, 3], vectors[:, 6], vectors[:, 7]
    q, phi = axis_ratio_and_angle(e1, e2)
    x_lens, y_lens = vectors[:, 4] + offset[0], vectors[:, 5] + offset[1]
    return {
        "theta_E": theta_E,
        "theta_E_eff": theta_E * radius_ratio,
        "gamma": vectors[:, 1],
        "e1": e1,
        "e2": e2,
        "q": np.asarray(q),
        "phi": np.degrees(np.asarray(phi)),
        "gamma1": gamma1,
        "gamma2": gamma2,
        "shear": np.hypot(gamma1, gamma2),
        "phi_shear": np.degrees(np.arctan2(gamma2, gamma1) / 2),
        "x_lens": x_lens,
        "y_lens": y_lens,
        "x_source": x_lens + theta_E * vectors[:, 8],
        "y_source": y_lens + theta_E * vectors[:, 9],
        "source_r": np.exp(vectors[:, 12]) * size_ratio,
    }


def _estimate(name: str, best: float, draws, floor: float) -> Estimate:
    """Percentiles; angles are unwrapped around the best value first."""
    if name in _DEGREES:
        draws = best + (draws - best + 90) % 180 - 90
    low, median, high = np.percentile(draws, [16, 50, 84])
    total_low = median - np.hypot(median - low, floor)
    total_high = median + np.hypot(high - median, floor)
    return Estimate(*(float(v) for v in (best, median, low, high, total_low, total_high)), _UNITS.get(name, "arcsec"))


def _angle_floor(size: float, floor: float) -> float:
    """Error of an angle [deg] from the error of the two components of a spin-2 quantity of this size."""
    return float(min(np.degrees(np.arctan2(floor, max(size, 1e-9))) / 2, 45.0))


def posterior(fit: Refined, offset, settings, rng) -> Posterior:
    """Laplace posterior of a final fit; `offset` (x, y) of the fit's origin from the middle of the first image."""
    matrix, _ = fit.objective.normal_equations(fit.theta, fit.state)
    covariance = laplace_covariance(matrix + np.diag(1 / fit.prior.sigma**2))
    vectors = draw_truncated_normal(fit.theta, covariance, fit.bounds.low, fit.bounds.high, settings.n_draws, rng)
    radius = float(np.exp(fit.theta[0]))
    curves = critical_curves(deflection_of(fit.theta), 2.5 * radius, tuple(fit.theta[4:6]))
    ratio = curves.theta_E_eff / radius if curves.theta_E_eff > 0 else np.nan
    size_ratio = _half_light_radius(fit) / float(np.exp(fit.theta[12]))
    draws = _named(vectors, offset, ratio, size_ratio)
    best = {name: float(values[0]) for name, values in _named(fit.theta[None], offset, ratio, size_ratio).items()}
    floors = {
        **FLOORS,
        "theta_E": settings.systematic_floor * radius,
        "theta_E_eff": settings.systematic_floor * radius,
        "source_r": 0.1 * best["source_r"],
        "phi": _angle_floor(np.hypot(best["e1"], best["e2"]), FLOORS["e1"]),
        "phi_shear": _angle_floor(best["shear"], FLOORS["shear"]),
    }
    parameters = {name: _estimate(name, best[name], draws[name], floors[name]) for name in draws}
    return Posterior(parameters, draws, curves)
