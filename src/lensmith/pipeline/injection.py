"""`lensmith inject`: simulated arcs painted into one's own cutouts, to see which of them the finder finds."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from lensmith import data
from lensmith.data.folder_lock import writing
from lensmith.errors import LensmithError, SettingsError
from lensmith.metrics import at_prior, completeness, purity, wilson_interval
from lensmith.pipeline.folder import write_json
from lensmith.pipeline.looking import findings_of, open_stages
from lensmith.pipeline.settings import NetSettings, RunSettings

EVERYTHING = ("selection.arc_snr=null", "selection.magnification=null", "selection.theta_E_over_fwhm=null")
"""No cut on what could be seen: which lenses can be found is the very question."""
_BATCH = 64


@dataclass(frozen=True)
class _Question:
    folder: Path
    survey: str | None
    n: int
    seed: int
    sets: tuple[str, ...]
    finder: str


def inject(
    folder: Path,
    out: Path,
    n: int,
    survey: str | None = None,
    seed: int = 1,
    threshold: float = 0.5,
    prior: float = 1e-3,
    sets: tuple[str, ...] = (),
    finder: str = "finder",
    tell=print,
) -> list[str]:
    """Paint `n` simulated lenses into cutouts of `folder`, run the finder on all; the selection function into `out`.

    Written: ``injected.csv`` (a row a lens), ``own.csv`` (a row a cutout as it is, with P(lens) at `prior`),
    ``completeness.csv`` and ``.png``, ``inject.json``. `sets` are settings of `lensmith simulate strong`.

    Raises
    ------
    InputError, SettingsError
        if the cutouts, survey, settings or weights cannot be used.
    """
    if n < 1 or not 0 < threshold < 1 or not 0 < prior < 1:
        raise SettingsError(f"inject: -n {n} must be 1 or more, threshold {threshold} and prior {prior} within 0 to 1")
    question = _Question(Path(folder), survey, n, seed, (*EVERYTHING, *sets), finder)
    out, nets = Path(out), NetSettings(finder=finder, estimator=None, segmenter=None)
    weights, stages = RunSettings(nets=nets).weights(), open_stages(nets)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    injected = [row for batch in _painted(question, tell) for row in _rows(*batch, stages)]
    own = [row for batch in _own(question) for row in _rows(*batch, stages)]
    for row in own:
        row["p_at_prior"] = "" if row["p_lens"] is None else float(at_prior(row["p_lens"], prior))
    bins = _bins(injected, threshold)
    summary = _summary(injected, own, threshold, prior)
    about = {"command": sys.argv, "weights": weights, "settings": question.__dict__, "summary": summary}
    with writing(out):
        for name, rows in (("injected", injected), ("own", own), ("completeness", bins)):
            _write_csv(rows, out / f"{name}.csv")
        write_json(about, out / "inject.json")
        _draw(bins, out / "completeness.png", f"{n} lenses in {len(own)} cutouts, p above {threshold:g}")
    return [*summary["lines"], f"written: {out}"]


def _painted(question: _Question, tell) -> Iterator[tuple[list, list]]:
    """Cutouts with a lens in them and what is known of it, in batches."""
    from lensmith.pipeline.machine import keep_compiled_code

    keep_compiled_code()
    from lensmith.simulate import resolve_settings, samples

    settings = resolve_settings("strong", None, [f"into={question.folder}", "lens_fraction=1", *question.sets])
    candidates = {one.id: one for one in data.find_candidates([question.folder])}
    read = lru_cache(256)(lambda name: data.read_candidate(candidates[name]))
    done = 0
    for batch in samples("strong", question.seed, question.survey, settings, 0, question.n, _BATCH):
        truth, bands = batch.truth, _bands_of(batch.truth)
        cutouts, rows = [], []
        for k, index in enumerate(batch.indices):
            at = {name: values[k] for name, values in truth.items()}
            cutout = read(str(at["cutout"])).only(*bands)
            new = [replace(band, image=image) for band, image in zip(cutout.bands, batch.arrays["image"][k])]
            cutouts.append(replace(cutout, bands=tuple(new)))
            rows.append({"id": f"injected_{index:06d}", "cutout": str(at["cutout"])} | _known(at, bands))
        done += len(rows)
        tell(f"[{done}/{question.n}]")
        yield cutouts, rows


def _bands_of(truth: dict) -> list[str]:
    return [name.removeprefix("psf_fwhm_") for name in truth if name.startswith("psf_fwhm_")]


def _known(truth: dict, bands: list[str]) -> dict[str, float]:
    """What completeness is counted against; magnitude and seeing are means over the bands."""
    mean = lambda name: float(np.nanmean([truth[f"{name}_{band}"] for band in bands]))
    known = {"theta_E": float(truth["theta_E_eff"]), "source_magnitude": mean("source_magnitude")}
    return known | {"seeing": mean("psf_fwhm"), "arc_snr": float(truth["arc_snr"])}


def _own(question: _Question) -> Iterator[tuple[list, list]]:
    """The cutouts as they are; what cannot be read is a row without a cutout."""
    cutouts, rows = [], []
    for candidate in data.find_candidates([question.folder]):
        try:
            cutouts.append(data.read_candidate(candidate))
            rows.append({"id": candidate.id})
        except LensmithError:
            continue
        if len(cutouts) == _BATCH:
            yield cutouts, rows
            cutouts, rows = [], []
    if cutouts:
        yield cutouts, rows


def _rows(cutouts: list, rows: list[dict], stages) -> list[dict]:
    found = findings_of(cutouts, stages)
    return [row | {"p_lens": one.p_lens, "notes": "; ".join(one.notes)} for row, one in zip(rows, found)]


def _bins(injected: list[dict], threshold: float) -> list[dict]:
    found = [row["p_lens"] is not None and row["p_lens"] >= threshold for row in injected]
    out = []
    for name in ("theta_E", "source_magnitude", "seeing", "arc_snr"):
        for one in completeness([row[name] for row in injected], found):
            known = {"quantity": name, "low": one.low, "high": one.high, "n": one.n, "found": one.found}
            out.append(known | dict(zip(("completeness", "interval_low", "interval_high"), one.share)))
    return out


def _summary(injected: list[dict], own: list[dict], threshold: float, prior: float) -> dict:
    """Completeness, the share of the cutouts themselves above the threshold, and what that means at the prior."""
    above = lambda rows: sum(row["p_lens"] is not None and row["p_lens"] >= threshold for row in rows)
    found, alarms = wilson_interval(above(injected), len(injected)), wilson_interval(above(own), len(own))
    lenses = purity(found, alarms, prior)
    blind = sum(row["p_lens"] is None for row in injected)
    lines = [
        f"found: {above(injected)} of {len(injected)} injected lenses have p above {threshold:g}: {_words(found)}",
        f"the cutouts as they are: {above(own)} of {len(own)} above it, lenses among them included: {_words(alarms)}",
        f"at a prior of {prior:g}, lenses are {_share(lenses, above(own))} of what is above it",
    ]
    lines += [f"{blind} injected cutouts could not be looked at: see notes in injected.csv"] if blind else []
    return {"completeness": found, "own_above": alarms, "purity": lenses, "prior": prior, "lines": lines}


def _share(lenses, alarms: int) -> str:
    return _words(lenses) if alarms else f"at least {lenses.low:.3g} (no false alarm says how many there are)"


def _words(share) -> str:
    return f"{share.value:.3g} [{share.low:.3g}, {share.high:.3g}]"


def _write_csv(rows: list[dict], path: Path) -> None:
    with data.atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["id"])
        writer.writeheader()
        writer.writerows(
            {k: f"{round(v, 9):.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )


def _draw(bins: list[dict], path: Path, title: str) -> None:
    from lensmith.plots import DPI, completeness_panels

    labels = {
        "theta_E": "theta_E [arcsec]",
        "source_magnitude": "source magnitude (AB, unlensed)",
        "seeing": "FWHM of the PSF [arcsec]",
        "arc_snr": "S/N of the arcs",
    }
    columns = ("low", "high", "completeness", "interval_low", "interval_high")
    panels = {
        label: [tuple(one[name] for name in columns) for one in bins if one["quantity"] == quantity]
        for quantity, label in labels.items()
    }
    with data.atomic_write(path) as temporary:
        completeness_panels(panels, title).savefig(temporary, dpi=DPI)
