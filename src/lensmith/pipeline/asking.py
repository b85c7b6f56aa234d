"""`lensmith predict` with a network that looks at cutouts: any number of them, a table out; killed, it goes on."""

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lensmith import data
from lensmith.data.folder_lock import writing
from lensmith.errors import LensmithError, SettingsError
from lensmith.nets import find_checkpoint
from lensmith.pipeline.folder import write_json
from lensmith.pipeline.looking import STAGES, findings_of, open_network
from lensmith.pipeline.worker import load

BATCH = 64
_LONGEST_ROW = 1 << 20


def looks_at_cutouts(network) -> bool:
    """Whether a network's place is in a run, so that it is asked about cutouts and not about stored arrays."""
    return network.spec.name in STAGES


def ask(checkpoint: str, inputs: Sequence[Path], out: Path, options: data.ReadOptions | None = None, tell=print) -> int:
    """Write a row for every candidate of `inputs` to the CSV table `out`; how many rows there are.

    One batch of cutouts is in memory. Rows go to a file beside `out` that takes its name when all are there; the same
    command goes on with it.

    Raises
    ------
    SettingsError
        if `out` is no CSV, or what an earlier command left was made with other weights.
    InputError
        if there are no candidates, or the checkpoint is not sound.
    """
    out, network = Path(out), open_network(checkpoint)
    if out.suffix.lower() != ".csv":
        raise SettingsError(f"--out {out}: predictions are written as .csv")
    role, stage = network.spec.name, load(STAGES[network.spec.name])
    candidates = data.find_candidates(inputs, options)
    partial, mark = out.with_name(f".{out.name}.partial"), out.with_name(f".{out.name}.json")
    columns = _columns(network, role)
    with writing(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        done = _begun(partial, mark, _about(find_checkpoint(checkpoint), options))
        with open(partial, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            if not file.tell():
                writer.writeheader()
            to_do = [candidate for candidate in candidates if candidate.id not in done]
            for start in range(0, len(to_do), BATCH):
                batch = to_do[start : start + BATCH]
                writer.writerows(_rows(batch, options, lambda cutouts: stage(network, cutouts)))
                file.flush()
                if start // 10_000 != (start + BATCH) // 10_000:
                    tell(f"{start + len(batch)} of {len(to_do)} candidates")
        os.replace(partial, out)
        mark.unlink(missing_ok=True)
    return len(candidates)


def _columns(network, role: str) -> list[str]:
    if role == "finder":
        return ["id", "p_lens", "notes"]
    return ["id", *(f"{name}{end}" for name in network.spec.classes for end in ("", "_sigma")), "notes"]


def _rows(batch: list, options, stage) -> Iterator[dict]:
    cutouts, problems = [], []
    for candidate in batch:
        try:
            cutouts.append(data.read_candidate(candidate, options))
        except LensmithError as problem:
            problems.append({"id": candidate.id, "notes": str(problem)})
    for cutout, found in zip(cutouts, findings_of(cutouts, [stage]), strict=True):
        row = {"id": cutout.id, "notes": "; ".join(found.notes)}
        row |= {"p_lens": f"{found.p_lens:.6g}"} if found.p_lens is not None else {}
        for name in found.parameters:
            row |= {name: f"{found.value(name):.6g}", f"{name}_sigma": f"{found.sigma(name):.6g}"}
        yield row
    yield from problems


def _about(weights: Path, options) -> dict:
    from hashlib import sha256

    return {"sha256": sha256(weights.read_bytes()).hexdigest(), "options": repr(options)}


def _begun(partial: Path, mark: Path, about: dict) -> set[str]:
    """Ids of the rows that an earlier command wrote; a last line that is not whole is cut off."""
    import json

    if not partial.exists():
        write_json(about, mark)
        return set()
    if not mark.exists() or json.loads(mark.read_text(encoding="utf-8")) != about:
        raise SettingsError(f"{partial} was begun with other weights or options: remove it, or name another --out")
    with open(partial, "rb+") as file:
        start = max(0, file.seek(0, 2) - _LONGEST_ROW)
        file.seek(start)
        file.truncate(start + file.read().rfind(b"\n") + 1)
    with open(partial, newline="", encoding="utf-8") as file:
        return {row["id"] for row in csv.DictReader(file)}
