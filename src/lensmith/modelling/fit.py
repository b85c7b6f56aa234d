"""The model of one candidate, from its pixels alone."""

import time
from dataclasses import dataclass, replace

import numpy as np

from lensmith.data import Cutout, LensFit
from lensmith.errors import FitError
from lensmith.modelling.alignment import AlignedBands, align
from lensmith.modelling.joint import JointObjective, field_band
from lensmith.modelling.modes import (
    Contender,
    Solution,
    contenders,
    different,
    fit_starts,
    refine_modes,
    same_solution,
    start_vector,
    with_evidence,
    worth_refining,
)
from lensmith.modelling.parameters import CORE, bounds, prior
from lensmith.modelling.posterior import Posterior, posterior
from lensmith.modelling.prepare import bin_band
from lensmith.modelling.refine import (
    Refined,
    band_images,
    fit_grid,
    fit_smooth,
    log_evidence,
    mask_neighbours,
    refine_for_evidence,
)
from lensmith.modelling.result import band_fits, frame_offset_of, mode_records
from lensmith.modelling.search import N_RADII, find_starts
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.unexplained import left_over_arc
from lensmith.modelling.verdict import Evidence, judge, score_gap

_SEARCH_SLOPE_SIGMA = 0.02
"""The slope is all but fixed while starting points are refined."""
_FULL_SIZE_SIDE = 64
"""Grids up to this side are searched as they are, larger ones binned 2x2."""
CONTENDERS_GAP, MAX_CONTENDERS = 12.0, 3
"""Solutions within this score of the best, and how many of them, are compared by the evidence."""
_ASSUMED = ("PSF assumed", "pixel scale assumed")
"""Notes of a reader that keep a verdict from `accept`."""


@dataclass
class _Run:
    """What the stages of one fit share: settings, limits, the solutions compared by evidence (none where one stood
    alone), and the count of evaluations."""

    settings: ModelSettings
    aligned: AlignedBands
    field_radius: float
    theta_E_range: tuple[float, float]
    contenders: tuple[Contender, ...] = ()
    n_like: int = 0

    def prior(self, slope_sigma: float):
        """Prior around the lens light."""
        a = self.aligned
        ellipticity, centre = a.lights[a.clearest].ellipticity, a.lights[0].theta[:2]
        return prior(self.settings, ellipticity, centre, a.shift_mean, a.shift_sigma, slope_sigma)

    def bounds(self):
        """Hard limits."""
        low, high = self.theta_E_range
        return bounds(low, high, self.aligned.shift_mean)


def _limits(cutout: Cutout, aligned: AlignedBands, settings: ModelSettings):
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
    radius = min(max(settings.field_radius, 3.0 * fwhm, 1.15 * (steering.theta_E_max or 0)), half * np.sqrt(2))
    return max(radius, 4 * first.pixel_scale), (low, high)


def _search(run: _Run):
    """Starting points, refined on binned pixels; best first."""
    s, a = run.settings, run.aligned
    fields = []
    for band, light in zip(a.bands, a.lights):
        coarse = (bin_band(band), light.binned()) if band.side > _FULL_SIZE_SIDE else (band, light)
        fields.append(field_band(*coarse, s, run.field_radius, s.cauchy_search))
    centres = [light.theta[:2] for light in a.lights]
    starts = find_starts(fields, centres, np.geomspace(*run.theta_E_range, N_RADII), s)
    objective = JointObjective(fields)
    ellipticity = a.lights[a.clearest].ellipticity
    vectors = [start_vector(start, ellipticity, centres[0], s.slope_mean, a.shift_mean) for start in starts]
    found = fit_starts(objective, vectors, run.prior(_SEARCH_SLOPE_SIGMA), run.bounds(), 8, 1.0)
    run.n_like += objective.n_evaluations
    return found


