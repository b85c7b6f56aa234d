"""From a chosen solution to the final model: neighbours masked, refitted, and the source refined on its grid."""

from dataclasses import dataclass, replace

import numpy as np

from lensmith.fitting import minimise
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.joint import JointObjective, JointState, field_band
from lensmith.modelling.lensed_source import N_GAUSSIANS
from lensmith.modelling.nodes_window import whole_window, window_of
from lensmith.modelling.source_grid import GRID_RMS, best_strength, source_grid
from lensmith.modelling.unexplained import unexplained_blobs

_EVIDENCE_STEPS = 4
_MOST_MASKED = 0.6
"""Share of the pixels to be fitted that neighbours may take."""
_SOME_STRUCTURE = 16.0
"""Strength of the prior of the source's grid that allows structure of a quarter of the smooth source."""
_INVISIBLE = 0.02
"""Flux of a source's Gaussian, in noise a pixel, whose peak is about one sigma."""


@dataclass(frozen=True, eq=False)
class Refined:
    """A fit and all that is needed to go on from it.

    `masks` bool ``[y, x]`` a band, True where a neighbour was masked; `arcs` ``[y, x]`` a band, the lensed source that
    the variance was computed from; `strengths` of the prior of the source's grid, one a band, where there is a grid.
    """

    theta: np.ndarray
    state: JointState
    objective: JointObjective
    prior: object
    bounds: object
    masks: tuple[np.ndarray, ...]
    arcs: tuple[np.ndarray, ...]
    iterations: int = 0
    strengths: tuple[float, ...] = ()


def band_images(objective: JointObjective, theta, state: JointState):
    """(light with sky, arcs) of every band."""
    return [
        field.images(objective.core(theta, index), part)
        for index, (field, part) in enumerate(zip(objective.bands, state.bands))
    ]


def mask_neighbours(objective: JointObjective, theta, state, settings, radius: float):
    """Masks of the unexplained blobs of every band.

    None of it where it would take most of the pixels within `radius` [arcsec], which are to be fitted: that is no
    neighbour but a model that explains nothing, of a bright star for instance.
    """
    masks = []
    for index, (field, (light, arcs)) in enumerate(zip(objective.bands, band_images(objective, theta, state))):
        mask = unexplained_blobs(field, objective.core(theta, index), light, arcs, settings)
        masks.append(mask if leaves_enough(field, mask, radius) else np.zeros_like(mask))
    return tuple(masks)


def leaves_enough(field, mask, radius: float) -> bool:
    """Whether a mask leaves a fair share of the pixels within `radius` [arcsec]."""
    wanted = field.prepared.use & (field.prepared.radius < radius)
    return bool(mask[wanted].sum() < _MOST_MASKED * wanted.sum())


def fit_smooth(aligned: AlignedBands, start, arcs, masks, radius, settings, prior, bounds, steps=25, tolerance=0.05):
    """Fit with the source of Gaussians alone, on the pixels within `radius` that `masks` leave."""
    fields = [
        field_band(band, light, settings, radius, settings.cauchy_final, image, ~mask)
        for band, light, image, mask in zip(aligned.bands, aligned.lights, arcs, masks)
    ]
    objective = JointObjective(fields)
    found = minimise(objective, start, prior, bounds, steps, tolerance)
    objective.forget_columns()
    return Refined(
        found.theta, found.state, objective, prior, bounds, tuple(masks), tuple(arcs), iterations=found.iterations
    )


def smooth_amplitudes(fit: Refined, index: int) -> np.ndarray:
    """Fluxes of the source's Gaussians in one band."""
    field, state = fit.objective.bands[index], fit.state.bands[index]
    return state.amplitudes[field.projected.n_fixed :][:5]


def _grid_fields(aligned, fit: Refined, radius, settings, reach, strongest: float, whole: bool):
    """Field bands with the source's grid, and the strength of its prior in each.

    The evidence at the present parameters chooses it, up to `strongest`. Nodes are drawn where they are seen at these
    parameters, or on the `whole` stamps.
    """
    fields, strengths = [], []
    for index, (band, light) in enumerate(zip(aligned.bands, aligned.lights)):
        amplitudes, core = smooth_amplitudes(fit, index), fit.objective.core(fit.theta, index)
        if not (amplitudes > 0).any():  # no arcs in this band: allow structure of about the noise
            amplitudes = np.full(len(amplitudes), _INVISIBLE * np.median(band.noise))
        unit_grid, unit = source_grid(core, amplitudes, reach=reach)
        window = whole_window(band) if whole else window_of(band, core, unit_grid.spacing)
        build = lambda grid, index=index, band=band, light=light, window=window: field_band(
            band, light, settings, radius, settings.cauchy_final, fit.arcs[index], ~fit.masks[index], grid, window
        )
        strengths.append(min(best_strength(build(unit_grid), core, unit)[0], strongest))
        fields.append(build(source_grid(core, amplitudes, strengths[-1], reach)[0]))
    return fields, tuple(strengths)


