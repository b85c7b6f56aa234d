"""Several solutions explain most lenses after a fashion: find the distinct ones, refine them, and choose.

Chi-square alone chooses wrongly: a neighbour fitted as a lone image at a large Einstein radius beats a true
counter-image under the lens light. So each solution is also asked whether the data show its images of both parities:
refitted with separate amplitudes, both must be needed, and about equally bright for what lensing predicts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from lensmith.fitting import minimise
from lensmith.modelling.joint import JointObjective
from lensmith.modelling.lensed_source import parity_images
from lensmith.modelling.source_size import smooth_half_light_radius


@dataclass(frozen=True)
class Parity:
    """Support for the images of positive and of negative parity.

    `positive`, `negative`: chi-square lost without them; `positive_amplitude`, `negative_amplitude`: their best
    amplitudes over the model's (1 where lensing predicts them rightly); `total`: chi-square that both remove.
    """

    positive: float
    negative: float
    positive_amplitude: float
    negative_amplitude: float
    total: float

    @property
    def ratio(self) -> float:
        """Amplitude of the negative-parity images over that of the positive ones."""
        return self.negative_amplitude / max(self.positive_amplitude, 0.05)


@dataclass(frozen=True, eq=False)
class Solution:
    """One refined solution: parameter vector, loss with priors, the objective's state, parity test and score.

    `smooth_score` is the score with the smooth source, whatever replaced it in `score` since.
    `inside` is the fraction of the lensed source's flux that falls on pixels in use: a solution may hide its images
    where there are no data to contradict it.
    """

    theta: np.ndarray
    cost: float
    state: object
    parity: Parity
    inside: float
    score: float
    smooth_score: float


@dataclass(frozen=True, eq=False)
class Contender:
    """A solution compared by its evidence, and its share among these from the tempered scores; shares sum to 1."""

    solution: Solution
    weight: float


RadiusPrior = Callable[[float], float]
"""ln theta_E -> its log density."""
MISFIT = 50.0
"""Chi-square differences are divided by this: smooth sources leave misfits far above the noise."""
RADIUS_PRIOR = (np.log(1.15), 0.4)
"""Log-normal prior of Einstein radii of galaxy-scale lenses, as wide as the known samples together."""
_SLOPE_PRIOR = (2.08, 0.16)
"""Mean and scatter of the slopes of lens galaxies (Auger et al. 2010, ApJ 724, 511). The prior of the fit stands in the
chi-square and is tempered with it: alone it would let a slope of 2.6 pass."""
_SOURCE_PRIOR = (np.log(0.15), 0.7)
"""Log-normal prior of the source's half-light radius [arcsec]: galaxies of 10^9 to 10^10 solar masses at redshifts of 1
to 2 have 1 to 3 kpc (van der Wel et al. 2014, ApJ 788, 28), 0.1" to 0.35". A solution that needs a source like a star
explains something else."""


_HIDDEN_PENALTY, _MIN_INSIDE = 20.0, 0.9
"""Of images where no pixel is used to contradict them."""
_EDGE_PENALTY, _EDGE = 50.0, 0.85
"""Of Einstein radii near the edge of the field, in units of its radius: half of every image lies outside."""
OTHER_RADIUS = 0.06
"""Change of ln theta_E from which a solution is another one, wherever its source is."""
_FIRST_STEPS = 3
_HOPELESS = 80 * MISFIT
"""Solutions this much worse in chi-square are not followed: no prior and no parity test makes up for it."""


def population_log_density(log_radius: float) -> float:
    """Log density of ln theta_E [arcsec] among galaxy-scale lenses, up to a constant: 0 where it is largest."""
    mean, sigma = RADIUS_PRIOR
    return -0.5 * ((log_radius - mean) / sigma) ** 2


def score_solution(
    cost: float,
    theta,
    parity: Parity,
    inside: float,
    source_radius: float,
    field_radius: float,
    n_bands: int,
    radius_prior: RadiusPrior = population_log_density,
    misfit: float = MISFIT,
) -> float:
    """Log score of a solution: tempered chi-square, priors of lens population and parity of the images.

    `source_radius` is the source's half-light radius [arcsec]; `radius_prior` the log density of ln theta_E: that of
    the population, or what a network expects. The misfit of a smooth source is much the same in all bands, so that
    bands do not add up as independent evidence: chi-square is divided by their number, and by `misfit`.
    """
    e, gamma_ext = np.hypot(*theta[2:4]), np.hypot(*theta[6:8])
    offset = np.hypot(*theta[8:10])
    prior = (e / 0.15) ** 2 + (gamma_ext / 0.06) ** 2 + (offset / 0.35) ** 2 - 2 * radius_prior(theta[0])
    prior += ((theta[1] - _SLOPE_PRIOR[0]) / _SLOPE_PRIOR[1]) ** 2
    if np.isfinite(source_radius):
        prior += ((np.log(source_radius) - _SOURCE_PRIOR[0]) / _SOURCE_PRIOR[1]) ** 2
    score = -0.5 * cost / (misfit * n_bands) - 0.5 * prior
    dominance = max(0.0, np.log((parity.negative + 3) / (parity.positive + 3)))
    score -= 3 * dominance + 4 * max(0.0, dominance - 0.4) ** 2
    score -= 3 * max(0.0, np.log(30 / max(parity.negative, 0.5)))
    ratio = max(parity.negative_amplitude, 0.05) / max(parity.positive_amplitude, 0.05)
    score -= field_penalty(theta, inside, field_radius)
    return float(score - 0.5 * (np.log(ratio) / 0.4) ** 2)


def field_penalty(theta, inside: float, field_radius: float) -> float:
    """What a solution loses in score for images that the field [arcsec] does not reach."""
    hidden, edge = max(0.0, _MIN_INSIDE - inside), max(0.0, np.exp(theta[0]) / field_radius - _EDGE)
    return float(_HIDDEN_PENALTY * hidden + _EDGE_PENALTY * edge)


def _parity_of_band(field, core, state):
    """Chi-squares of one band without positive, without negative and without any images; amplitudes and weights."""
    band, projected = field.prepared, field.projected
    amplitudes = state.amplitudes[projected.n_fixed :][:5]
    images = parity_images(
        jnp.asarray(core), jnp.asarray(amplitudes), band.fine_x, band.fine_y, band.kernel_fft, band.fft_side,
        band.supersampling,
    )  # fmt: skip
    images = np.asarray(images, float).reshape(2, -1)[:, projected.select] * projected.root_weight
    used = state.passive[: projected.n_fixed]
    fixed = projected.fixed[used]
    columns = np.vstack([fixed, images])
    n = len(fixed)
    gram = columns @ columns.T
    prior = projected.prior[: projected.n_fixed, : projected.n_fixed]
    gram[:n, :n] += prior[np.ix_(used, used)]
    diagonal = np.diag(gram)
    gram += np.diag(1e-9 * diagonal + 1e-12 * diagonal.max())
    vector = columns @ projected.data
    vector[:n] += (prior @ projected.prior_mean[: projected.n_fixed])[used]

    def explained(index):
        solution = np.linalg.solve(gram[np.ix_(index, index)], vector[index])
        return vector[index] @ solution, solution

    both, solution = explained(np.arange(n + 2))
    without_positive = explained(np.delete(np.arange(n + 2), n))[0]
    without_negative = explained(np.arange(n + 1))[0]
    neither = explained(np.arange(n))[0]
    return both - without_positive, both - without_negative, solution[-2], solution[-1], both - neither


def parity_test(objective: JointObjective, theta, state) -> Parity:
    """Sum of the bands' tests; amplitudes are averaged with the chi-square that they remove as weight."""
    rows = [
        _parity_of_band(field, objective.core(theta, index), part)
        for index, (field, part) in enumerate(zip(objective.bands, state.bands))
    ]
    positive, negative, a_positive, a_negative, total = np.array(rows).T
    weight = np.maximum(total, 1e-6)
    return Parity(
        float(positive.sum()),
        float(negative.sum()),
        float(np.average(a_positive, weights=weight)),
        float(np.average(a_negative, weights=weight)),
        float(total.sum()),
    )


