"""How large the reconstructed source is."""

import numpy as np
from scipy.optimize import brentq

from lensmith.modelling.joint import JointObjective, JointState
from lensmith.modelling.lensed_source import N_GAUSSIANS, RELATIVE_WIDTHS, source_surface
from lensmith.modelling.parameters import N_CORE
from lensmith.modelling.refine import Refined


def brightest_band(objective: JointObjective, state: JointState) -> int:
    """Index of the band in which the source is brightest against the noise."""
    bands = zip(objective.bands, state.bands)
    return int(np.argmax([np.sum((part.amplitudes[f.projected.n_fixed :] @ part.columns) ** 2) for f, part in bands]))


def smooth_half_light_radius(objective: JointObjective, theta, state: JointState) -> float:
    """Half-light radius of the source's Gaussians alone [arcsec], as round ones, in the band where it is brightest."""
    best = brightest_band(objective, state)
    first = objective.bands[best].projected.n_fixed
    flux = np.maximum(state.bands[best].amplitudes[first : first + N_GAUSSIANS], 0)
    if not flux.any():
        return float("nan")
    widths = np.exp(theta[12]) * RELATIVE_WIDTHS
    beyond = lambda radius: flux @ np.exp(-0.5 * (radius / widths) ** 2) / flux.sum() - 0.5
    return float(brentq(beyond, 0.5 * widths[0], 2 * widths[-1]))


def half_light_radius(fit: Refined) -> float:
    """Half-light radius of the reconstructed source [arcsec], in the band where it is brightest against the noise."""
    best = brightest_band(fit.objective, fit.state)
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
