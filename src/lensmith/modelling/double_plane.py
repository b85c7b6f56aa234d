"""A second source behind the first: its arcs, where a model of one source leaves some over.

A thin lens bends the light of every source alike but for the ratio of distances D_ls / D_s. An EPL in a shear, scaled
by a number, is again an EPL (theta_E larger by a power of it) in a shear (larger by it). So a second source is a second
fit of the same kind on what the first leaves over, its mass that of the first but for theta_E and the size of the
shear. Both fits are done in turns, each on the image without the other's arcs.

The first source has a mass of its own, which bends the light of the second, too: in SDSSJ0946+1006 by a tenth of what
the lens does (Gavazzi et al. 2008, ApJ 677, 1046). The second theta_E is that of both together and no
ratio of distances.
"""

from dataclasses import replace

import numpy as np

from lensmith.errors import FitError
from lensmith.fitting import GaussianPrior, minimise
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.joint import JointObjective, field_band
from lensmith.modelling.modes import parity_test, start_vector
from lensmith.modelling.prepare import PreparedBand
from lensmith.modelling.refine import Refined, band_images, fit_smooth, fit_structured, mask_neighbours
from lensmith.modelling.search import find_starts_among
from lensmith.modelling.second_source import GAIN_OF_ARC, SecondSource
from lensmith.modelling.solve import Clock, Run, Solved, other_radii_of

_RATIOS = np.geomspace(1.08, 2.2, 12)
"""theta_E of the second source over that of the first, as searched."""
_BEYOND = 1.3
"""How far the pixels reach, in units of the largest theta_E that is searched."""
_HELD = {1: 1e-3, 2: 5e-4, 3: 5e-4, 4: 5e-4, 5: 5e-4, 6: 2e-3, 7: 2e-3}
"""Width of the prior around the first fit's mass, by place in the vector: slope, ellipticity, centre, shear."""
_TURNS, _STARTS, _SETTLED = 4, 4, 2e-3
"""Turns of both fits at most, starts of the first, and change of ln theta_E of the second at which they end."""


def add_second_source(solved: Solved, gain: float = GAIN_OF_ARC) -> Solved:
    """`solved` with a second source, where the data show one that gains so much; else `solved`."""
    clock = Clock()
    clock.seconds |= solved.seconds
    try:
        found = clock("second source", lambda: _added(solved, gain))
    except (np.linalg.LinAlgError, FloatingPointError, FitError):  # a try that fails costs no candidate its model
        found = solved
    return replace(found, seconds=clock.seconds)


def _added(solved: Solved, gain: float) -> Solved:
    whole, run, final, second = solved.run.aligned, solved.run, solved.final, None
    for _ in range(_TURNS):
        before, second = second, _fit_second(run, whole, final, second)
        run = replace(run, aligned=_without(whole, second.arcs, run), contenders=(), finished={})
        smooth, final = _fit_first(run, final)
        run.n_like += smooth.objective.n_evaluations + final.objective.n_evaluations
        if before is not None and abs(second.theta[0] - before.theta[0]) < _SETTLED:
            break
    solved.run.n_like = run.n_like
    if not second.is_lensed(len(whole.bands), gain):
        return solved
    radii = other_radii_of(run, smooth, final)
    # Other solutions were finished with the second one's arcs in the image: they are not to be mixed with this one.
    return replace(solved, run=run, smooth=smooth, final=final, second=second, others=(), other_radii=radii)


def _without(aligned: AlignedBands, images, run: Run) -> AlignedBands:
    """The bands without these arcs ``[y, x]``; what their model may miss is added to the noise."""
    return replace(aligned, bands=tuple(_band_without(b, i, run.settings) for b, i in zip(aligned.bands, images)))


def _band_without(band: PreparedBand, image, settings) -> PreparedBand:
    noise = np.hypot(band.noise, settings.arc_error * np.maximum(image, 0))
    return replace(band, image=band.image - image, noise=noise, taken_off=image)


def _fit_second(run: Run, whole: AlignedBands, first: Refined, before: SecondSource | None) -> SecondSource:
    """The second source on what `first` leaves of the image; from `before` on, or from templates."""
    s = run.settings
    arcs = [image for _, image in band_images(first.objective, first.theta, first.state)]
    bands = _without(whole, arcs, run).bands
    radius = _BEYOND * _RATIOS[-1] * float(np.exp(first.theta[0]))
    fields = [field_band(b, light, s, radius, s.cauchy_search) for b, light in zip(bands, whole.lights)]
    objective, bounds = JointObjective(fields), _bounds_beyond(first)
    starts = _starts(fields, whole, first, s) if before is None else [before.theta]
    found = []
    for start in starts:
        objective.reset()
        prior = _prior_around(first, float(np.exp(start[0] - first.theta[0])))
        found.append((minimise(objective, start, prior, bounds, 15, 0.3), prior))
    run.n_like += objective.n_evaluations
    best, prior = min(found, key=lambda pair: pair[0].cost)
    objective.reset()
    best = minimise(objective, best.theta, prior, bounds, 5, 0.3)
    matrix = objective.curvature(best.theta, best.state)
    images = tuple(
        field.images(objective.core(best.theta, index), part)[1]
        for index, (field, part) in enumerate(zip(fields, best.state.bands))
    )
    covariance = np.linalg.inv(matrix + np.diag(1 / prior.sigma**2))
    return SecondSource(best.theta, covariance, parity_test(objective, best.theta, best.state), images)


def _starts(fields, whole: AlignedBands, first: Refined, settings) -> list[np.ndarray]:
    theta, radius = first.theta, float(np.exp(first.theta[0]))
    lenses = [(radius * k, *theta[2:4], *(k * theta[6:8])) for k in _RATIOS]
    centres = [light.theta[:2] for light in whole.lights]
    out = []
    for start in find_starts_among(fields, centres, lenses, settings, _STARTS):
        vector = start_vector(start, theta[2:4], theta[4:6], theta[1], theta[13:])
        vector[1:6] = theta[1:6]
        out.append(vector)
    return out


def _prior_around(first: Refined, ratio: float) -> GaussianPrior:
    """The mass of the first fit, its shear larger by the ratio of the Einstein radii, as for a slope of 2."""
    mean, sigma = first.prior.mean.copy(), first.prior.sigma.copy()
    for index, width in _HELD.items():
        mean[index], sigma[index] = first.theta[index], width
    mean[6:8] *= ratio
    mean[13:], sigma[13:] = first.theta[13:], _HELD[4]
    mean[0], sigma[0] = first.theta[0], 10.0
    return GaussianPrior(mean, sigma)


def _bounds_beyond(first: Refined):
    low, high = first.bounds.low.copy(), first.bounds.high.copy()
    low[0], high[0] = first.theta[0], first.theta[0] + np.log(_RATIOS[-1])
    return replace(first.bounds, low=low, high=high)


def _fit_first(run: Run, before: Refined) -> tuple[Refined, Refined]:
    """The first source once more, on an image that has no arcs of the second: nothing of these need be masked."""
    s, a, theta = run.settings, run.aligned, before.theta
    radius = run.final_radius(theta)
    fields = [
        field_band(b, light, s, radius, s.cauchy_search, arcs) for b, light, arcs in zip(a.bands, a.lights, before.arcs)
    ]
    objective = JointObjective(fields)
    masks = mask_neighbours(objective, theta, objective.evaluate(theta), s, radius)
    smooth = fit_smooth(a, theta, before.arcs, masks, radius, s, before.prior, before.bounds)
    return smooth, fit_structured(a, smooth, radius, s)