def images_outside(fields, arcs) -> tuple[float, float]:
    """What becomes of the lensed source outside the pixels in use.

    Parameters
    ----------
    fields : the bands, with the pixels that are compared; `arcs` the model of the lensed source ``[y, x]`` of each.

    Returns
    -------
    fraction of its flux that falls on pixels in use, summed over the bands in units of the noise; and how much it
    raises the robust loss of the other pixels of the stamps, where the light as first fitted stands for the lens.
    """
    seen = total = worse = 0.0
    for field, image in zip(fields, arcs):
        band, light = field.prepared, field.light
        flux = np.maximum(image, 0) / np.median(band.noise)
        seen, total = seen + flux[field.use].sum(), total + flux.sum()
        beyond = band.use & ~field.use
        sigma = np.sqrt(field.variance[beyond] * band.information_loss)
        without = (band.image - light.galaxy - light.sky)[beyond] / sigma
        scale = field.projected.cauchy
        worse += robust_loss(without - image[beyond] / sigma, scale) - robust_loss(without, scale)
    return float(seen / max(total, 1e-300)), max(float(worse), 0.0)


def robust_loss(pulls, scale: float) -> float:
    """Cauchy loss of residuals in units of their errors, as is `scale`."""
    return float(np.sum(scale**2 * np.log1p((pulls / scale) ** 2)))