def _compare(run: _Run, found) -> tuple[list[Solution], JointObjective]:
    """Distinct solutions refined on all pixels, best score first."""
    s, a = run.settings, run.aligned
    fields = [field_band(b, light, s, run.field_radius, s.cauchy_search) for b, light in zip(a.bands, a.lights)]
    objective = JointObjective(fields)
    vectors = [state.theta for state in worth_refining(found, s.n_modes)]
    solutions = refine_modes(objective, vectors, run.prior(s.slope_sigma), run.bounds(), run.field_radius)
    run.n_like += objective.n_evaluations
    return _rank_by_evidence(run, solutions), objective


def _rank_by_evidence(run: _Run, solutions: list[Solution]) -> list[Solution]:
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
    limits = run.prior(s.slope_sigma), run.bounds()
    refined = [refine_for_evidence(a, solution.theta, run.field_radius, s, *limits) for solution in close]
    evidences = [log_evidence(fit) for fit in refined]
    scored = with_evidence(distinct, evidences, len(a.bands))
    run.contenders = contenders(scored[: len(close)], refined, evidences)
    return sorted(scored, key=lambda solution: -solution.score)


def _finish(run: _Run, solution: Solution, objective) -> tuple[Refined, Refined]:
    """The chosen solution with neighbours masked: the fit with the smooth source, and with the source on its grid."""
    s, a = run.settings, run.aligned
    arcs = [image for _, image in band_images(objective, solution.theta, solution.state)]
    masks = mask_neighbours(objective, solution.theta, solution.state, s)
    radius = float(np.clip(1.9 * np.exp(solution.theta[0]) + 0.4, 2.0, max(run.field_radius, 3.1)))
    smooth = fit_smooth(a, solution.theta, arcs, masks, radius, s, run.prior(s.slope_sigma), run.bounds())
    final = fit_grid(a, smooth, radius, s)
    run.n_like += smooth.objective.n_evaluations + final.objective.n_evaluations
    return smooth, final


def _evidence(run: _Run, cutout: Cutout, solutions, smooth: Refined, final: Refined, bands) -> Evidence:
    theta = final.theta
    e = float(np.hypot(*theta[2:4]))
    edge = final.bounds.at_edge(theta)[: len(CORE)]
    judged = {"log_theta_E": "theta_E", "gamma": "the slope gamma", "e1": "e1", "e2": "e2"}
    judged |= {"gamma1": "gamma1", "gamma2": "gamma2", "u_source": "the source position"}
    judged |= {"v_source": "the source position"}
    arcs = np.array([band.arc_snr for band in bands])
    chi2 = np.array([band.chi2_arc for band in bands])
    known = np.isfinite(chi2)
    return Evidence(
        theta_E=float(np.exp(theta[0])),
        theta_E_smooth=float(np.exp(smooth.theta[0])),
        q=(1 - e) / (1 + e),
        shear=float(np.hypot(*theta[6:8])),
        offset=float(np.hypot(*theta[8:10])),
        at_bound=tuple(dict.fromkeys(judged[name] for name, at in zip(CORE, edge) if at and name in judged)),
        gap=score_gap(solutions, float(np.exp(solutions[0].theta[0]))),
        parity=solutions[0].parity,
        chi2_arc=float(np.average(chi2[known], weights=arcs[known])) if known.any() else float("nan"),
        arc_snr=float(np.sqrt((arcs**2).sum())),
        field_radius=run.field_radius,
        fwhm=min(band.fwhm for band in run.aligned.bands),
        inside=solutions[0].inside,
        left_over=_left_over(run, final),
        assumed=_assumptions(cutout),
        gamma=float(theta[1]),
        slope_away=float((theta[1] - run.settings.slope_mean) / run.settings.slope_sigma),
    )


def _assumptions(cutout: Cutout) -> tuple[str, ...]:
    """What had to be assumed, one line each with the bands that it concerns."""
    out = []
    for what in _ASSUMED:
        bands = [band.name for band in cutout.bands if any(note.startswith(what) for note in band.notes)]
        if bands:
            out.append(f"{what} in {', '.join(bands)}")
    return tuple(out)


def _left_over(run: _Run, final: Refined) -> float | None:
    """Distance of an arc that the model leaves over in some band, or None."""
    images = band_images(final.objective, final.theta, final.state)
    for index, (field, (light, arcs)) in enumerate(zip(final.objective.bands, images)):
        distance = left_over_arc(field, final.objective.core(final.theta, index), light, arcs, run.settings)
        if distance is not None:
            return distance
    return None


