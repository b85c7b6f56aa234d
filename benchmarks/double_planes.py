"""Two sources behind one lens: how often the second is found, and what it does to the first's Einstein radius.

Simulated double-plane systems (true multi-plane, the nearer source deflects the farther), modelled as by the main job.
Rows are kept as they come, so that a measurement which is stopped goes on where it was.
"""

import json
from pathlib import Path

import numpy as np

from benchmarks.page import table
from benchmarks.verdicts import share

SURVEY, SEED = "hst-acs", 7103
"""Of the systems that are scored; those of seeds 7101 and 7102 set the rules (docs/decisions/0022)."""
_SETTINGS = {
    "side": 160,
    "cuts": {"theta_E": [0.8, 2.6], "lensed_magnitude": [19.5, 24.5], "isolation": [0.2, 1000.0]},
    "lens": {"z": {"normal": [0.25, 0.07], "min": 0.12, "max": 0.5}, "magnitude": {"normal": [17.8, 0.6]}},
    "near": {
        "z": {"normal": [0.6, 0.1], "min": 0.45, "max": 0.8},
        "magnitude": {"uniform": [22.5, 25.0]},
        "R_sersic": {"lognormal": [0.2, 0.4], "min": 0.08, "max": 0.6},
    },
    "far": {
        "z": {"normal": [2.2, 0.5], "min": 1.2, "max": 3.5},
        "magnitude": {"uniform": [23.5, 26.0]},
        "R_sersic": {"lognormal": [0.15, 0.4], "min": 0.06, "max": 0.5},
    },
    "sigma_v_near": {"normal": [100, 30], "min": 50, "max": 180},
}
"""Like SDSSJ0946+1006: sources well apart in redshift, the farther one faint."""


def measure(number: int, file: Path) -> list[dict]:
    """One row a system: truth, what modelling and verdict say of it; rows that `file` holds are kept."""
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {row["index"] for row in rows}
    for index in range(number):
        if index not in done:
            rows.append(_row(index))
            with file.open("a") as stream:
                stream.write(json.dumps(rows[-1]) + "\n")
    return [row for row in rows if row["index"] < number]


def draw(index: int, seed: int = SEED):
    """Cutout and truth of one system, its noise map and PSF exact."""
    from lensmith.data import Band, Cutout
    from lensmith.simulate import load_survey, samples

    survey = load_survey(SURVEY)
    made = next(samples("double-plane", seed, survey, _SETTINGS, index, index + 1))
    arrays, truth = ({name: values[0] for name, values in part.items()} for part in (made.arrays, made.truth))
    light = np.maximum(arrays["source"] + arrays["lens"], 0)
    bands = tuple(
        Band(
            name=band.name,
            image=arrays["image"][i],
            noise=np.sqrt(band.background_rms**2 + light[i] / band.electrons_per_unit),
            psf=band.psf_kernel(float(truth[f"fwhm_{band.name}"])),
            mask=np.ones(light[i].shape, bool),
            pixel_to_sky=band.pixel_scale * np.eye(2),
        )
        for i, band in enumerate(survey.bands)
    )
    return Cutout(f"double{index}", bands), truth


def _row(index: int) -> dict:
    from benchmarks.judged import judged

    cutout, truth = draw(index)
    names = ("theta_E_1", "theta_E_2", "theta_E_near", "scaling", "lensed_magnitude_1", "lensed_magnitude_2")
    return {"index": index, **{name: float(truth[name]) for name in names}} | judged(cutout)


def section(rows: list[dict]) -> str:
    """The tables in Markdown."""
    twice = [row for row in rows if row.get("evidence", {}).get("second_radius")]
    once = [row for row in rows if row not in twice]
    lines = [
        [name, str(len(some)), *_of_first(some), share(sum(r["verdict"] == "accept" for r in some), len(some))]
        for name, some in (("second source found", twice), ("not found", once))
    ]
    both = [abs(row["evidence"]["second_radius"] / _of_far(row) - 1) for row in twice]
    far = sum(_nearest(row) == _of_far(row) for row in rows)
    said = f"The fit is of the farther source in {far}. Second source found in {share(len(twice), len(rows))}" + (
        f", its theta_E {100 * np.median(both):.1f} % off in the median." if twice else "."
    )
    header = ("", "systems", "median error of theta_E", "over 15 % off", "accepted (95 % interval)")
    about = (
        f"{len(rows)} simulated double-plane systems as {SURVEY} sees one band of them, seed {SEED}: the farther "
        "source faint, both apart in redshift, the nearer one with a mass of its own. theta_E is "
        "counted as that of the source it is closest to, the farther one's being lens and nearer source added."
    )
    return "\n\n".join([about, table(header, lines), said])


def _of_far(row: dict) -> float:
    """Einstein radius for the farther source [arcsec], roughly: that of the lens and of the nearer source, added."""
    return row["theta_E_2"] + row["theta_E_near"]


def _nearest(row: dict) -> float:
    """The true Einstein radius that the fitted one is closest to; the first without a fit."""
    return min((row["theta_E_1"], _of_far(row)), key=lambda true: abs(row.get("fit", 0.0) - true))


def _of_first(rows) -> list[str]:
    """Median error of theta_E, and how many are far off."""
    errors = np.abs([row["fit"] / _nearest(row) - 1 for row in rows if "fit" in row])
    return [f"{100 * np.median(errors):.2f} %", str(int((errors > 0.15).sum()))] if len(errors) else ["-", "-"]
