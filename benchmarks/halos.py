"""Haloes in skies: the Dark Worlds score, detection beside the likelihood ratio, pictures, calibration, null tests.

python -m benchmarks.halos                       everything on one core; writes docs/halos_numbers.md
python -m benchmarks.halos --only dark-worlds    some sections: dark-worlds, one-halo, crossfit, nulls, detection,
                                                 real-detection, pictures, real-net, calibration, reliability
python -m benchmarks.halos --share 0.1           a tenth of the skies, for a look

Sections that are not measured keep their text. The real skies are those of LENSMITH_REAL_DATA; sky-resnet18 is scored
where LENSMITH_SKY_RESNET18 names the run folder of `lensmith train sky-resnet18`.
"""

import argparse
import re
from pathlib import Path

import numpy as np

from benchmarks.halos_calibration import calibration, nulls
from benchmarks.halos_crossfit import crossfit
from benchmarks.halos_detection import detection, real_detection
from benchmarks.halos_kept import keep_in
from benchmarks.halos_pictures import pictures, real_net
from benchmarks.halos_reliability import reliable
from benchmarks.halos_skies import compiled_alike, fitted, interval_text, real_field, real_truths
from benchmarks.machine import ROOT, provenance, versions
from lensmith.metrics import bootstrap_interval
from lensmith.metrics.dark_worlds import bootstrap_scores, dark_worlds_score, sky_errors

PAGE = ROOT / "docs" / "halos_numbers.md"


def dark_worlds(share: float) -> str:
    """The competition's score with the number of haloes given."""
    truths = real_truths(share)
    for truth in sorted(truths, key=lambda t: compiled_alike(len(t.positions), len(real_field(t)))):
        fitted(truth.sky, len(truth.positions))
    done = [fitted(truth.sky, len(truth.positions)) for truth in truths]
    found, seconds = [one.points for one in done], [one.seconds for one in done]
    true, reference = [t.positions for t in truths], [t.reference for t in truths]
    score = dark_worlds_score(found, true, reference)
    spread = np.percentile(bootstrap_scores(found, true, reference), (2.5, 97.5), axis=0).T
    lines = [
        f"{len(truths)} skies, number of haloes given. F {score.F:.0f} px ({spread[1][0]:.0f} to {spread[1][1]:.0f}), "
        f"G {score.G:.3f} ({spread[2][0]:.3f} to {spread[2][1]:.3f}), metric {score.score:.3f} "
        f"({spread[0][0]:.3f} to {spread[0][1]:.3f}); 95 % bootstrap over skies. CPU seconds a sky: median "
        f"{np.median(seconds):.1f}, most {max(seconds):.1f}; the first {seconds[0]:.1f} with compilation.",
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


def one_halo(share: float) -> str:
    """The public skies of one halo alone."""
    truths = [t for t in real_truths() if len(t.positions) == 1][:: max(round(1 / share), 1)]
    done = [fitted(truth.sky, 1) for truth in truths]
    d = np.array([np.hypot(*(one.points[0] - t.positions[0])) for one, t in zip(done, truths)])
    mean, median = (
        bootstrap_interval(lambda n, score=score: float(score(np.repeat(d, n))), len(d), 1000, 0)
        for score in (np.mean, np.median)
    )
    seconds = [one.seconds for one in done]
    return (
        f"{len(d)} skies: mean distance {interval_text(mean, 0)} px, median {interval_text(median, 0)} px; 95 % "
        f"bootstrap over skies. CPU seconds a sky, compilation included: median {np.median(seconds):.1f}, most "
        f"{max(seconds):.1f} (a busy machine)."
    )


SECTIONS = {
    "dark-worlds": ("Observing Dark Worlds", dark_worlds),
    "one-halo": ("Observing Dark Worlds, skies of one halo", one_halo),
    "crossfit": ("A population from other skies", crossfit),
    "nulls": ("Null tests", nulls),
    "detection": ("Detection on simulated skies", detection),
    "real-detection": ("Detection on real skies", real_detection),
    "pictures": ("Pictures", pictures),
    "real-net": ("sky-net on real skies", real_net),
    "calibration": ("Calibration of the regions", calibration),
    "reliability": ("Reliability of P(halo)", reliable),
}


def main() -> None:
    """Measure what was asked for and put it in the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.halos")
    parser.add_argument("--only", action="append", choices=SECTIONS)
    parser.add_argument("--share", type=float, default=1.0, help="share of the skies to look at")
    parser.add_argument("--keep", type=Path, help="folder of what single skies gave: the same command goes on with it")
    parser.add_argument("--seconds", type=float, help="with --keep: CPU time after which nothing more is begun")
    options = parser.parse_args()
    keep_in(options.keep, options.seconds)
    for key in options.only or SECTIONS:
        text = SECTIONS[key][1](options.share)
        command = f"python -m benchmarks.halos --only {key}" + (
            f" --share {options.share:g}" if options.share < 1 else ""
        )
        texts = read_page()
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
