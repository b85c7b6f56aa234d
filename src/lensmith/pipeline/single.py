"""One candidate alone: the same engine as a run, its files laid straight into the folder named."""

import os
from pathlib import Path

from lensmith import data
from lensmith.errors import FitError, SettingsError
from lensmith.pipeline.candidate import MODEL, Setup, Task
from lensmith.pipeline.fingerprint import fingerprint
from lensmith.pipeline.folder import LOCK, RunFolder, folder_name, write_json, writing
from lensmith.pipeline.job import describe_run, rows_of
from lensmith.pipeline.looking import look_at
from lensmith.pipeline.progress import summary_of
from lensmith.pipeline.settings import RunSettings


def model_one(source: Path, out: Path, settings: RunSettings | None = None, *, model: str = MODEL) -> list[str]:
    """Model the one candidate in `source`; return what to tell the user.

    The folder `out` gets what a candidate's folder in a run holds, with a catalogue of one row and a run.json.

    Raises
    ------
    SettingsError
        if there is more than one candidate, or the folder holds something else.
    FitError
        if the candidate could not be read or modelled; its row and the reason are in the folder all the same.
    OutputError
        if the folder cannot be written.
    """
    settings, out = settings or RunSettings(), Path(out)
    found = data.find_candidates([source], settings.read)
    if len(found) != 1:
        raise SettingsError(f"{source} holds {len(found)} candidates, `lensmith model` takes one: use `lensmith run`")
    if (out / "candidates").is_dir():
        raise SettingsError(f"{out} holds a run; name another folder for a single model with --out")
    shaping, folder = settings.shaping_results(), RunFolder(out)
    task = Task(found[0], folder_name(found[0].id), fingerprint(found[0], shaping))
    with folder.held():
        setup, rows = Setup(folder.partial.absolute(), settings, model), []
        rows += rows_of(look_at([task], setup, rows.append), setup, 1)
        (row,) = rows
        with writing(out):
            _lay_out(folder.partial / "candidates" / task.name, out)
            data.write_catalogue([row], out)
            write_json(describe_run([source], settings, shaping, 1), out / "run.json")
    if row["verdict"] == "failed":
        raise FitError(f"{row['reasons']} (details are in {out})")
    because = [f"because: {row['reasons']}"] if row.get("reasons") else []
    return [summary_of(row), *because, f"files: {out}"]


def _lay_out(finished: Path, out: Path) -> None:
    """Move a candidate's files to `out`, in the place of those of an earlier model."""
    for path in out.iterdir():
        if path.is_file() and path.name != LOCK:
            path.unlink()
    for path in sorted(finished.iterdir()):
        os.replace(path, out / path.name)
