"""The model of one candidate, from its pixels alone."""

from dataclasses import replace

import numpy as np

from lensmith.data import Cutout, LensFit
from lensmith.modelling.held import mass_in_words
from lensmith.modelling.judged import diagnostics_of, solve_sharp_bands
from lensmith.modelling.posterior import Posterior, posterior
from lensmith.modelling.result import frame_offset_of, mode_records
from lensmith.modelling.second_source import second_source_estimates
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.solve import Clock, Solved, broke_down
from lensmith.modelling.verdict import Evidence, judge


def model(cutout: Cutout, settings: ModelSettings | None = None, findings=None) -> LensFit:
    """Model one candidate: EPL + external shear, a source on a grid, lens light, the sharp bands jointly.

    Parameters
    ----------
    cutout : the candidate; each band its own grid, PSF and orientation. Bands much more blurred than the sharpest
        (`with_sharp_bands`) are left out, unless the sharp ones show no lensed source.
    settings : rules and priors; the defaults serve every instrument.
    findings : what networks said of it (`lensmith.data.Findings`), or None: where to search, and a prior of theta_E for
        the choice between solutions.

    Raises
    ------
    FitError
        if no model could be fitted.

    The method is described in docs/decisions/0003-modelling.md.
    """
    settings = settings or ModelSettings()
    cutout, solved, bands, evidence = solve_sharp_bands(cutout, settings, findings)
    offset = frame_offset_of(solved.run.aligned)
    rng = np.random.default_rng([settings.seed, *cutout.id.encode()])
    redshifts, clock = (cutout.z_lens, cutout.z_source), Clock()
    try:
        draw = lambda: posterior(solved.final, offset, settings, rng, redshifts, solved.others)
        drawn = clock("posterior", draw)
        if solved.second is not None:
            more = second_source_estimates(solved.second, offset, settings, rng)
            drawn = replace(drawn, derived=drawn.derived | more)
    except (np.linalg.LinAlgError, FloatingPointError) as error:
        raise broke_down(cutout, error) from error
    evidence = replace(evidence, assumed=(*evidence.assumed, *drawn.doubts))
    return _record(cutout, solved, bands, evidence, drawn, solved.seconds | clock.seconds)


def _record(cutout: Cutout, solved: Solved, bands, evidence: Evidence, drawn: Posterior, seconds) -> LensFit:
    curves, offset = drawn.curves, frame_offset_of(solved.run.aligned)
    return LensFit(
        id=cutout.id,
        bands=bands,
        parameters=drawn.parameters,
        draws=drawn.draws,
        critical_curves=tuple(line + offset for line in (*curves.tangential, *curves.radial)),
        caustics=tuple(line + offset for line in (*curves.tangential_caustics, *curves.radial_caustics)),
        modes=mode_records(solved.solutions, offset),
        verdict=judge(evidence),
        diagnostics=diagnostics_of(solved, bands, evidence) | drawn.diagnostics,
        timings=seconds,
        notes=(*_notes(cutout), *_how_held(solved), *_how_many_sources(solved), *_what_was_drawn(solved)),
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


def _notes(cutout: Cutout) -> tuple[str, ...]:
    return (*cutout.notes, *(f"{band.name}: {note}" for band in cutout.bands for note in band.notes))


def _how_held(solved: Solved) -> tuple[str, ...]:
    """What the reader of a mass must know where its prior has decided."""
    if solved.free is None:
        return ()
    return (f"the mass is held to that of lens galaxies; left free the fit has {mass_in_words(solved.free)}",)


def _how_many_sources(solved: Solved) -> tuple[str, ...]:
    if solved.second is None:
        return ()
    radius = solved.second.theta_E
    return (f"a second source lies behind the first: theta_E {radius:.2f} arcsec, of lens and first source together",)


def _what_was_drawn(solved: Solved) -> tuple[str, ...]:
    """Whether the segmenter's drawing has masked pixels."""
    return (f"masked as other objects that the segmenter drew: {solved.n_drawn} pixels",) if solved.n_drawn else ()
