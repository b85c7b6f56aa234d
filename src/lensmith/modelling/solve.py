"""From the pixels of a candidate to its best solution: lens light, search, comparison of modes, final fit."""

import time
from dataclasses import dataclass, field, replace

import numpy as np

from lensmith.data import Cutout
from lensmith.errors import FitError
from lensmith.modelling.alignment import AlignedBands, align
from lensmith.modelling.expectation import Expectation, expectation_of
from lensmith.modelling.joint import JointObjective, field_band
from lensmith.modelling.modes import (
    MISFIT,
    Contender,
    RadiusPrior,
    Solution,
    contenders,
    different,
    fit_starts,
    parity_test,
    population_log_density,
    refine_modes,
    same_solution,
    start_vector,
    with_evidence,
    worth_refining,
)
from lensmith.modelling.other_masses import from_other_masses
from lensmith.modelling.parameters import bounds, prior
from lensmith.modelling.prepare import bin_band
from lensmith.modelling.refine import (
    Refined,
    band_images,
    fit_grid,
    fit_smooth,
    fit_structured,
    log_evidence,
    mask_neighbours,
    moved,
    refine_for_evidence,
)
from lensmith.modelling.restarts import better_restart, loss
from lensmith.modelling.search import N_RADII, find_starts, find_starts_among
from lensmith.modelling.second_source import SecondSource
from lensmith.modelling.settings import ModelSettings

_SEARCH_SLOPE_SIGMA = 0.02
"""The slope is all but fixed while starting points are refined."""
_FULL_SIZE_SIDE = 64
"""Grids up to this side are searched as they are, larger ones binned 2x2."""
CONTENDERS_GAP, MAX_CONTENDERS = 12.0, 3
"""Solutions within this score of the best, and how many of them, are compared by the evidence."""
_DOUBTFUL_CHANGE = 0.04
"""Relative change of theta_E from the smooth source to the grid from which other grids are tried."""
_OTHER_REACHES = (1.4, 2.2)
"""Half-widths of those grids, in rms radii of the smooth source."""
_WIDER, _WIDENED = 1.27, 1.1
"""How much wider the field of a second look is, and from what gain it is worth one."""
GUESSED = 0.7
"""Share of a solution's light on pixels in use below which its images are more guessed than seen."""
BEHIND = 25.0
"""How far behind the best in score a solution may be that is finished as its rival, or stands in for a mere guess.

Farther than contenders may be (`CONTENDERS_GAP`): finished, a solution has been seen to move by more.
"""
_RIVALS, SAME_RADIUS = 4, 0.1
"""Solutions of the first look that take part in the second; change of theta_E below which both say the same."""
_FIELD_FWHM = 3.0
"""Least radius of the field in units of the PSF's FWHM."""
SURVIVES = 0.05
"""Weight from which another solution is part of the posterior."""


