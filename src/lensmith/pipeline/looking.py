"""The networks' place in the main job: they look at the candidates in the parent, in batches, before workers start.

A network's stage is a function ``(network, cutouts) -> [dict]``, fields of `Findings` for every cutout; `STAGES` says
which. It must give each cutout the same whatever stands beside it, and a note where it cannot look.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from lensmith import data
from lensmith.data.folder_lock import writing
from lensmith.errors import LensmithError
from lensmith.metrics import at_prior
from lensmith.pipeline.candidate import Setup, Task, pass_over
from lensmith.pipeline.settings import NetSettings
from lensmith.pipeline.worker import load

STAGES = {
    "finder": "lensmith.nets.finding:find",
    "segmenter": "lensmith.nets.segmenting:segment",
    "estimator": "lensmith.nets.estimating:estimate",
}
"""Role -> function of its stage, in the order in which they look."""

Stage = Callable[[list[data.Cutout]], list[dict]]


def look_at(tasks: list[Task], setup: Setup, told: Callable[[dict], None]) -> list[Task]:
    """The tasks that are to be fitted, each with the file of its findings; `told` gets the rows of the others.

    What cannot be read goes on to the workers, who say why. Memory: one batch of cutouts.
    """
    nets = setup.settings.nets
    if not tasks or not nets.chosen():
        return tasks
    stages, folder, kept = open_stages(nets), setup.run / ".partial" / "findings", []
    with writing(setup.run):
        folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(tasks), nets.batch):
        for task, cutout, found in _findings(tasks[start : start + nets.batch], setup, stages):
            if found is None:
                kept.append(task)
            elif found.p_lens is not None and found.p_lens < nets.min_p:
                reason = f"p_lens {found.p_lens:.3g} is below the limit of {nets.min_p:g}: not fitted"
                told(pass_over(task, setup.run, cutout, found, reason))
            else:
                kept.append(replace(task, findings=_written(found, folder / f"{task.name}.npz", setup.run)))
    return kept


def open_stages(nets: NetSettings) -> list[Stage]:
    """The functions that look, their weights loaded; imports torch."""
    from functools import partial

    chosen = nets.chosen()
    return [partial(load(function), open_network(chosen[role])) for role, function in STAGES.items() if role in chosen]


def open_network(name: str):
    """A trained network, its weights laid out as convolutions on a CPU are fastest."""
    import torch

    from lensmith.nets import load_checkpoint

    return load_checkpoint(name).network.to(memory_format=torch.channels_last)


def findings_of(cutouts: list[data.Cutout], stages: list[Stage], prior: float = 0.5) -> list[data.Findings]:
    """What all stages say of each cutout, P(lens) at a prior."""
    fields: list[dict] = [{"notes": ()} for _ in cutouts]
    for stage in stages:
        for known, new in zip(fields, stage(cutouts), strict=True):
            # Finder and estimator look at one view, and say the same of it.
            notes = tuple(dict.fromkeys((*known["notes"], *new.get("notes", ()))))
            known |= new | {"notes": notes}
    for known in fields:
        if prior != 0.5 and known.get("p_lens") is not None:
            known["p_lens"] = float(at_prior(known["p_lens"], prior))
    return [data.Findings(**known, prior=prior) for known in fields]


def _findings(
    batch: list[Task], setup: Setup, stages: list[Stage]
) -> Iterator[tuple[Task, data.Cutout | None, data.Findings | None]]:
    """Task, cutout and findings; None for both where the candidate cannot be read."""
    read = []
    for task in batch:
        try:
            read.append((task, data.read_candidate(task.candidate, setup.settings.read)))
        except LensmithError:
            yield task, None, None
    found_in_all = findings_of([cutout for _, cutout in read], stages, setup.settings.nets.prior)
    for (task, cutout), found in zip(read, found_in_all, strict=True):
        yield task, cutout, found


def _written(found: data.Findings, path: Path, run: Path) -> Path:
    with writing(run):
        data.write_findings(found, path)
    return path
