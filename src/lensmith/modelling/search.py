"""Starting points: the residual light, projected against templates of lensed Gaussian sources on a coarse grid.

No PSF, no linear solve a template: what the lens light, its derivatives and a sky plane can imitate is projected out
of data and templates once, and a template's score is the chi-square that its best amplitude removes.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import scipy.ndimage as ndi

from lensmith.modelling.joint import FieldBand
from lensmith.modelling.lensed_source import ray_trace

N_RADII = 16
_ELLIPTICITIES = ((0, 0), (0.2, 0), (-0.2, 0), (0, 0.2), (0, -0.2))
_RINGS = ((0.1, 6), (0.2, 10), (0.33, 12), (0.5, 12), (0.7, 12))
"""Rings of source positions: radius in units of theta_E, number."""
_SIZES = (0.08, 0.2)
"""Widths of the source [arcsec]."""
_PIXEL_SNR = 4.0
"""Arcs count at most about this many sigma a pixel: a bright knot must not decide alone."""
_BEST_OF_LIGHT = 14


@dataclass(frozen=True)
class Start:
    """A template that matched: Einstein radius, ellipticity, source position relative to the lens, size; its score.

    `shear` is that of the template, or None where it had none and a fit may as well begin with some.
    """

    theta_E: float
    e1: float
    e2: float
    x_source: float
    y_source: float
    size: float
    score: float
    shear: tuple[float, float] | None = None


def source_positions() -> np.ndarray:
    """Source positions ``[position, 2]`` in units of theta_E: the centre and staggered rings."""
    out = [(0.0, 0.0)]
    for radius, number in _RINGS:
        angle = np.arange(number) * 2 * np.pi / number + 0.3 * radius
        out += list(zip(radius * np.cos(angle), radius * np.sin(angle)))
    return np.array(out)


@partial(jax.jit, static_argnames=("sizes",))
def _scores(lens, x, y, positions, basis, data, root_weight, sizes):
    """Chi-square removed ``[position, size]`` by the templates of one lens."""
    beta_x, beta_y = ray_trace(lens, x, y)
    radius = jnp.exp(lens[0])
    radius2 = (beta_x - radius * positions[:, :1]) ** 2 + (beta_y - radius * positions[:, 1:]) ** 2
    out = []
    for size in sizes:
        template = jnp.exp(-0.5 * radius2 / size**2) * root_weight
        template = template - (template @ basis.T) @ basis
        match = template @ data
        out.append(jnp.where(match > 0, match**2 / (jnp.sum(template**2, 1) + 1e-3), 0.0))
    return jnp.stack(out, 1)


def _projected_residual(field: FieldBand, settings):
    """Weighted residual with capped contrast, and an orthonormal basis of what is not arcs; pixels in use only."""
    band, light = field.prepared, field.light
    residual = np.where(band.use, band.image - light.galaxy - light.sky, 0.0)
    bright = np.maximum(ndi.gaussian_filter(residual, 0.7), 0)
    variance = band.noise**2 + (settings.light_error * light.galaxy) ** 2 + (bright / _PIXEL_SNR) ** 2
    use = field.use
    root_weight = 1 / np.sqrt(variance[use])
    x, y = band.x[use], band.y[use]
    order = np.argsort(-light.amplitudes[1:])[: min(_BEST_OF_LIGHT, int(light.in_use.sum()))]
    nuisance = [np.ones(len(x)), x, y, x**2 - y**2, x * y]
    nuisance += [light.columns[k][use] for k in order] + [image[use] for image in light.derivatives]
    nuisance = np.array(nuisance) * root_weight
    norm = np.linalg.norm(nuisance, axis=1)
    _, strength, basis = np.linalg.svd(nuisance[norm > 0] / norm[norm > 0][:, None], full_matrices=False)
    basis = basis[strength > 1e-3 * strength[0]]
    data = residual[use] * root_weight
    return x, y, basis, data - (data @ basis.T) @ basis, root_weight


def _padded(arrays, basis, to: int = 512):
    """Pad the pixel axis to a multiple of `to`, so that few shapes are compiled."""
    extra = -len(arrays[0]) % to
    padded = [np.pad(a, (0, extra)) for a in arrays]
    rows = 32 - len(basis)
    return padded, np.pad(basis, ((0, max(rows, 0)), (0, extra)))


def template_scores(fields: list[FieldBand], centres, lenses, settings) -> np.ndarray:
    """Scores ``[lens, position, size]`` summed over the bands.

    `centres` are the light centres of the bands [arcsec]; `lenses` ``[lens, 5]`` are theta_E, e1, e2, gamma1, gamma2.
    """
    positions = source_positions()
    total = np.zeros((len(lenses), len(positions), len(_SIZES)))
    for field, centre in zip(fields, centres):
        x, y, basis, data, root_weight = _projected_residual(field, settings)
        (x, y, data, root_weight), basis = _padded((x - centre[0], y - centre[1], data, root_weight), basis)
        single = [jnp.asarray(a, jnp.float32) for a in (x, y, positions, basis, data, root_weight)]
        for i, (radius, e1, e2, gamma1, gamma2) in enumerate(lenses):
            lens = jnp.array([np.log(radius), 2.0, e1, e2, 0, 0, gamma1, gamma2], jnp.float32)
            total[i] += np.asarray(_scores(lens, *single, sizes=_SIZES))
    return total


def _all_starts(scores, lenses, sheared: bool = False) -> list[Start]:
    """The three best positions of every lens and size, best first."""
    positions, out = source_positions(), []
    for i, (radius, e1, e2, gamma1, gamma2) in enumerate(lenses):
        shear = (gamma1, gamma2) if sheared else None
        for k, size in enumerate(_SIZES):
            for best in np.argsort(-scores[i, :, k])[:3]:
                place = positions[best] * radius
                out.append(Start(radius, e1, e2, *place, size, float(scores[i, best, k]), shear))
    return sorted(out, key=lambda start: -start.score)


def _close(one: Start, other: Start) -> bool:
    apart = np.hypot(one.x_source - other.x_source, one.y_source - other.y_source)
    return apart < 0.12 * one.theta_E and abs(np.log(one.theta_E / other.theta_E)) < 0.2


def find_starts(fields, centres, radii, settings, n_best: int = 8) -> list[Start]:
    """The `n_best` templates that differ, and the best one of every Einstein radius."""
    lenses = [(radius, *e, 0.0, 0.0) for radius in radii for e in _ELLIPTICITIES]
    ranked = _all_starts(template_scores(fields, centres, lenses, settings), lenses)
    kept: list[Start] = []
    for start in ranked:
        same_radius = sum(abs(np.log(start.theta_E / other.theta_E)) < 0.02 for other in kept)
        if same_radius < 2 and not any(_close(start, other) for other in kept):
            kept.append(start)
        if len(kept) >= n_best:
            break
    for radius in radii:
        best = next(start for start in ranked if start.theta_E == radius)
        if not any(other.theta_E == radius and _close(best, other) for other in kept):
            kept.append(best)
    return kept


def find_starts_among(fields, centres, lenses, settings, n_best: int = 6) -> list[Start]:
    """The `n_best` templates that differ among those of `lenses` ``[lens, 5]`` alone."""
    kept: list[Start] = []
    for start in _all_starts(template_scores(fields, centres, lenses, settings), lenses, sheared=True):
        if not any(_close(start, other) for other in kept):
            kept.append(start)
    return kept[:n_best]