def with_evidence(solutions, evidences, n_bands: int) -> list[Solution]:
    """The solutions, in their order, with the evidence of the refined source in place of the smooth one's chi-square.

    `evidences` belong to the first solutions; the others are shifted by the least gain among these.
    """
    gains = [(e + 0.5 * s.cost) / (MISFIT * n_bands) for s, e in zip(solutions, evidences)]
    gains += [min(gains)] * (len(solutions) - len(gains))
    return [replace(s, score=s.score + gain) for s, gain in zip(solutions, gains)]


def contenders(solutions) -> tuple[Contender, ...]:
    """Solutions with their final scores as contenders, best first."""
    scores = np.array([solution.score for solution in solutions])
    weights = np.exp(scores - scores.max())
    found = [Contender(*row) for row in zip(solutions, weights / weights.sum())]
    return tuple(sorted(found, key=lambda contender: -contender.weight))


def start_vector(start, light_ellipticity, centre, slope: float, shift) -> np.ndarray:
    """Parameter vector of a template."""
    e, shear = np.array([start.e1, start.e2]), start.shear
    if shear is None:
        e, shear = 0.5 * e + 0.5 * np.asarray(light_ellipticity), 0.1 * e
    offset = np.array([start.x_source, start.y_source]) / start.theta_E
    size = np.log(0.04 if start.size < 0.1 else 0.07)
    core = [np.log(start.theta_E), slope, *e, *centre, *shear, *offset, 0.01, 0.01, size]
    return np.array([*core, *shift])


def fit_starts(objective, vectors, prior, bounds, max_iterations: int, tolerance: float):
    """Refine every start a little, and those that then are not far behind fully; best first."""
    found = []
    for vector in vectors:
        objective.reset()
        found.append(minimise(objective, vector, prior, bounds, _FIRST_STEPS, tolerance))
    found.sort(key=lambda state: state.cost)
    out = []
    for state in different(found, len(found)):
        if state.cost < found[0].cost + 2 * _HOPELESS:
            objective.reset()
            state = minimise(objective, state.theta, prior, bounds, max_iterations - _FIRST_STEPS, tolerance)
        out.append(state)
    return sorted(out, key=lambda state: state.cost)


def different(found, number: int):
    """The `number` best that differ in Einstein radius (6 %) or source position (0.2 theta_E)."""
    kept = []
    for state in found:
        new = all(
            abs(state.theta[0] - other.theta[0]) > OTHER_RADIUS
            or np.hypot(*(state.theta[8:10] - other.theta[8:10])) > 0.2
            for other in kept
        )
        if new:
            kept.append(state)
        if len(kept) >= number:
            break
    return kept


def worth_refining(found, number: int):
    """The `number` best distinct ones that are not hopelessly behind the best."""
    return [state for state in different(found, number) if state.cost < found[0].cost + _HOPELESS]


def same_solution(one: Solution, other: Solution) -> bool:
    """Within 3 % in Einstein radius and 0.1 theta_E in source position: the same minimum, reached twice."""
    return abs(one.theta[0] - other.theta[0]) < 0.03 and np.hypot(*(one.theta[8:10] - other.theta[8:10])) < 0.1


def refine_modes(
    objective,
    vectors,
    prior,
    bounds,
    field_radius: float,
    radius_prior: RadiusPrior = population_log_density,
    max_iterations=15,
    tolerance=0.3,
):
    """Refine, test and score (see `score_solution` for `radius_prior`); best score first."""
    out = []
    for vector in vectors:
        objective.reset()
        found = minimise(objective, vector, prior, bounds, max_iterations, tolerance)
        parity = parity_test(objective, found.theta, found.state)
        arcs = [
            field.images(objective.core(found.theta, index), part)[1]
            for index, (field, part) in enumerate(zip(objective.bands, found.state.bands))
        ]
        inside, worse = images_outside(objective.bands, arcs)
        size = smooth_half_light_radius(objective, found.theta, found.state)
        score = score_solution(
            found.cost + worse, found.theta, parity, inside, size, field_radius, len(objective.bands), radius_prior
        )
        out.append(Solution(found.theta, found.cost, found.state, parity, inside, score, score))
    return sorted(out, key=lambda solution: -solution.score)
