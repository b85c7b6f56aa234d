"""All that is said of one sky: number of haloes, where they are and how sure that is, maps, and the classical tests."""

from dataclasses import dataclass

import numpy as np

from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos.aperture import FILTERS, filter_bank, grid_axes
from lensmith.halos.estimate import least_distance, pair_draws, radii
from lensmith.halos.inference import MOST, Effort, Posterior, infer, number_probabilities
from lensmith.halos.mass_map import kaiser_squires
from lensmith.halos.null_tests import PeakTest, peak_test
from lensmith.halos.priors import HaloPrior
from lensmith.halos.residual import residual_shapes
from lensmith.physics.weak_lensing import halo_ellipticity

MAP_SIDE = 64
"""Pixels of the maps along the longer side."""


@dataclass(frozen=True, eq=False)
class FoundHalo:
    """One halo: point estimate, radii that hold 68 and 95 %, and 16th, 50th, 84th percentile of what it is.

    `probability` that there are at least this many haloes (haloes go from high to low S/N); `snr` of its shear.
    """

    x: float
    y: float
    r68: float
    r95: float
    amplitude: tuple[float, float, float]
    scale: tuple[float, float, float]
    probability: float
    snr: float


@dataclass(frozen=True, eq=False)
class SkyResult:
    """One sky, looked at.

    Attributes
    ----------
    probabilities : of 0 to 3 haloes ``[4]`` (all on one number where that was given).
    expected_distance : mean distance of the haloes from their estimates that the posterior expects; None for none.
    peaks : tests of the highest peak by filter.
    maps : ``[row, column]`` by name: KAPPA, KAPPA_B, one of S/N a filter, and HALOES, the density of halo positions.
    """

    field: GalaxyField
    haloes: tuple[FoundHalo, ...]
    probabilities: np.ndarray
    log_evidence: tuple[float, ...]
    expected_distance: float | None
    peaks: dict[str, PeakTest]
    maps: dict[str, np.ndarray]


def analyse_sky(
    field: GalaxyField,
    prior: HaloPrior,
    halos: int | None = None,
    seed: int = 0,
    effort: Effort | None = None,
    classical: bool = True,
) -> SkyResult:
    """Look for haloes in a sky: `halos` of them if given, else as many as are most probable."""
    found = infer(field, prior, most=MOST if halos is None else halos, seed=seed, effort=effort)
    if halos is None:
        probabilities = number_probabilities(found, prior)
        count = int(np.argmax(probabilities))
    else:
        probabilities, count = np.eye(MOST + 1)[halos], halos
    haloes, expected = ((), None) if count == 0 else _haloes(field, found[count], prior, probabilities, seed)
    peaks, maps = {}, {}
    if classical:
        peaks, maps = _classical(field, residual_shapes(field, found, probabilities, prior.law), seed)
    maps["HALOES"] = _density(field, found[max(count, 1)])
    evidence = tuple(found[k].log_evidence for k in sorted(found))
    return SkyResult(field, haloes, probabilities, evidence, expected, peaks, maps)


def _haloes(field, posterior: Posterior, prior: HaloPrior, probabilities, seed: int):
    draws = posterior.haloes
    points, expected = least_distance(draws[..., :2], seed)
    order = pair_draws(draws[..., :2], points)
    paired = np.take_along_axis(draws, order[..., None], axis=1)
    region = radii(draws[..., :2], points)
    snr = shear_snr(field, paired, prior.law)
    ranks = np.argsort(-snr)
    at_least = np.cumsum(probabilities[::-1])[::-1]
    percentiles = np.percentile(paired[..., 2:], (16, 50, 84), axis=0)
    haloes = tuple(
        FoundHalo(
            *(float(v) for v in (*points[k], *region[k])),
            tuple(float(v) for v in percentiles[:, k, 0]),
            tuple(float(v) for v in percentiles[:, k, 1]),
            float(at_least[place + 1]),
            float(snr[k]),
        )
        for place, k in enumerate(ranks)
    )
    return haloes, expected


def shear_snr(field: GalaxyField, draws: np.ndarray, law: str, most: int = 100) -> np.ndarray:
    """S/N of each halo's shear with the others taken out, mean over draws ``[draw, halo, 4]``: ``[halo]``."""
    e = np.stack([field.e1, field.e2])
    weight = field.weight / field.weight.mean()
    totals = []
    for haloes in draws[:: max(len(draws) // most, 1)]:
        each = np.array([halo_ellipticity(law, field.x, field.y, *halo) for halo in haloes])
        rest = e - each.sum(axis=0)
        noise = np.sqrt((weight * rest**2).sum() / (2 * weight.sum()))
        power = (weight * each**2).sum(axis=(1, 2))
        totals.append((weight * (rest + each) * each).sum(axis=(1, 2)) / (noise * np.sqrt(power) + 1e-30))
    return np.mean(totals, axis=0)


def _classical(
    field: GalaxyField, residual: np.ndarray, seed: int
) -> tuple[dict[str, PeakTest], dict[str, np.ndarray]]:
    axes = grid_axes(field, MAP_SIDE)
    kappa, kappa_b = kaiser_squires(field, MAP_SIDE)
    peaks, maps = {}, {"KAPPA": kappa, "KAPPA_B": kappa_b}
    e = (field.e1 + 1j * field.e2).astype(np.complex64)
    for name in FILTERS:
        bank = filter_bank(field, name, MAP_SIDE)
        peaks[name] = peak_test(field, bank, axes, seed, residual=residual)
        maps[f"{name.upper()}_SN"] = bank.signal_to_noise(e)
    return peaks, maps


def _density(field: GalaxyField, posterior: Posterior) -> np.ndarray:
    """Halo positions of the draws, as the expected number of haloes in each map pixel."""
    x, y = grid_axes(field, MAP_SIDE)
    left, right, bottom, top = field.extent
    points = posterior.haloes[..., :2].reshape(-1, 2)
    counts, *_ = np.histogram2d(points[:, 1], points[:, 0], bins=(len(y), len(x)), range=((bottom, top), (left, right)))
    return counts / len(posterior.haloes)
