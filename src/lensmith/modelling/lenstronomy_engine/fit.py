"""One candidate through lenstronomy: prepared as for our own engine, sampled as survey pipelines do it."""

import time

import numpy as np

from lensmith.data import Cutout, LensFit
from lensmith.modelling.alignment import align
from lensmith.modelling.expectation import expectation_of
from lensmith.modelling.intervals import estimates
from lensmith.modelling.lenstronomy_engine.arcs import first_guess
from lensmith.modelling.lenstronomy_engine.arguments import arguments
from lensmith.modelling.lenstronomy_engine.convergence import convergence
from lensmith.modelling.lenstronomy_engine.images import best_images
from lensmith.modelling.lenstronomy_engine.record import band_fits, curves_of, draws_of, named_draws
from lensmith.modelling.lenstronomy_engine.sample import Chain, run_chain
from lensmith.modelling.lenstronomy_engine.verdict import judge
from lensmith.modelling.result import frame_offset_of
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.solve import limits

_EDGE = 0.01
"""A parameter within this fraction of its range of a limit is at the edge."""
_JUDGED = {"theta_E_lens0": "theta_E", "gamma_lens0": "the slope gamma", "e1_lens0": "e1", "e2_lens0": "e2"}
_JUDGED |= {"gamma1_lens1": "gamma1", "gamma2_lens1": "gamma2"}


def model_with_lenstronomy(cutout: Cutout, settings: ModelSettings | None = None, findings=None) -> LensFit:
    """Model one candidate with EPL or SIE + shear, elliptical Sersic lens light and source, all bands jointly.

    Uniform priors, particle swarm, then emcee (`ModelSettings.lenstronomy`). Centre and Einstein radius start from
    the arcs, neighbours are masked; an estimate among a network's `findings` says where to look for them and where
    ellipticity and shear start. The record is that of `lensmith.modelling.model`, the shear about the lens centre.

    Raises
    ------
    FitError
        if there are no arcs to start from, or lenstronomy gives up.
    """
    settings = settings or ModelSettings()
    chosen, began = settings.lenstronomy, time.perf_counter()
    aligned = align(cutout, settings)
    field_radius, theta_E_range = limits(cutout, aligned, settings)
    expected = expectation_of(findings)
    guess = first_guess(aligned, theta_E_range, field_radius, expected)
    given = arguments(aligned, guess, chosen, expected)
    prepared = time.perf_counter()
    chain = run_chain(given, chosen, _seed(cutout, settings))
    seconds = {"light": prepared - began, "chain": time.perf_counter() - prepared}
    curves = curves_of(chain.best, chosen.mass)
    radius = float(chain.best["kwargs_lens"][0]["theta_E"])
    ratio = curves.theta_E_eff / radius if curves.theta_E_eff > 0 else np.nan
    flat, peak = draws_of(chain), np.argmax(chain.log_likelihood)
    draws = named_draws(chain.names, flat, aligned, ratio)
    best = {name: float(values[peak]) for name, values in draws.items()}
    bands = band_fits(aligned, guess.masks, best_images(given, chain.best))
    reached = convergence(chain.samples)
    offset = frame_offset_of(aligned)
    return LensFit(
        id=cutout.id,
        bands=bands,
        parameters=estimates(best, draws, settings.systematic_floor),
        draws={name: _thinned(values, settings.n_draws) for name, values in draws.items()},
        critical_curves=tuple(line + offset for line in (*curves.tangential, *curves.radial)),
        caustics=tuple(line + offset for line in (*curves.tangential_caustics, *curves.radial_caustics)),
        modes=(),
        verdict=judge(bands, _at_edge(chain, given), radius, _fwhm(aligned), reached, _notes(cutout)),
        diagnostics=_diagnostics(bands, chain, reached),
        timings=seconds,
        engine="lenstronomy",
        notes=(*cutout.notes, *(f"{band.name}: {note}" for band in cutout.bands for note in band.notes)),
        ra=cutout.ra,
        dec=cutout.dec,
        z_lens=cutout.z_lens,
        z_source=cutout.z_source,
    )


def _seed(cutout: Cutout, settings: ModelSettings) -> int:
    return int(np.random.SeedSequence([settings.seed, *cutout.id.encode()]).generate_state(1)[0])


def _fwhm(aligned) -> float:
    return min(band.fwhm for band in aligned.bands)


def _notes(cutout: Cutout) -> list[str]:
    """What a reader had to assume keeps a verdict from `accept`."""
    notes = (f"{note} in {band.name}" for band in cutout.bands for note in band.notes)
    return [note for note in notes if note.startswith(("PSF assumed", "pixel scale assumed"))]


def _thinned(values: np.ndarray, n: int) -> np.ndarray:
    return values[np.linspace(0, len(values) - 1, min(n, len(values))).astype(int)]


def _at_edge(chain: Chain, given) -> tuple[str, ...]:
    """Parameters of the mass whose median sits at a limit of its uniform prior."""
    _, _, _, low, high = given.parameters["lens_model"]
    out = []
    for index, name in enumerate(chain.names):
        if name not in _JUDGED:
            continue
        profile, key = int(name[-1]), name.rpartition("_lens")[0]
        lower, upper = low[profile][key], high[profile][key]
        place = (np.median(chain.samples[..., index]) - lower) / (upper - lower)
        if min(place, 1 - place) < _EDGE:
            out.append(_JUDGED[name])
    return tuple(out)


def _diagnostics(bands, chain: Chain, reached) -> dict[str, float]:
    pixels = np.array([band.mask.sum() for band in bands])
    arcs = np.array([band.arc_snr for band in bands])
    chi2 = np.array([band.chi2_arc for band in bands])
    known = np.isfinite(chi2)
    return {
        "chi2_red": float(np.average([band.chi2_red for band in bands], weights=pixels)),
        "chi2_arc": float(np.average(chi2[known], weights=arcs[known])) if known.any() else float("nan"),
        "arc_snr": float(np.sqrt((arcs**2).sum())),
        "n_like": float(chain.n_like),
        "n_pixels": float(pixels.sum()),
        "r_hat": reached.r_hat,
        "ess": reached.ess,
        "autocorrelation_times": reached.lengths,
    }
