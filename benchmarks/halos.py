"""Haloes in skies: the Dark Worlds score, detection beside the likelihood ratio, calibration, null tests.

python -m benchmarks.halos                       everything on one core; writes docs/halos_numbers.md
python -m benchmarks.halos --only dark-worlds    one section: dark-worlds, detection, real-detection, calibration, nulls
python -m benchmarks.halos --share 0.1           a tenth of the skies, for a look

Sections that are not measured keep their text. The real skies are those of LENSMITH_REAL_DATA.
"""

import argparse
import os
import re
import time
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, provenance, versions
from lensmith.data.dark_worlds import read_true_haloes
from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.sky_tables import read_sky_table
from lensmith.halos import Effort, infer, least_distance, load_prior
from lensmith.halos.aperture import filter_bank
from lensmith.halos.estimate import radii
from lensmith.halos.null_tests import peak_test
from lensmith.halos.one_halo import shape_nodes
from lensmith.metrics import bootstrap_interval, reliability, roc_auc, wilson_interval
from lensmith.metrics.dark_worlds import bootstrap_scores, dark_worlds_score, match_haloes, sky_errors
from lensmith.physics.weak_lensing import SHEAR_LAWS, halo_ellipticity, reduced_shear
from lensmith.simulate.sky import SkySettings
from lensmith.simulate.sky.catalogue import draw_sky

PAGE = ROOT / "docs" / "halos_numbers.md"
SIDE = 4200.0
PRIOR = load_prior("dark-worlds")
COUNTS = (530, 267, 134)
GRID = 40
PROFILE = (0.118, 1110.0)
"""Amplitude and scale [px] of the halo that is in all skies: the middle of the commoner kind of Dark Worlds haloes."""

SEED = 2024


# ---------------------------------------------------------------- the 180 real skies


def real_folder() -> Path:
    """The folder of the public skies."""
    return Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real")) / "dark_worlds"


def dark_worlds(share: float) -> str:
    """The competition's score with the number of haloes given."""
    truths = list(read_true_haloes(real_folder() / "halos.csv").values())[:: max(round(1 / share), 1)]
    found, seconds = [], []
    for truth in truths:
        field = read_sky_table(real_folder() / f"Training_{truth.sky}.csv")
        started = time.process_time()
        posterior = infer(field, PRIOR, most=len(truth.positions))[len(truth.positions)]
        found.append(least_distance(posterior.haloes[..., :2])[0])
        seconds.append(time.process_time() - started)
    true, reference = [t.positions for t in truths], [t.reference for t in truths]
    score = dark_worlds_score(found, true, reference)
    spread = np.percentile(bootstrap_scores(found, true, reference), (2.5, 97.5), axis=0).T
    lines = [
        f"{len(truths)} skies, number of haloes given. F {score.F:.0f} px ({spread[1][0]:.0f} to {spread[1][1]:.0f}), "
        f"G {score.G:.3f} ({spread[2][0]:.3f} to {spread[2][1]:.3f}), metric {score.score:.3f} "
        f"({spread[0][0]:.3f} to {spread[0][1]:.3f}); 95 % bootstrap over skies. CPU seconds a sky: median "
        f"{np.median(seconds):.1f}, the first {seconds[0]:.1f} with compilation.",
        "",
        "| haloes | skies | mean distance | median |",
        "| --- | ---: | ---: | ---: |",
    ]
    for count in (1, 2, 3):
        sky = [k for k in range(len(truths)) if len(true[k]) == count]
        if sky:
            d = np.concatenate([sky_errors(found[k], true[k], reference[k])[0] for k in sky])
            lines.append(f"| {count} | {len(sky)} | {d.mean():.0f} px | {np.median(d):.0f} px |")
    return "\n".join(lines)


# ---------------------------------------------------------------- detection, one halo against none


def centres(side: int = GRID) -> np.ndarray:
    """Positions that a halo may have: ``[position, 2]`` [px]."""
    along = (np.arange(side) + 0.5) / side * SIDE
    return np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)


