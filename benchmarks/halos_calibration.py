"""Whether regions hold what they say, and whether nothing is found where no halo can be."""

import numpy as np

from benchmarks.halos_detection import Templates, as_columns, evidence
from benchmarks.halos_skies import PRIOR, SEED, SIDE, fitted, real_truths, share_text
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
RATE = 0.05
"""False-alarm rate that the null tests state."""


def calibration(share: float) -> str:
    """Regions that hold 68 and 95 % over simulated skies of 1, 2 and 3 haloes, their number given."""
    settings, inside = SkySettings(n_haloes=Choice(choice=(1, 2, 3))), []
    for index in range(round(300 * share)):
        catalogue, haloes, _ = draw_sky(SEED, index, settings)
        field = GalaxyField("sky", *catalogue.T, extent=(0, SIDE, 0, SIDE))
        draws = infer(field, PRIOR, most=len(haloes))[len(haloes)].haloes[..., :2]
        points, expected = least_distance(draws)
        matched = match_haloes(haloes[:, :2], points)
        off = np.hypot(*(matched - points).T)
        inside += [(len(haloes), d <= r[0], d <= r[1], d, expected) for d, r in zip(off, radii(draws, points))]
    found = np.array(inside, float)
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


def nulls(share: float) -> str:
    """Skies, what haloes leave of them turned by 45 degrees, and skies without halo, at a false-alarm rate of 5 %."""
    real = [fitted(truth.sky, len(truth.positions)) for truth in real_truths(share)]
    empty = SkySettings(n_haloes=0)
    blank = [GalaxyField("sky", *draw_sky(SEED, k, empty)[0].T, extent=(0, SIDE, 0, SIDE)) for k in range(len(real))]
    lines = [
        f"{len(real)} real skies (1 to 3 haloes, their number given) and as many simulated ones without halo, at a "
        f"stated false-alarm rate of {100 * RATE:.0f} %: share of skies that alarm. Peaks alarm where fewer than 5 % "
        "of shuffled skies have one as high; evidence where it is above 20, which by Markov's inequality at most 5 % "
        "of skies without halo are. What is turned by 45 degrees is what the fitted haloes leave of the shapes.",
        "",
        "| detector | skies | alarms |",
        "| --- | --- | ---: |",
    ]
    for name in ("aperture_mass", "matched_filter"):
        done = [_tested(one.field, name, one.rest) for one in real]
        none = [_tested(field, name, None) for field in blank]
        for skies, tests in (("real", done), ("none", none)):
            for turned in (False, True):
                alarms = sum((t.b_false_alarm if turned else t.false_alarm) < RATE for t in tests)
                lines.append(_line(name.replace("_", " "), skies, turned, alarms, len(tests)))
    turned = sum(_alarms(one.field, 1j * one.rest) for one in real)
    lines.append(_line("evidence of a halo", "real", True, turned, len(real)))
    for flag in (False, True):
        alarms = sum(_alarms(f, (1j if flag else 1) * (f.e1 + 1j * f.e2)) for f in blank)
        lines.append(_line("evidence of a halo", "none", flag, alarms, len(blank)))
    return "\n".join(lines)


def _tested(field: GalaxyField, name: str, rest: np.ndarray | None):
    return peak_test(field, filter_bank(field, name, _MAP), grid_axes(field, _MAP), residual=rest)


def _alarms(field: GalaxyField, e: np.ndarray) -> bool:
    """Whether shapes `e` have an evidence of one halo above 1 / RATE. Turning by 45 degrees multiplies them by i."""
    return bool(evidence(Templates(field.x, field.y), as_columns(e[:, None]))[0] > -np.log(RATE))


def _line(detector: str, skies: str, turned: bool, alarms: int, of: int) -> str:
    what = {"real": "real skies", "none": "simulated skies without halo"}[skies]
    return f"| {detector} | {what}{', turned by 45 degrees' if turned else ''} | {share_text(alarms, of)} |"