class Clock:
    """Seconds of each stage."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, work):
        """Do `work`, and count its seconds for `stage`."""
        began = time.perf_counter()
        out = work()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began
        return out


@dataclass
class Run:
    """What the stages of one fit share: settings, limits, the solutions compared by evidence (none where one stood
    alone), those that were finished already, the loss that a restart took off some of these, and the count of
    evaluations."""

    settings: ModelSettings
    aligned: AlignedBands
    field_radius: float
    theta_E_range: tuple[float, float]
    expected: Expectation | None = None
    contenders: tuple[Contender, ...] = ()
    finished: dict[Solution, tuple[Refined, Refined]] = field(default_factory=dict)
    restarted: dict[Solution, float] = field(default_factory=dict)
    n_like: int = 0

    @property
    def radius_prior(self) -> RadiusPrior:
        """Log density of ln theta_E for the choice between solutions."""
        return population_log_density if self.expected is None else self.expected.radius_log_density

    def prior(self, slope_sigma: float):
        """Prior around the lens light."""
        a = self.aligned
        ellipticity, centre = a.lights[a.clearest].ellipticity, a.lights[0].theta[:2]
        return prior(self.settings, ellipticity, centre, a.shift_mean, a.shift_sigma, slope_sigma)

    def final_radius(self, theta) -> float:
        """Radius of the pixels of the final fit of a solution [arcsec]."""
        return float(np.clip(1.9 * np.exp(theta[0]) + 0.4, 2.0, max(self.field_radius, 3.1)))

    def bounds(self):
        """Hard limits."""
        low, high = self.theta_E_range
        return bounds(low, high, self.aligned.shift_mean)


@dataclass(frozen=True, eq=False)
class Solved:
    """What a candidate's pixels were found to be.

    `solutions` all that were compared, the chosen one first; `smooth`, `final` the chosen one refitted with the source
    of Gaussians and with its grid; `other_radii` theta_E with grids of other widths, where the first two differ much;
    `narrow_radius` theta_E that the first, narrower field had chosen, where a wider one served; `others` further
    solutions that the evidence leaves standing, finished in the same way, with their log weights relative to the chosen
    one; `free` the fit before its mass was held to that of lens galaxies (`lensmith.modelling.held`), where `final` is
    held; `second` a second source behind the first (`lensmith.modelling.double_plane`), where there is one: the bands
    of `run` are then without its arcs; `n_drawn` pixels that are masked since a network drew another object there
    (`lensmith.modelling.drawn_neighbours`); `seconds` of each stage.
    """

    run: Run
    solutions: list[Solution]
    smooth: Refined
    final: Refined
    others: tuple[tuple[Refined, float], ...] = ()
    other_radii: tuple[float, ...] = ()
    narrow_radius: float | None = None
    free: Refined | None = None
    second: SecondSource | None = None
    n_drawn: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def limits(cutout: Cutout, aligned: AlignedBands, settings: ModelSettings):
    """Radius of the pixels to fit and range of theta_E, from settings, steering, PSF and size of the images."""
    steering = cutout.steering
    first = aligned.bands[0]
    half = float(np.median([band.radius[band.inside].max() for band in aligned.bands])) / np.sqrt(2)
    fwhm = min(band.fwhm for band in aligned.bands)
    low = steering.theta_E_min or min(settings.theta_E_min, 0.5 * half)
    high = steering.theta_E_max or max(min(max(settings.theta_E_max, 2.5 * fwhm), 0.97 * half), 1.2 * low)
    if low >= high:
        raise FitError(
            f"the image is only {2 * half:.1f} arcsec wide, too small for theta_E of {low} arcsec; "
            "lower theta_E_min in the manifest or give a larger cutout"
        )
    radius = min(max(settings.field_radius, _FIELD_FWHM * fwhm, 1.15 * (steering.theta_E_max or 0)), half * np.sqrt(2))
    return max(radius, 4 * first.pixel_scale), (low, high)


def search(run: Run):
    """Starting points, refined on binned pixels; best first."""
    s, a = run.settings, run.aligned
    fields = []
    for band, light in zip(a.bands, a.lights):
        coarse = (bin_band(band), light.binned()) if band.side > _FULL_SIZE_SIDE else (band, light)
        fields.append(field_band(*coarse, s, run.field_radius, s.cauchy_search))
    centres = [light.theta[:2] for light in a.lights]
    starts = []
    if run.expected is not None:
        starts += find_starts_among(fields, centres, run.expected.lenses(run.theta_E_range), s)
    if run.expected is None or s.network_start == "beside":
        starts += find_starts(fields, centres, np.geomspace(*run.theta_E_range, N_RADII), s)
    objective = JointObjective(fields)
    ellipticity = a.lights[a.clearest].ellipticity
    vectors = [start_vector(start, ellipticity, centres[0], s.slope_mean, a.shift_mean) for start in starts]
    around = run.prior(_SEARCH_SLOPE_SIGMA), run.bounds()
    found = fit_starts(objective, vectors, *around, 8, 1.0)
    if s.search_masses:
        sigma = s.ellipticity_sigma, s.shear_sigma
        found += from_other_masses(objective, found, *around, sigma, s.search_masses)
        found.sort(key=lambda state: state.cost)
    run.n_like += objective.n_evaluations
    return found


def objective_of(run: Run) -> JointObjective:
    """The objective that solutions are compared by: smooth sources, all pixels of the field."""
    s, a = run.settings, run.aligned
    return JointObjective(
        [field_band(b, light, s, run.field_radius, s.cauchy_search) for b, light in zip(a.bands, a.lights)]
    )


def _compare(run: Run, found, more=()) -> tuple[list[Solution], JointObjective]:
    """Distinct solutions refined on all pixels, best score first; `more` are vectors that take part beside `found`."""
    s, objective = run.settings, objective_of(run)
    vectors = [state.theta for state in worth_refining(found, s.n_modes)] + list(more)
    solutions = refine_modes(
        objective, vectors, run.prior(s.slope_sigma), run.bounds(), run.field_radius, run.radius_prior
    )
    run.n_like += objective.n_evaluations
    return _rank_by_evidence(run, solutions), objective


def _rank_by_evidence(run: Run, solutions: list[Solution]) -> list[Solution]:
    """Those that score well compared by the evidence of the refined source; duplicates dropped."""
    distinct = []
    for solution in solutions:
        if not any(same_solution(solution, other) for other in distinct):
            distinct.append(solution)
    near = [solution for solution in distinct if solution.score > distinct[0].score - CONTENDERS_GAP]
    # Near twins would take the places of solutions that are really different.
    close = different(near, MAX_CONTENDERS)
    if len(close) < 2:
        return distinct
    distinct = close + [solution for solution in distinct if not any(solution is other for other in close)]
    s, a = run.settings, run.aligned
    around = run.prior(s.slope_sigma), run.bounds()
    evidences = [
        log_evidence(refine_for_evidence(a, solution.theta, run.field_radius, s, *around)) for solution in close
    ]
    scored = with_evidence(distinct, evidences, len(a.bands))
    run.contenders = contenders(scored[: len(close)])
    return sorted(scored, key=lambda solution: -solution.score)


def finish(run: Run, solution: Solution, objective) -> tuple[Refined, Refined]:
    """A solution with neighbours masked: the fit with the smooth source, and with the source on its grid."""
    if solution in run.finished:
        return run.finished[solution]
    s, a = run.settings, run.aligned
    arcs = [image for _, image in band_images(objective, solution.theta, solution.state)]
    radius = run.final_radius(solution.theta)
    masks = mask_neighbours(objective, solution.theta, solution.state, s, radius)
    around = run.prior(s.slope_sigma), run.bounds()
    fit_from = lambda start, **steps: fit_smooth(a, start, arcs, masks, radius, s, *around, **steps)
    smooth = fit_from(solution.theta)
    final = fit_structured(a, smooth, radius, s)
    again = better_restart(smooth, fit_from, few=run.expected is not None and s.network_start == "instead")
    run.n_like += smooth.objective.n_evaluations + final.objective.n_evaluations
    if again is not None:
        other = fit_structured(a, again, radius, s)
        run.n_like += again.objective.n_evaluations + other.objective.n_evaluations
        if log_evidence(other) > log_evidence(final):
            run.restarted[solution] = loss(smooth) - loss(again)
            smooth, final = again, other
    run.finished[solution] = smooth, final
    return smooth, final


def _as_finished(run: Run, solution: Solution, smooth: Refined) -> Solution:
    """A solution with the place and the images' test of the better minimum in which its fit has ended.

    Its score stays: the others have not been restarted.
    """
    parity = parity_test(smooth.objective, smooth.theta, smooth.state)
    smooth_score = solution.smooth_score + run.restarted[solution] / (2 * MISFIT * len(run.aligned.bands))
    return replace(solution, theta=smooth.theta, state=smooth.state, parity=parity, smooth_score=smooth_score)


def other_radii_of(run: Run, smooth: Refined, final: Refined) -> tuple[float, ...]:
    """theta_E with a narrower and a wider grid, fitted from the final fit on, where smooth source and grid disagree.

    Does theta_E hang on the source's model?
    """
    if abs(np.expm1(smooth.theta[0] - final.theta[0])) < _DOUBTFUL_CHANGE:
        return ()
    start, out = moved(smooth, final.theta), []
    radius = run.final_radius(final.theta)
    for reach in _OTHER_REACHES:
        other = fit_grid(run.aligned, start, radius, run.settings, reach=reach, strongest=max(final.strengths))
        run.n_like += other.objective.n_evaluations
        out.append(float(np.exp(other.theta[0])))
    return tuple(out)


def _surviving(run: Run, objective) -> tuple[tuple[Refined, float], ...]:
    """Other solutions that the evidence leaves standing, finished like the chosen one, with their log weights to it."""
    if not run.contenders:
        return ()
    best, *rest = run.contenders
    return tuple(
        (finish(run, other.solution, objective)[1], float(np.log(other.weight / best.weight)))
        for other in rest
        if other.weight > SURVIVES
    )


def solve(cutout: Cutout, settings: ModelSettings, findings=None) -> Solved:
    """The best solution of a candidate, without its posterior.

    Parameters
    ----------
    findings : what networks said of it (`lensmith.data.Findings`): an estimate among it says where to search as well.

    Raises
    ------
    FitError
        if no model could be fitted.
    """
    clock = Clock()
    try:
        aligned = clock("light", lambda: align(cutout, settings))
        run = Run(settings, aligned, *limits(cutout, aligned, settings), expectation_of(findings))
        return _solved(run, clock)
    except (np.linalg.LinAlgError, FloatingPointError) as error:
        raise broke_down(cutout, error) from error


def solve_wider(cutout: Cutout, first: Solved) -> Solved:
    """The best solution on a field a quarter wider, where that of `first` and its rivals take part.

    Arcs may lie outside the field: then what is left inside is explained by whatever can. A wide field alone would not
    do, as it gives neighbours more to say (docs/decisions/0003-modelling.md); so it is for fits that leave doubts.
    Where both agree `first` is given back, unless the wider field shows images that it only guessed. Where the wider
    field's choice has its images beyond that field, too, which was to show them, `seen_instead` of `first` is.
    """
    run = first.run
    settings = run.settings.model_copy(update={"field_radius": _WIDER * run.field_radius})
    wider = Run(settings, run.aligned, *limits(cutout, run.aligned, settings), run.expected, n_like=run.n_like)
    if wider.field_radius < _WIDENED * run.field_radius:
        return seen_instead(first)
    clock = Clock()
    clock.seconds |= first.seconds
    try:
        second = _solved(wider, clock, [solution.theta for solution in first.solutions[:_RIVALS]])
    except (np.linalg.LinAlgError, FloatingPointError):
        return first
    if second.solutions[0].inside < GUESSED:
        kept = seen_instead(replace(first, seconds=clock.seconds))
        if kept.solutions[0].inside >= GUESSED:
            return kept
    if abs(second.final.theta[0] - first.final.theta[0]) < np.log(1 + SAME_RADIUS):
        guessed = first.solutions[0].inside < min(GUESSED, second.solutions[0].inside)
        return second if guessed else replace(first, seconds=clock.seconds)
    return replace(second, narrow_radius=float(np.exp(first.final.theta[0])))


def seen_instead(solved: Solved) -> Solved:
    """`solved`, or with another choice where that is more guessed than seen: the best solution that is seen.

    A model is free to put what it likes where no pixel speaks against it. The guess keeps its better score, which
    makes the verdict name it. A solution worse by more than `BEHIND` explains too little to stand in for it.
    """
    best, *others = solved.solutions
    near = [s for s in others if s.inside >= GUESSED and s.score > best.score - BEHIND]
    if best.inside >= GUESSED or not near:
        return solved
    run, chosen, clock = solved.run, near[0], Clock()
    clock.seconds |= solved.seconds
    try:
        smooth, final = clock("seen", lambda: finish(run, chosen, objective_of(run)))
    except (np.linalg.LinAlgError, FloatingPointError):
        return solved
    if chosen in run.restarted:
        chosen = _as_finished(run, chosen, smooth)
    rest = [solution for solution in solved.solutions if solution is not near[0]]
    radii = other_radii_of(run, smooth, final)
    found = {"smooth": smooth, "final": final, "others": (), "other_radii": radii, "seconds": clock.seconds}
    return replace(solved, solutions=[chosen, *rest], **found)


def _solved(run: Run, clock: Clock, more=()) -> Solved:
    """Search, compare and finish; `more` are vectors to compare beside those found."""
    found = clock("search", lambda: search(run))
    solutions, objective = clock("modes", lambda: _compare(run, found, more))
    smooth, final = clock("source", lambda: finish(run, solutions[0], objective))
    if solutions[0] in run.restarted:
        solutions = [_as_finished(run, solutions[0], smooth), *solutions[1:]]
    others = clock("others", lambda: _surviving(run, objective))
    other_radii = clock("grids", lambda: other_radii_of(run, smooth, final))
    return Solved(run, solutions, smooth, final, others, other_radii, seconds=clock.seconds)


def broke_down(cutout: Cutout, error: Exception) -> FitError:
    """What to raise where linear algebra fails."""
    return FitError(f"candidate {cutout.id}: the fit broke down numerically ({error})")