class Templates:
    """Ellipticities that a halo at each position gives the galaxies at `x`, `y`: one look-up a profile, to 1e-3."""

    grid = np.linspace(np.log(1e-4), np.log(1e4), 20_000)

    def __init__(self, x: np.ndarray, y: np.ndarray):
        places = centres()
        dx, dy = x[None] - places[:, :1], y[None] - places[:, 1:]
        square = dx * dx + dy * dy
        self.per_unit = 1 / (self.grid[1] - self.grid[0])
        self.place = ((0.5 * np.log(square) - self.grid[0]) * self.per_unit).astype(np.float32)
        self.tangential = np.concatenate([-(dx * dx - dy * dy) / square, -2 * dx * dy / square], axis=1)
        self.tangential = self.tangential.astype(np.float32)

    def of(self, amplitude: float, scale: float) -> np.ndarray:
        """A halo's ellipticities: float32 ``[position, 2 * galaxy]``."""
        kappa, gamma = UNIT_LAW
        law = reduced_shear(amplitude * kappa, amplitude * gamma).astype(np.float32)
        place = (self.place - np.float32(np.log(scale) * self.per_unit - 0.5)).astype(np.int32)
        g = law.take(place, mode="clip")
        out = self.tangential.copy()
        out[:, : g.shape[1]] *= g
        out[:, g.shape[1] :] *= g
        return out


UNIT_LAW = SHEAR_LAWS[PRIOR.law](np.exp(Templates.grid))
"""kappa and gamma for unit amplitude at the nodes of `Templates.grid`."""


def log_mean_exp(values: np.ndarray, axis: int) -> np.ndarray:
    """ln of the mean of exp."""
    top = values.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(values - top).mean(axis=axis))


def evidence(templates: Templates, e: np.ndarray) -> np.ndarray:
    """ln evidence of one halo over none, of skies `e` ``[2 * galaxy, sky]`` with shared galaxy positions.

    The grid of `halos.one_halo`, with the likelihood of `halos.likelihood`, for many skies at once.
    """
    nodes, _, masses = shape_nodes(PRIOR.mixture(0))
    a, b = PRIOR.shape_noise_strength, PRIOR.shape_noise_strength * PRIOR.shape_noise**2
    square = (e**2).sum(axis=0)
    shares = np.exp(masses - masses.max())
    total = []
    for node, mass in zip(nodes, np.log(shares / shares.sum())):
        g = templates.of(float(np.exp(node[0])), float(np.exp(node[1])) * SIDE)
        chi2 = square - 2 * g @ e + (g**2).sum(axis=1)[:, None]
        log_l = -(a + len(e) / 2) * (np.log1p(chi2 / (2 * b)) - np.log1p(square / (2 * b)))
        total.append(mass + log_mean_exp(log_l, axis=0))
    total = np.array(total)
    return total.max(axis=0) + np.log(np.exp(total - total.max(axis=0)).sum(axis=0))


def aperture_peak(x, y, e: np.ndarray) -> np.ndarray:
    """Highest S/N of the aperture mass of each sky."""
    n = len(x)
    field = GalaxyField("sky", x, y, np.full(n, 0.1), np.zeros(n), extent=(0, SIDE, 0, SIDE))
    bank = filter_bank(field, "aperture_mass", GRID)
    return bank.signal_to_noise((e[:n] + 1j * e[n:]).astype(np.complex64)).max(axis=(1, 2))


