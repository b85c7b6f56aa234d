"""The source refined: its Gaussians plus a grid of small ones under a Gaussian-process prior.

The prior's covariance is squared-exponential over the grid's spacing, scaled by the envelope of the smooth source, so
that structure is allowed where there is light; its strength maximises the evidence of the linear model.
"""

import numpy as np

from lensmith.fitting import evidence_of_strength
from lensmith.modelling.joint import FieldBand, SourceGrid
from lensmith.modelling.lensed_source import GRID_SIDE, N_GAUSSIANS, RELATIVE_WIDTHS
from lensmith.physics.ellipticity import radius_squared

STRENGTHS = 4.0 ** np.arange(7)
_ENVELOPE_FLOOR = 0.05
_GRID_HALF, GRID_RMS = (0.11, 0.6), 1.75
"""Smallest and largest half-width of the grid [arcsec]; in between it spans so many rms radii of the smooth source.

A wider grid is coarser; docs/decisions/0003-modelling.md has what widths gave on real lenses.
"""


def grid_spacing(theta, amplitudes, reach: float = GRID_RMS) -> float:
    """Spacing of the nodes [arcsec] for the smooth source with these amplitudes (fluxes of its Gaussians).

    `reach` is the half-width of the grid in rms radii of that source.
    """
    flux = np.maximum(np.asarray(amplitudes[:N_GAUSSIANS]), 0)
    widths = np.exp(theta[12]) * RELATIVE_WIDTHS
    rms = np.sqrt(np.sum(flux * widths**2) / max(flux.sum(), 1e-300))
    return float(2 * np.clip(reach * rms, *_GRID_HALF) / (GRID_SIDE - 1))


def _envelope(theta, amplitudes, spacing):
    """Surface brightness of the smooth source at the nodes, blurred by the spacing, with a floor; relative units."""
    node = (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2) * spacing
    x, y = np.meshgrid(node, node, indexing="ij")
    radius2 = radius_squared(x, y, theta[10], theta[11])
    variance = (np.exp(theta[12]) * RELATIVE_WIDTHS) ** 2 + spacing**2
    flux = np.maximum(np.asarray(amplitudes[:N_GAUSSIANS]), 0)
    out = sum(f * np.exp(-0.5 * radius2 / v) / (2 * np.pi * v) for f, v in zip(flux, variance)).ravel()
    return np.maximum(out, _ENVELOPE_FLOOR * max(out.max(), 1e-300))


def grid_prior(theta, amplitudes, spacing: float) -> np.ndarray:
    """Inverse covariance ``[node, node]`` of the nodes' amplitudes at strength 1."""
    node = (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2) * spacing
    x, y = (a.ravel() for a in np.meshgrid(node, node, indexing="ij"))
    distance2 = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    kernel = np.exp(-0.5 * distance2 / spacing**2) + 1e-3 * np.eye(len(x))
    envelope = _envelope(theta, amplitudes, spacing)
    return np.linalg.inv(kernel * envelope[:, None] * envelope)


def best_strength(field: FieldBand, core, unit_precision) -> tuple[float, float]:
    """Strength of the prior with the largest evidence at fixed lens parameters, and that log evidence.

    `field` must have been set up with a grid of strength 1.
    """
    projected = field.projected
    state = projected.evaluate(core)
    used = state.passive
    gram = (state.gram - projected.prior)[np.ix_(used, used)]
    prior = projected.prior.copy()
    nodes = slice(len(prior) - GRID_SIDE**2, None)

    def precision(strength):
        prior[nodes, nodes] = unit_precision * strength
        return prior[np.ix_(used, used)]

    chi2 = float(projected.data @ projected.data)
    values = evidence_of_strength(gram, state.vector[used], chi2, precision, STRENGTHS, GRID_SIDE**2)
    values = values + 0.5 * np.linalg.slogdet(unit_precision)[1]
    return float(STRENGTHS[np.argmax(values)]), float(values.max())


def source_grid(theta, amplitudes, strength: float = 1.0, reach: float = GRID_RMS) -> tuple[SourceGrid, np.ndarray]:
    """The grid for a smooth source, and its precision at strength 1; `reach` as in `grid_spacing`."""
    spacing = grid_spacing(theta, amplitudes, reach)
    unit = grid_prior(theta, amplitudes, spacing)
    return SourceGrid(spacing, unit * strength), unit
