"""How large the reconstructed source is."""

import numpy as np

from lensmith.modelling.lensed_source import source_surface
from lensmith.modelling.parameters import N_CORE
from lensmith.modelling.refine import Refined


def half_light_radius(fit: Refined) -> float:
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