def simulated_detection(n: int, skies: int, rng: np.random.Generator, profile=None, noise: float = 0.21, batch=100):
    """Truth and scores (likelihood ratio with known profile, ours, aperture mass) of skies of `n` galaxies.

    Haloes are those of the population, each sky's own profile known to the likelihood ratio; or all are `profile`.
    """
    truth, scores = [], []
    for _ in range(max(skies // (2 * batch), 1)):
        x, y = rng.random((2, n)) * SIDE
        templates = Templates(x, y)
        shape = np.exp(PRIOR.mixture(0).draw(rng, batch)) * np.array([1, SIDE])
        if profile is not None:
            shape[:] = profile
        place = rng.random((batch, 2)) * SIDE
        e = (noise * rng.standard_normal((2 * n, 2 * batch))).astype(np.float32)
        known = np.empty(2 * batch)
        for k in range(batch):
            e[:, k] += np.concatenate(halo_ellipticity(PRIOR.law, x, y, *place[k], *shape[k]))
            g = templates.of(*shape[k])
            pair = [k, batch + k]
            log_ratio = (g @ e[:, pair] - 0.5 * (g**2).sum(axis=1)[:, None]) / noise**2
            known[pair] = log_mean_exp(log_ratio, axis=0)
        truth.append(np.arange(2 * batch) < batch)
        scores.append((known, evidence(templates, e), aperture_peak(x, y, e)))
    return np.concatenate(truth), np.concatenate(scores, axis=1)


def auc_text(truth: np.ndarray, score: np.ndarray) -> str:
    """AUC with its 95 % bootstrap interval."""
    found = bootstrap_interval(
        lambda count: roc_auc(np.repeat(truth, count), np.repeat(score, count)), len(truth), 200, SEED
    )
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def detection(share: float) -> str:
    """One halo against none, 2,000 skies: haloes of one profile, and of the Dark Worlds population."""
    rng = np.random.default_rng(SEED)
    lines = [
        f"{round(2000 * share)} simulated skies a row, half with a halo: AUC. Haloes are of one profile (NFW, "
        f"kappa_s {PROFILE[0]}, r_s {PROFILE[1]:.0f} px), known to the likelihood ratio and not to lensmith; or of "
        "the Dark Worlds population, the likelihood ratio told the profile of each sky, also of those without halo.",
        "",
        "| haloes | galaxies | likelihood ratio, profile known | ln evidence (ours) | difference | aperture mass |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    reliable = []
    for n, (what, profile) in product(COUNTS, (("one profile", PROFILE), ("population", None))):
        truth, scores = simulated_detection(n, round(2000 * share), rng, profile)
        gap = roc_auc(truth, scores[1]) - roc_auc(truth, scores[0])
        lines.append(
            f"| {what} | {n} | {auc_text(truth, scores[0])} | {auc_text(truth, scores[1])} | {gap:+.4f} | "
            f"{auc_text(truth, scores[2])} |"
        )
        if profile is not None:
            continue
        found = reliability(1 / (1 + np.exp(-scores[1])), truth, 8)
        reliable.append(
            f"| {n} | " + " | ".join(f"{p:.2f} / {q:.2f}" for p, q in zip(found.confidence, found.correct)) + " |"
        )
    head = ["", "P(halo) at even odds / share that has one, in eighths of the skies of the population:", ""]
    return "\n".join([*lines, *head, "| galaxies |" + " |" * 8, "| --- |" + " ---: |" * 8, *reliable])


def real_detection(share: float) -> str:
    """The real one-halo skies against the same galaxies turned at random, thinned to fewer galaxies."""
    rng = np.random.default_rng(SEED)
    skies = [t for t in read_true_haloes(real_folder() / "halos.csv").values() if len(t.positions) == 1]
    skies = skies[:: max(round(1 / share), 1)]
    lines = [
        f"{len(skies)} real one-halo skies against the same galaxies turned at random (10 times each): AUC.",
        "",
        "| galaxies (mean) | ln evidence (ours) | aperture mass |",
        "| --- | ---: | ---: |",
    ]
    for part in (1, 2, 4):
        truth, scores, sizes = [], [], []
        for sky in skies:
            field = read_sky_table(real_folder() / f"Training_{sky.sky}.csv")
            keep = rng.permutation(len(field))[: len(field) // part]
            x, y, e = field.x[keep], field.y[keep], field.e1[keep] + 1j * field.e2[keep]
            turned = e[:, None] * np.exp(2j * np.pi * rng.random((len(e), 10)))
            every = np.concatenate([e[:, None], turned], axis=1)
            shapes = np.concatenate([every.real, every.imag]).astype(np.float32)
            truth.append(np.arange(11) == 0)
            scores.append((evidence(Templates(x, y), shapes), aperture_peak(x, y, shapes)))
            sizes.append(len(e))
        truth, scores = np.concatenate(truth), np.concatenate(scores, axis=1)
        lines.append(f"| {np.mean(sizes):.0f} | {auc_text(truth, scores[0])} | {auc_text(truth, scores[1])} |")
    return "\n".join(lines)


# ---------------------------------------------------------------- calibration and null tests


def calibration(share: float) -> str:
    """Regions that hold 68 and 95 % over simulated skies of 1, 2 and 3 haloes, their number given."""
    from lensmith.simulate.distributions import Choice

    settings, inside = SkySettings(n_haloes=Choice(choice=(1, 2, 3))), []
    for index in range(round(300 * share)):
        catalogue, haloes, _ = draw_sky(SEED, index, settings)
        field = GalaxyField("sky", *catalogue.T, extent=(0, SIDE, 0, SIDE))
        draws = infer(field, PRIOR, most=len(haloes), effort=Effort())[len(haloes)].haloes[..., :2]
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
        cells = []
        for column in (1, 2):
            w = wilson_interval(int(rows[:, column].sum()), len(rows))
            cells.append(f"{100 * w.value:.1f} % ({100 * w.low:.1f} to {100 * w.high:.1f})")
        lines.append(
            f"| {count or 'all'} | {' | '.join(cells)} | {rows[:, 3].mean():.0f} px | {rows[:, 4].mean():.0f} px |"
        )
    return "\n".join(lines)


def nulls(share: float) -> str:
    """Peaks of shapes turned by 45 degrees and of skies without halo, at a false-alarm rate of 5 %."""
    from lensmith.halos.aperture import grid_axes

    truths = list(read_true_haloes(real_folder() / "halos.csv").values())[:: max(round(1 / share), 1)]
    fields = [read_sky_table(real_folder() / f"Training_{t.sky}.csv") for t in truths]
    empty = SkySettings(n_haloes=0)
    blank = [GalaxyField("sky", *draw_sky(SEED, k, empty)[0].T, extent=(0, SIDE, 0, SIDE)) for k in range(len(fields))]
    lines = ["| filter | skies | peaks with a false-alarm rate below 5 % |", "| --- | --- | ---: |"]
    for name in ("aperture_mass", "matched_filter"):
        tests = {
            "real skies": [peak_test(f, filter_bank(f, name, 32), grid_axes(f, 32)) for f in fields],
            "simulated skies without halo": [peak_test(f, filter_bank(f, name, 32), grid_axes(f, 32)) for f in blank],
        }
        for what, done in tests.items():
            rows = {what: [t.false_alarm < 0.05 for t in done]}
            rows[f"{what}, shapes turned by 45 degrees"] = [t.b_false_alarm < 0.05 for t in done]
            for label, hits in rows.items():
                w = wilson_interval(sum(hits), len(hits))
                lines.append(
                    f"| {name.replace('_', ' ')} | {label} | "
                    f"{100 * w.value:.1f} % ({100 * w.low:.1f} to {100 * w.high:.1f}) |"
                )
    return "\n".join(lines)


# ---------------------------------------------------------------- the page

SECTIONS = {
    "dark-worlds": ("Observing Dark Worlds", dark_worlds),
    "detection": ("Detection on simulated skies", detection),
    "real-detection": ("Detection on real skies", real_detection),
    "calibration": ("Calibration of the regions", calibration),
    "nulls": ("Null tests", nulls),
}


def main() -> None:
    """Measure what was asked for and put it in the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.halos")
    parser.add_argument("--only", action="append", choices=SECTIONS)
    parser.add_argument("--share", type=float, default=1.0, help="share of the skies to look at")
    options = parser.parse_args()
    texts = read_page()
    for key in options.only or SECTIONS:
        text = SECTIONS[key][1](options.share)
        command = f"python -m benchmarks.halos --only {key}" + (
            f" --share {options.share:g}" if options.share < 1 else ""
        )
        texts[key] = f"{text}\n\n{provenance(command, versions(('lensmith', 'jax', 'numpy')))}"
        print(f"## {SECTIONS[key][0]}\n\n{texts[key]}\n", flush=True)
        write_page(texts)


def read_page() -> dict[str, str]:
    """The sections that the page holds."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    found = re.finditer(r"<!-- ([\w-]+) -->\n(.*?)\n<!-- end of \1 -->", text, re.DOTALL)
    return {match[1]: match[2] for match in found}


def write_page(texts: dict[str, str]) -> None:
    """Write the page with all sections that are known."""
    parts = ["# Haloes in skies: numbers\n\nWritten by `python -m benchmarks.halos`; do not edit.\n"]
    for key, (title, _) in SECTIONS.items():
        parts.append(f"## {title}\n\n<!-- {key} -->\n{texts.get(key, 'Not measured yet.')}\n<!-- end of {key} -->\n")
    PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
