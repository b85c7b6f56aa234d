"""The main job: candidates in, a run folder with a catalogue and a report out."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from lensmith import data
from lensmith.data.results import VERDICTS
from lensmith.errors import OutputError, SettingsError
from lensmith.pipeline.candidate import MODEL, Setup, Task, give_up
from lensmith.pipeline.fingerprint import fingerprint
from lensmith.pipeline.folder import RunFolder, folder_name, write_json, writing
from lensmith.pipeline.looking import look_at
from lensmith.pipeline.machine import default_workers, describe_machine
from lensmith.pipeline.progress import Progress
from lensmith.pipeline.settings import RunSettings
from lensmith.pipeline.workers import Lost, run_tasks

_PREPARE = "lensmith.pipeline.candidate:prepare"


@dataclass(frozen=True)
class RunSummary:
    """What a run came to: its folder, all rows of its catalogue, the seconds it took."""

    folder: Path
    rows: list[dict] = field(repr=False)
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        """Candidates by verdict."""
        found = Counter(row["verdict"] for row in self.rows)
        return {verdict: found[verdict] for verdict in VERDICTS}

    def lines(self) -> list[str]:
        """What to tell the user."""
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items())
        return [
            f"{len(self.rows)} candidate{'s' if len(self.rows) != 1 else ''} in {self.seconds:.0f} s: {counts}",
            f"catalogue: {self.folder / 'catalog.ecsv'}",
            f"report: {self.folder / 'report.html'}",
        ]


def run_job(
    inputs: Sequence[Path],
    out: Path,
    settings: RunSettings | None = None,
    *,
    workers: int | None = None,
    only: Sequence[str] = (),
    fresh: bool = False,
    model: str = MODEL,
) -> RunSummary:
    """Model all candidates of the inputs, those that the run folder holds already excepted.

    Results do not depend on the number of workers, nor on how often the run was stopped and started again.

    Parameters
    ----------
    inputs : FITS files, folders of them, manifests, stacks.
    out : the run folder; made if it does not exist.
    workers : processes; by default one for each core that may be used.
    only : ids of the candidates to model; by default all.
    fresh : forget what the folder holds; with `only`, forget just those candidates.
    model : the function that models a cutout, as ``"module:name"``.

    Raises
    ------
    InputError
        if there are no candidates in the inputs.
    SettingsError
        if an id in `only` is unknown, or the folder cannot be used or was made with other settings.
    OutputError
        if the folder cannot be written to any longer.
    """
    settings, started = settings or RunSettings(), time.monotonic()
    candidates = data.find_candidates(inputs, settings.read)
    chosen = _choose(candidates, only)
    folder = RunFolder(out)
    with folder.held():
        if fresh and not only:
            folder.clear()
        shaping = settings.shaping_results()
        _check_settings(folder, shaping)
        tasks = [
            Task(candidate, folder_name(candidate.id), fingerprint(candidate, shaping)) for candidate in candidates
        ]
        to_do = [task for task in tasks if task.candidate.id in chosen and (fresh or not _is_done(task, folder))]
        count = max(1, min(workers or default_workers(), len(to_do)))
        record = describe_run(inputs, settings, shaping, count)
        with writing(folder.path):
            write_json(record, folder.path / "run.json")
        try:
            with Progress(len(tasks), len(tasks) - len(to_do), count) as progress:
                setup = Setup(folder.path.absolute(), settings, model)
                to_fit = look_at(to_do, setup, progress.finished)
                for row in rows_of(to_fit, setup, count):
                    progress.finished(row)
        except OutputError:
            raise
        except BaseException:
            _finish(folder, tasks, record, started)
            raise
        return _finish(folder, tasks, record, started, ended=True)


def _choose(candidates: list, only: Sequence[str]) -> set[str]:
    known = [candidate.id for candidate in candidates]
    for wanted in only:
        if wanted not in known:
            near = get_close_matches(wanted, known, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else f"the inputs hold {len(known)} others, the first is {known[0]}"
            )
            raise SettingsError(f"there is no candidate {wanted}; {hint}")
    return set(only or known)


def _check_settings(folder: RunFolder, shaping: dict) -> None:
    """Results made with different settings do not mix in one catalogue."""
    before = (folder.description() or {}).get("shaping_results")
    if before is None or before == shaping or not folder.names():
        return
    name = next(name for name in {**before, **shaping} if before.get(name) != shaping.get(name))
    raise SettingsError(
        f"{folder.path} was made with {name} = {before.get(name)} and this command says {shaping.get(name)}; "
        "begin again with --fresh, or name another folder with --out"
    )


def _is_done(task: Task, folder: RunFolder) -> bool:
    """Whether a candidate has its result; one that failed is tried again, since what was wrong may be mended."""
    stored = folder.stored(task.name)
    return stored is not None and stored["fingerprint"] == task.fingerprint and stored["row"]["verdict"] != "failed"


def rows_of(tasks: list[Task], setup: Setup, count: int) -> Iterator[dict]:
    """Do all tasks in `count` workers; their rows, as they are finished."""
    lost = []
    for task, answer in run_tasks(tasks, (_PREPARE, setup), count, setup.settings.time_limit):
        if isinstance(answer, Lost) and not answer.timed_out:
            lost.append(task)
        else:
            yield _row(task, setup, answer)
    # A worker may have died because others took the memory: once more, one at a time.
    for task, answer in run_tasks(lost, (_PREPARE, setup), 1, setup.settings.time_limit):
        yield _row(task, setup, answer)


def _row(task: Task, setup: Setup, answer: dict | Lost | OutputError) -> dict:
    if isinstance(answer, OutputError):
        raise answer
    if isinstance(answer, Lost):
        return give_up(task, setup.run, answer.reason, answer.last_words)
    return answer


def describe_run(inputs: Sequence[Path], settings: RunSettings, shaping: dict, workers: int) -> dict:
    """The content of run.json at the start of a run."""
    return {
        "command": sys.argv,
        "folder": os.getcwd(),
        "inputs": [str(path) for path in inputs],
        "settings": settings.model_dump(mode="json"),
        "shaping_results": shaping,
        "seed": settings.model.seed,
        "weights": settings.weights(),
        **describe_machine(),
        "workers": workers,
        "started": _now(),
        "ended": None,
    }


def _finish(folder: RunFolder, tasks: list[Task], record: dict, started: float, ended: bool = False) -> RunSummary:
    """Write catalogue and report from what the folder holds: this command's candidates in order, then any others."""
    from lensmith.report import write_report

    names = dict.fromkeys([task.name for task in tasks] + folder.names())
    rows = [stored["row"] for stored in map(folder.stored, names) if stored is not None]
    summary = RunSummary(folder.path, rows, time.monotonic() - started)
    record |= {"ended": _now() if ended else None, "seconds": round(summary.seconds, 1), "verdicts": summary.counts}
    with writing(folder.path):
        write_json(record, folder.path / "run.json")
        if rows:
            data.write_catalogue(rows, folder.path)
            write_report(folder.path)
    return summary


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
