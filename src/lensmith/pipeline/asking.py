"""`lensmith predict` with a network that looks at cutouts: any number of them, a table out; killed, it goes on."""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from lensmith import data
from lensmith.data.folder_lock import writing
from lensmith.errors import LensmithError, SettingsError
from lensmith.nets import NETWORKS, find_checkpoint
from lensmith.pipeline.folder import write_json
from lensmith.pipeline.looking import STAGES, findings_of, open_network
from lensmith.pipeline.worker import load

BATCH = 64
_LONGEST_ROW = 1 << 20


def ask(
    checkpoint: str,
    inputs: Sequence[Path],
    out: Path,
    tell=print,
    light_curves: Path | None = None,
    every_epoch: bool = False,
    **options,
) -> int:
    """What a trained network says of all that is in `inputs`, into the CSV table `out`; how many rows there are.

    A segmenter's masks go into an archive, .npz.

    A network whose place is in a run is asked about candidates, read with `options` (those of `ReadOptions`); any other
    about stored arrays, or cutouts with their `light_curves` (`lensmith.training.predict`).

    Raises
    ------
    SettingsError
        if `out` is no CSV, or what an earlier command left was made with other weights or options.
    InputError
        if there is nothing to ask about, or the checkpoint is not sound.
    """
    network, out = open_network(checkpoint), Path(out)
    if NETWORKS[network.spec.name].task == "segment":
        from lensmith.training import predict

        return predict(checkpoint, list(inputs), out, tell)
    if out.suffix.lower() != ".csv":
        raise SettingsError(f"--out {out}: predictions are written as .csv")
    if network.spec.name in STAGES:
        if light_curves is not None or every_epoch:
            problem = "reads no light curves: leave out --light-curves and --every-epoch"
            raise SettingsError(f"{network.spec.name} {problem}")
        mark = _about(find_checkpoint(checkpoint), options)
        return _ask_about_candidates(network, inputs, out, data.ReadOptions(**options), mark, tell)
    if any(value is not None for value in options.values()):
        raise SettingsError(f"{checkpoint} reads arrays as they are: pixel scale and PSF are for finder and estimator")
    from lensmith.training import predict

    return predict(checkpoint, list(inputs), out, tell, light_curves, every_epoch)


def _ask_about_candidates(network, inputs, out: Path, options: data.ReadOptions, about: dict, tell) -> int:
    """One batch of cutouts is in memory; rows go to a file beside `out` that takes its name when all are there."""
    role = network.spec.name
    stage = partial(load(STAGES[role]), network)
    candidates = data.find_candidates(inputs, options)
    unfinished, mark = out.with_name(f".{out.name}.partial"), out.with_name(f".{out.name}.json")
    with writing(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        done = _begun(unfinished, mark, about)
        with open(unfinished, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _columns(network, role))
            if not file.tell():
                writer.writeheader()
            to_do = [candidate for candidate in candidates if candidate.id not in done]
            for start in range(0, len(to_do), BATCH):
                batch = to_do[start : start + BATCH]
                writer.writerows(_rows(batch, options, stage))
                file.flush()
                if start // 10_000 != (start + BATCH) // 10_000:
                    tell(f"{start + len(batch)} of {len(to_do)} candidates")
        os.replace(unfinished, out)
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


def _about(weights: Path, options: dict) -> dict:
    said = {name: str(value) for name, value in options.items() if value is not None}
    return {"sha256": sha256(weights.read_bytes()).hexdigest(), "options": said}


def _begun(unfinished: Path, mark: Path, about: dict) -> set[str]:
    """Ids of the rows that an earlier command wrote; a last line that is not whole is cut off."""
    if not unfinished.exists():
        write_json(about, mark)
        return set()
    if not mark.exists() or json.loads(mark.read_text(encoding="utf-8")) != about:
        raise SettingsError(f"{unfinished} was begun with other weights or options: remove it, or name another --out")
    with open(unfinished, "rb+") as file:
        start = max(0, file.seek(0, 2) - _LONGEST_ROW)
        file.seek(start)
        file.truncate(start + file.read().rfind(b"\n") + 1)
    with open(unfinished, newline="", encoding="utf-8") as file:
        return {row["id"] for row in csv.DictReader(file)}