def _diagnostics(run: _Run, bands, final: Refined, evidence: Evidence) -> dict[str, float]:
    pixels = np.array([band.mask.sum() for band in bands])
    return {
        "chi2_red": float(np.average([band.chi2_red for band in bands], weights=pixels)),
        "chi2_arc": evidence.chi2_arc,
        "arc_snr": evidence.arc_snr,
        "n_like": float(run.n_like),
        "score_gap": evidence.gap,
        "parity_positive": evidence.parity.positive,
        "parity_negative": evidence.parity.negative,
        "parity_ratio": evidence.parity.ratio,
        "theta_E_smooth": evidence.theta_E_smooth,
        "n_pixels": float(pixels.sum()),
        "n_masked": float(sum(mask.sum() for mask in final.masks)),
        "n_cosmic_rays": float(sum(band.cosmic_rays.sum() for band in run.aligned.bands)),
        "iterations": float(final.iterations),
    }


def model(cutout: Cutout, settings: ModelSettings | None = None) -> LensFit:
    """Model one candidate: EPL + external shear, a source on a grid, lens light, every band jointly.

    Parameters
    ----------
    cutout : the candidate; each band its own grid, PSF and orientation.
    settings : rules and priors; the defaults serve every instrument.

    Raises
    ------
    FitError
        if no model could be fitted.

    The method is described in docs/decisions/0003-modelling.md.
    """
    settings = settings or ModelSettings()
    clock = _Clock()
    try:
        aligned = clock("light", lambda: align(cutout, settings))
        run = _Run(settings, aligned, *_limits(cutout, aligned, settings))
        found = clock("search", lambda: _search(run))
        solutions, objective = clock("modes", lambda: _compare(run, found))
        smooth, final = clock("source", lambda: _finish(run, solutions[0], objective))
        offset = frame_offset_of(aligned)
        rng = np.random.default_rng([settings.seed, *cutout.id.encode()])
        redshifts = cutout.z_lens, cutout.z_source
        drawn = clock("posterior", lambda: posterior(final, offset, settings, rng, redshifts))
    except (np.linalg.LinAlgError, FloatingPointError) as error:
        raise FitError(f"candidate {cutout.id}: the fit broke down numerically ({error})") from error
    return _record(cutout, run, solutions, smooth, final, drawn, clock.seconds)


class _Clock:
    """Seconds of each stage."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, work):
        began = time.perf_counter()
        out = work()
        self.seconds[stage] = time.perf_counter() - began
        return out


def _record(cutout, run: _Run, solutions, smooth, final, drawn: Posterior, seconds) -> LensFit:
    bands, offset = band_fits(cutout, run.aligned, final), frame_offset_of(run.aligned)
    evidence = _evidence(run, cutout, solutions, smooth, final, bands)
    evidence = replace(evidence, assumed=(*evidence.assumed, *drawn.doubts))
    curves = drawn.curves
    return LensFit(
        id=cutout.id,
        bands=bands,
        parameters=drawn.parameters,
        draws=drawn.draws,
        critical_curves=tuple(line + offset for line in (*curves.tangential, *curves.radial)),
        caustics=tuple(line + offset for line in (*curves.tangential_caustics, *curves.radial_caustics)),
        modes=mode_records(solutions, offset),
        verdict=judge(evidence),
        diagnostics=_diagnostics(run, bands, final, evidence) | drawn.samples.diagnostics,
        timings=seconds,
        notes=(*cutout.notes, *(f"{band.name}: {note}" for band in cutout.bands for note in band.notes)),
        ra=cutout.ra,
        dec=cutout.dec,
        z_lens=cutout.z_lens,
        z_source=cutout.z_source,
        derived=drawn.derived,
        prior_decides=drawn.prior_decides,
        sampler=drawn.samples.sampler,
        chains=drawn.samples.chains,
        sample_stats=drawn.samples.stats,
        weighted_draws=drawn.weighted,
    )