def fit_grid(
    aligned,
    fit: Refined,
    radius,
    settings,
    steps: int = 12,
    tolerance: float = 0.3,
    reach: float = GRID_RMS,
    strongest: float = np.inf,
) -> Refined:
    """Go on from a smooth fit with the source on its grid, which reaches so many rms radii of the smooth source.

    The prior of the grid is at most as strong as `strongest`.
    """
    start, before = fit.theta, 0
    for whole in (False, True):
        fields, strengths = _grid_fields(aligned, fit, radius, settings, reach, strongest, whole)
        objective = JointObjective(fields)
        found = minimise(objective, start, fit.prior, fit.bounds, steps, tolerance)
        objective.n_evaluations += before
        objective.forget_columns()
        if objective.holds_nodes(found.theta):
            break
        start, before = found.theta, objective.n_evaluations  # the images have moved out of what is drawn of them
    return replace(
        fit,
        theta=found.theta,
        state=found.state,
        objective=objective,
        iterations=found.iterations,
        strengths=strengths,
    )


def fit_structured(aligned, fit: Refined, radius, settings, reach: float = GRID_RMS) -> Refined:
    """The grid's fit with the best evidence of up to three: `fit_grid`; where that finds next to no structure in the
    source, once more with some; and from where the better one ended, on a grid laid out for the source found there.

    At the parameters of the smooth fit structure may not seem to be needed because the lens has been bent to do
    without. Whether it is shows only once the lens is free to go back.
    """
    fits = [fit_grid(aligned, fit, radius, settings, reach=reach)]
    if max(fits[0].strengths) > _SOME_STRUCTURE:
        fits.append(fit_grid(aligned, fit, radius, settings, reach=reach, strongest=_SOME_STRUCTURE))
    first = max(fits, key=log_evidence)
    there = moved(fit, first.theta)
    fits.append(fit_grid(aligned, there, radius, settings, reach=reach, strongest=max(first.strengths)))
    best = max(first, fits[-1], key=log_evidence)
    best.objective.n_evaluations = sum(one.objective.n_evaluations for one in fits)
    return best


def moved(smooth: Refined, theta) -> Refined:
    """A fit with the smooth source as it is at other parameters."""
    return replace(smooth, theta=theta, state=smooth.objective.evaluate(theta))


def log_evidence(fit: Refined) -> float:
    """Laplace evidence of a fit with the source on its grid, its robust loss in place of the chi-square.

    The loss keeps outliers from deciding between solutions. Amplitudes held at zero count as absent. Those of the
    source's Gaussians have no prior and are counted in units of the noise, so that the unit of the pixels is nothing to
    the evidence.
    """
    total = -0.5 * (fit.objective.robust_cost(fit.state) + fit.prior.chi2(fit.theta))
    for field, state in zip(fit.objective.bands, fit.state.bands):
        total -= 0.5 * np.linalg.slogdet(state.gram[np.ix_(state.passive, state.passive)])[1]
        total += 0.5 * state.log_determinant  # it stands in the loss as well
        total += 0.5 * np.linalg.slogdet(field.grid.precision)[1] + _log_prior_volume(field, state)
    matrix = fit.objective.curvature(fit.theta, fit.state)
    matrix = matrix + np.diag(1 / fit.prior.sigma**2)
    return float(total - 0.5 * np.linalg.slogdet(matrix)[1] - np.sum(np.log(fit.prior.sigma)))


def _log_prior_volume(field, state) -> float:
    """Half the log-determinant of the prior of one band's amplitudes that are not the grid's."""
    n = field.projected.n_fixed
    light, gaussians = state.passive[:n], state.passive[n : n + N_GAUSSIANS]
    precision = field.projected.prior[:n, :n] + 1e-9 * np.diag(np.diag(state.gram)[:n])
    noise = np.median(field.prepared.noise[field.use])
    return 0.5 * float(np.linalg.slogdet(precision[np.ix_(light, light)])[1]) - gaussians.sum() * float(np.log(noise))


def refine_for_evidence(aligned, theta, radius: float, settings, prior, bounds) -> Refined:
    """A solution with the source on its grid, after a few steps: far enough for `log_evidence` to tell it from others.

    Every solution is judged on the same pixels with the same variance: nothing is masked, and the error of the arcs
    follows from the data, not from the solution's own arcs.
    """
    nothing = [np.zeros(band.image.shape, bool) for band in aligned.bands]
    arcs = [None] * len(aligned.bands)
    smooth = fit_smooth(aligned, theta, arcs, nothing, radius, settings, prior, bounds, steps=1)
    return fit_grid(aligned, smooth, radius, settings, _EVIDENCE_STEPS, tolerance=1.0)
