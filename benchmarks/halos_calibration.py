"""Whether regions hold what they say, and whether nothing is found where no halo can be."""

import numpy as np

from benchmarks.halos_detection import Templates, as_columns, evidence
from benchmarks.halos_kept import kept
from benchmarks.halos_skies import PRIOR, SEED, SIDE, compiled_alike, fitted, real_truths, share_text
from lensmith.data.galaxy_field import GalaxyField
from lensmith.halos import infer, least_distance
from lensmith.halos.aperture import filter_bank, grid_axes
from lensmith.halos.estimate import radii
from lensmith.halos.null_tests import peak_test
from lensmith.metrics.dark_worlds import match_haloes
from lensmith.simulate.distributions import Choice
from lensmith.simulate.sky import SkySettings
from lensmith.simulate.sky.catalogue import draw_sky

_MAP = 32
DETECTORS = ("aperture mass", "matched filter", "evidence of a halo")
RATE = 0.05
"""False-alarm rate that the null tests state."""


def calibration(share: float) -> str:
    """Regions that hold 68 and 95 % over simulated skies of 1, 2 and 3 haloes, their number given."""
    settings = SkySettings(n_haloes=Choice(choice=(1, 2, 3)))
    drawn = {k: draw_sky(SEED, k, settings) for k in range(round(300 * share))}
    order = sorted(drawn, key=lambda k: compiled_alike(len(drawn[k][1]), len(drawn[k][0])))
    rows = [kept(f"calibration/{k}", lambda k=k: _regions(*drawn[k][:2])) for k in order]
    found = np.concatenate([row["haloes"] for row in rows])
    lines = [
        f"{round(300 * share)} simulated skies of 1, 2 or 3 haloes, {len(found)} haloes: share inside the "
        "regions, with 95 % Wilson intervals; distances as they came out and as the posterior expected them.",
        "",
        "| haloes | 68 % region | 95 % region | mean distance | expected |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for count in (1, 2, 3, 0):
        rows = found if count == 0 else found[found[:, 0] == count]
        cells = [share_text(int(rows[:, column].sum()), len(rows)) for column in (1, 2)]
        lines.append(
            f"| {count or 'all'} | {' | '.join(cells)} | {rows[:, 3].mean():.0f} px | {rows[:, 4].mean():.0f} px |"
        )
    return "\n".join(lines)


def _regions(catalogue: np.ndarray, haloes: np.ndarray) -> dict:
    """Of each halo of a simulated sky: their number, inside 68 %, inside 95 %, distance, expected distance."""
    field = GalaxyField("sky", *catalogue.T, extent=(0, SIDE, 0, SIDE))
    draws = infer(field, PRIOR, most=len(haloes))[len(haloes)].haloes[..., :2]
    points, expected = least_distance(draws)
    off = np.hypot(*(match_haloes(haloes[:, :2], points) - points).T)
    inside = [(len(haloes), d <= r[0], d <= r[1], d, expected) for d, r in zip(off, radii(draws, points))]
    return {"haloes": np.array(inside, float)}


def nulls(share: float) -> str:
    """Skies, what haloes leave of them turned by 45 degrees, and skies without halo, at a false-alarm rate of 5 %."""
    truths, empty = real_truths(share), SkySettings(n_haloes=0)
    real = [kept(f"nulls/{t.sky}", lambda t=t: _real_alarms(t)) for t in truths]
    none = [kept(f"nulls/none-{k}", lambda k=k: _empty_alarms(k, empty)) for k in range(len(truths))]
    lines = [
        f"{len(real)} real skies (1 to 3 haloes, their number given) and as many simulated ones without halo, at a "
        f"stated false-alarm rate of {100 * RATE:.0f} %: share of skies that alarm. Peaks alarm where fewer than 5 % "
        "of shuffled skies have one as high; evidence where it is above 20, which by Markov's inequality at most 5 % "
        "of skies without halo are. What is turned by 45 degrees is what the fitted haloes leave of the shapes.",
        "",
        "| detector | skies | alarms |",
        "| --- | --- | ---: |",
    ]
    for detector in DETECTORS:
        for skies, rows in (("real skies", real), ("simulated skies without halo", none)):
            for turned in ("", ", turned by 45 degrees"):
                if detector == "evidence of a halo" and rows is real and not turned:
                    continue
                alarms = sum(bool(row[detector + turned]) for row in rows)
                lines.append(f"| {detector} | {skies}{turned} | {share_text(alarms, len(rows))} |")
    return "\n".join(lines)


def _real_alarms(truth) -> dict:
    one = fitted(truth.sky, len(truth.positions))
    return _alarms(one.field, one.rest)


def _empty_alarms(index: int, settings: SkySettings) -> dict:
    catalogue = draw_sky(SEED, index, settings)[0]
    return _alarms(GalaxyField("sky", *catalogue.T, extent=(0, SIDE, 0, SIDE)), None)


def _alarms(field: GalaxyField, rest: np.ndarray | None) -> dict:
    """Whether each detector alarms, on the sky and on what its haloes leave turned by 45 degrees (times i)."""
    found, e = {}, field.e1 + 1j * field.e2
    for detector in DETECTORS[:2]:
        bank = filter_bank(field, detector.replace(" ", "_"), _MAP)
        test = peak_test(field, bank, grid_axes(field, _MAP), residual=rest)
        found[detector] = test.false_alarm < RATE
        found[f"{detector}, turned by 45 degrees"] = test.b_false_alarm < RATE
    shapes = np.stack([e, 1j * (e if rest is None else rest)], axis=1)
    ratio = evidence(Templates(field.x, field.y), as_columns(shapes))
    found[DETECTORS[2]], found[f"{DETECTORS[2]}, turned by 45 degrees"] = ratio > -np.log(RATE)
    return found
