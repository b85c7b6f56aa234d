"""Best-fit Einstein radii and verdicts of the real lenses, without posteriors and pictures: most of the answer, sooner.

Rows are kept as they come, so that a measurement which is stopped goes on where it was.
"""

import json
from pathlib import Path

import numpy as np

from benchmarks import shapes
from benchmarks.lenses_page import SCORE_HEADER, score
from benchmarks.page import table
from benchmarks.scores import Lens, far, median, most, published

_NOT_MEASURED = float("nan")
_EXPLAINED = """\
{n} HST lenses (SLACS, BELLS, SL2S), modelled from their pixels alone, all bands jointly; best-fit theta_E, no
posterior. References, errors and intervals as in the section before. The rules were developed on these lenses."""


def measure(real: Path, file: Path) -> list[dict]:
    """One row a lens of `real`; rows that `file` holds are kept."""
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {row["name"] for row in rows}
    for path in sorted((real / "hst_lenses").glob("*.fits")):
        if path.stem not in done:
            rows.append(_row(path))
            with file.open("a") as stream:
                stream.write(json.dumps(rows[-1]) + "\n")
    return rows


def _row(path: Path) -> dict:
    from benchmarks.judged import judged
    from lensmith.data import read

    cutout = read(path)
    return {"name": path.stem, "bands": [band.name for band in cutout.bands]} | judged(cutout)


def section(rows: list[dict], real: Path) -> str:
    """The tables in Markdown."""
    references = published(real / "hst_references.csv")
    rows = [row for row in rows if row["name"] in references]
    lenses = [_lens(row, references) for row in rows]
    sets = {"all": lenses, "accepted": [lens for lens in lenses if lens.verdict == "accept"]}
    scores = table(SCORE_HEADER, [[name, len(members), *score(members)] for name, members in sets.items()])
    seconds = [row["cpu_seconds"] / len(row["bands"]) for row in rows if "cpu_seconds" in row]
    said = f"CPU time up to the posterior: {np.mean(seconds):.1f} s a lens and band in the mean, compilation included."
    parts = [_EXPLAINED.format(n=len(rows)), scores, _bars(lenses), said, shapes.section(rows, real)]
    return "\n\n".join([*parts, _details(rows, lenses)])


def _lens(row: dict, references) -> Lens:
    radius = row.get("fit", _NOT_MEASURED)
    intervals, bands = (_NOT_MEASURED,) * 4, tuple(row["bands"])
    return Lens(row["name"], *references[row["name"]], radius, *intervals, row["verdict"], bands, _NOT_MEASURED)


def _bars(lenses: list[Lens]) -> str:
    errors = np.array([lens.error for lens in lenses])
    accepted = np.array([lens.error for lens in lenses if lens.verdict == "accept"])
    found = (
        ("median error", median(errors), 1.8),
        ("68 % within", most(errors), 3.0),
        ("over 20 % off", far(errors), 3.0),
        ("not accepted", 100 * (1 - accepted.size / errors.size), 22.0),
        ("accepted, largest error", 100 * float(accepted.max(initial=0.0)), 15.0),
        ("accepted, median error", median(accepted), 1.3),
    )
    return "\n".join(
        f"- {name}: {value:.2f} % (at most {bar:g} %): {'met' if value <= bar else 'NOT MET'}."
        for name, value, bar in found
    )


def _details(rows: list[dict], lenses: list[Lens]) -> str:
    """One line a lens, folded away."""
    lines = []
    for row, lens in zip(rows, lenses):
        fitted = ["-", "-"] if np.isnan(lens.theta_E) else [f"{lens.theta_E:.3f}", f"{100 * lens.difference:+.1f} %"]
        about = [lens.name, " ".join(lens.bands), f"{lens.reference:.3f}", *fitted]
        lines.append([*about, "; ".join([row["verdict"], *row["reasons"]])])
    header = ["lens", "bands", 'published ["]', 'fitted ["]', "difference", "verdict and reasons"]
    return f"<details><summary>Every lens</summary>\n\n{table(header, lines)}\n\n</details>"
