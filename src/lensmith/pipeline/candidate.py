"""One candidate from its files to its folder in the run: what a worker does with each task."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lensmith import data
from lensmith.errors import LensmithError, OutputError
from lensmith.pipeline.agreement import judged_with
from lensmith.pipeline.folder import candidate_written, write_json
from lensmith.pipeline.memory import give_memory_back
from lensmith.pipeline.settings import RunSettings
from lensmith.pipeline.worker import load

MODEL = "lensmith.modelling:model"
"""The function that models a cutout, ``(Cutout, ModelSettings, Findings) -> LensFit``."""


@dataclass(frozen=True)
class Task:
    """A candidate to be done, as `find_candidates` gave it, its folder's name and the fingerprint of its inputs.

    `findings` is the file with what the networks said of it; None where none looked.
    """

    candidate: data.Candidate
    name: str
    fingerprint: str
    findings: Path | None = None


@dataclass(frozen=True)
class Setup:
    """What is the same for every candidate of a run."""

    run: Path
    settings: RunSettings
    model: str = MODEL


def prepare(setup: Setup) -> Callable[[Task], dict | OutputError]:
    """What a worker calls with each task; imports what is slow to import."""
    if setup.settings.pictures:
        import lensmith.report  # noqa: F401

    return partial(_do_and_tidy, setup=setup, model=load(setup.model))


def _do_and_tidy(task: Task, setup: Setup, model: Callable) -> dict | OutputError:
    done = do_candidate(task, setup, model)
    give_memory_back()
    return done


def do_candidate(task: Task, setup: Setup, model: Callable) -> dict | OutputError:
    """Read, model and write one candidate.

    Returns its row, with verdict ``failed`` where there is no model, or what forbids to write in the run at all.
    """
    started = time.perf_counter()
    try:
        try:
            cutout = data.read_candidate(task.candidate, setup.settings.read)
            found = data.Findings() if task.findings is None else data.read_findings(task.findings)
            fit = judged_with(model(cutout, setup.settings.model, found), found, setup.settings.nets.compare)
            with candidate_written(setup.run, task.name) as folder:
                row = write_fit(fit, folder, setup.settings.pictures) | found.row()
                row |= {"seconds": time.perf_counter() - started}
                if found.classes is not None:
                    data.write_segmentation(found, cutout, folder / "segmentation.fits")
                write_json({"fingerprint": task.fingerprint, "row": row}, folder / "row.json")
            return row
        except OutputError:
            raise
        except LensmithError as problem:
            return give_up(task, setup.run, str(problem), seconds=time.perf_counter() - started)
        except Exception as problem:
            reason = f"unexpected {type(problem).__name__}: {' '.join(str(problem).split())}"
            return give_up(task, setup.run, reason, traceback.format_exc(), time.perf_counter() - started)
    except OutputError as problem:
        return problem


def write_fit(fit: data.LensFit, folder: Path, pictures: bool) -> dict:
    """Write all files of a modelled candidate; return its row of the catalogue."""
    from lensmith.report import write_candidate_pictures

    data.write_model_fits(fit, folder / "model.fits")
    data.write_model_json(fit, folder / "model.json")
    data.write_params_txt(fit, folder / "params.txt")
    data.write_lenstronomy_kwargs(fit, folder / "lenstronomy_kwargs.py")
    data.write_posterior(fit, folder / "posterior.nc")
    if pictures:
        write_candidate_pictures(fit, folder)
    return data.row_from_fit(fit)


def pass_over(task: Task, run: Path, cutout: data.Cutout, found: data.Findings, reason: str) -> dict:
    """Write the row of a candidate that is not worth a fit: verdict ``reject``, what was found, and why."""
    row = {"id": task.candidate.id, "ra": cutout.ra, "dec": cutout.dec, "pixel_scale": cutout.pixel_scale}
    row |= {"bands": ",".join(band.name for band in cutout.bands), "verdict": "reject", "reasons": reason}
    row |= found.row() | {"notes": "; ".join((*cutout.notes, *found.notes))}
    with candidate_written(run, task.name) as folder:
        if found.classes is not None:
            data.write_segmentation(found, cutout, folder / "segmentation.fits")
        write_json({"fingerprint": task.fingerprint, "row": row}, folder / "row.json")
    return row


def give_up(task: Task, run: Path, reason: str, details: str = "", seconds: float | None = None) -> dict:
    """Write the row of a candidate that could not be modelled, and what a bug report needs; return the row."""
    row = data.row_failed(task.candidate.id, reason, seconds=seconds)
    with candidate_written(run, task.name) as folder:
        if details:
            (folder / "error.txt").write_text(details, encoding="utf-8")
        write_json({"fingerprint": task.fingerprint, "row": row}, folder / "row.json")
    return row
