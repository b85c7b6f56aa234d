"""A candidate solved, once more in a wider field where need be, and what speaks for and against the solution."""

from dataclasses import replace

import numpy as np

from lensmith.data import Cutout, with_sharp_bands
from lensmith.metrics import at_prior
from lensmith.modelling.double_plane import add_second_source
from lensmith.modelling.drawn_neighbours import mask_drawn
from lensmith.modelling.finalists import compare_finished
from lensmith.modelling.held import hold_to_population
from lensmith.modelling.narrower import radius_in_narrower_field
from lensmith.modelling.parameters import CORE
from lensmith.modelling.refine import Refined, band_images
from lensmith.modelling.result import band_fits
from lensmith.modelling.second_source import GAIN_OF_ARC, GAIN_OF_MISFIT
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.solve import SAME_RADIUS, Run, Solved, solve, solve_wider
from lensmith.modelling.source_size import half_light_radius
from lensmith.modelling.unexplained import left_over_arc
from lensmith.modelling.verdict import (
    Evidence,
    has_source,
    has_strange_mass,
    is_doubtful,
    leaves_arcs,
    needs_wider_field,
    score_gap,
    winner_beyond,
)

_ASSUMED = ("PSF assumed", "pixel scale assumed")
"""Notes of a reader that keep a verdict from `accept`."""


def solve_sharp_bands(cutout: Cutout, settings: ModelSettings, findings=None) -> tuple[Cutout, Solved, tuple, Evidence]:
    """`solve_and_weigh` on the sharp bands, or on all where these show no lensed source.

    The first that it returns is the candidate with the bands that were fitted.
    """
    fitted = with_sharp_bands(cutout)
    solved, bands, evidence = solve_and_weigh(fitted, settings, _of_bands(fitted, cutout, findings))
    if fitted is not cutout and not has_source(evidence):
        fitted = cutout
        solved, bands, evidence = solve_and_weigh(cutout, settings, findings)
    # Last, since what is worth a second look is so whatever the finder says.
    return fitted, solved, bands, replace(evidence, p_lens=_even_p_lens(findings))


def _of_bands(fitted: Cutout, cutout: Cutout, findings):
    """Findings without what was drawn on the first band, where that is not fitted."""
    if findings is None or fitted.bands[0] is cutout.bands[0]:
        return findings
    return replace(findings, classes=None, probabilities=None)


def _even_p_lens(findings) -> float | None:
    """P(lens) among as many lenses as impostors, where a finder looked."""
    if findings is None or findings.p_lens is None:
        return None
    return float(at_prior(findings.p_lens, 0.5, before=findings.prior))


def solve_and_weigh(cutout: Cutout, settings: ModelSettings, findings=None) -> tuple[Solved, tuple, Evidence]:
    """The solution, its bands' records, and what the verdict is based on; `findings` as in `solve`."""
    first = solved = solve(cutout, settings, findings)
    bands, evidence = _weighed(cutout, solved)
    if evidence.beyond is not None:
        # Before rivals are finished: what lies outside the field spoils the solution that it belongs to.
        solved = _expected_to_change(solve_wider(cutout, solved), evidence.beyond)
        bands, evidence = _weighed(cutout, solved)
    if is_doubtful(evidence):
        solved = compare_finished(solved)
        bands, evidence = _weighed(cutout, solved)
    if needs_wider_field(evidence) and solved.run is first.run:
        solved = _expected_to_change(solve_wider(cutout, solved), evidence.beyond)
        bands, evidence = _weighed(cutout, solved)
    if leaves_arcs(evidence):
        solved, bands, evidence = _with_second_source(cutout, solved, bands, evidence)
    if has_strange_mass(evidence):
        solved = hold_to_population(solved)
        bands, evidence = _weighed(cutout, solved)
    if settings.mask_drawn:
        solved, bands, evidence = _without_drawn(cutout, solved, bands, evidence, findings)
    if solved.narrow_radius is None:
        evidence = replace(evidence, narrow_radius=_other_winner(solved))
    return solved, bands, evidence


def _weighed(cutout: Cutout, solved: Solved) -> tuple[tuple, Evidence]:
    """Records of the bands, and the evidence."""
    bands = band_fits(cutout, solved.run.aligned, solved.final)
    return bands, evidence_of(cutout, solved, bands)


def _with_second_source(cutout: Cutout, solved: Solved, bands, evidence) -> tuple[Solved, tuple, Evidence]:
    """With a second source, if that leaves nothing of what called for it; else as before."""
    twice = add_second_source(solved, GAIN_OF_MISFIT if evidence.left_over is None else GAIN_OF_ARC)
    if twice.second is not None:
        new_bands, new_evidence = _weighed(cutout, twice)
        if not leaves_arcs(new_evidence):
            return twice, new_bands, new_evidence
    return replace(solved, seconds=twice.seconds), bands, evidence


def _without_drawn(cutout: Cutout, solved: Solved, bands, evidence, findings) -> tuple[Solved, tuple, Evidence]:
    """Without the objects that a network drew, unless that raises doubts where there were none: an arc was masked."""
    masked = mask_drawn(solved, findings)
    if masked.n_drawn:
        new_bands, new_evidence = _weighed(cutout, masked)
        if is_doubtful(evidence) or not is_doubtful(new_evidence):
            return masked, new_bands, new_evidence
    return replace(solved, seconds=masked.seconds), bands, evidence


def _expected_to_change(wider: Solved, beyond: float | None) -> Solved:
    """`wider` without its objection to the first field's choice, where that field had preferred `beyond` [arcsec] too,
    and only could not see its images.
    """
    expected = beyond is not None and abs(float(np.exp(wider.final.theta[0])) / beyond - 1) < SAME_RADIUS
    return replace(wider, narrow_radius=None) if expected else wider


def _other_winner(solved: Solved) -> float | None:
    """theta_E of the solution that wins in a narrower field, if that is another one."""
    radius = radius_in_narrower_field(solved.run, solved.solutions)
    same = radius is None or abs(radius / float(np.exp(solved.solutions[0].theta[0])) - 1) < SAME_RADIUS
    return None if same else radius


def evidence_of(cutout: Cutout, solved: Solved, bands) -> Evidence:
    """What the verdict is based on; `bands` are the records of the fit's bands (`result.band_fits`)."""
    run, solutions, smooth, final = solved.run, solved.solutions, solved.smooth, solved.final
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
        other_radii=solved.other_radii,
        narrow_radius=solved.narrow_radius,
        free_radius=None if solved.free is None else float(np.exp(solved.free.theta[0])),
        second_radius=None if solved.second is None else solved.second.theta_E,
        beyond=winner_beyond(solutions, run.field_radius),
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
        source_radius=half_light_radius(final),
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


def _left_over(run: Run, final: Refined) -> float | None:
    """Distance of an arc that the model leaves over in some band, or None."""
    images = band_images(final.objective, final.theta, final.state)
    for index, (field, (light, arcs)) in enumerate(zip(final.objective.bands, images)):
        distance = left_over_arc(field, final.objective.core(final.theta, index), light, arcs, run.settings)
        if distance is not None:
            return distance
    return None


def diagnostics_of(solved: Solved, bands, evidence: Evidence) -> dict[str, float]:
    """Numbers of the fit for the catalogue."""
    run, final = solved.run, solved.final
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
        "n_modes": float(1 + len(solved.others)),
    }
