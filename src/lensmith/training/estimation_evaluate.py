"""An estimator judged on views with known truth."""

from pathlib import Path

import numpy as np

from lensmith.errors import InputError
from lensmith.nets import load_checkpoint
from lensmith.nets.estimator import scaled_truth
from lensmith.nets.fixed_batches import in_fixed_batches
from lensmith.training.estimation import truths
from lensmith.training.estimation_scores import estimation_score_lines, estimation_scores
from lensmith.training.run_folder import machine
from lensmith.training.scores import write_json
from lensmith.training.source import open_source

_CHUNK = 512


def evaluate_estimator(checkpoint: str | Path, data: Path, out: Path, tell=print) -> dict:
    """Write metrics.json of an estimator on the lenses among views; the scores.

    The ``test`` split is taken where there is one, else ``val``, else everything.

    Raises
    ------
    InputError
        if checkpoint or data are not sound, or there are no lenses.
    """
    known = load_checkpoint(checkpoint)
    network, array = known.network, known.network.spec.inputs.array
    source = open_source(data, (array,))
    if not network.takes(source.shape):
        raise InputError(
            f"{data} has views of {source.shape[0]} planes, {known.path} reads {network.planes}: make them anew with "
            "`lensmith mix`"
        )
    truth, pixel_scale = truths(data)
    lens = np.isfinite(truth).all(1)
    said = next((part for part in ("test", "val") if (lens & (source.split == part)).any()), "all")
    chosen = np.flatnonzero(lens & ((source.split == said) | (said == "all")))
    if not chosen.size:
        raise InputError(f"{data} has no lenses with a known truth")
    made = []
    for start in range(0, len(chosen), _CHUNK):
        prepared = network.prepare(source.load(chosen[start : start + _CHUNK]))["image"]
        made.append(in_fixed_batches(network.scaled_estimate, prepared))
    found = (np.concatenate(parts) for parts in zip(*made))
    scores = estimation_scores(*found, scaled_truth(truth[chosen], pixel_scale[chosen]))
    scores |= {"judged_on": f"{len(chosen)} lenses, split {said}", "checkpoint": str(known.path), "machine": machine()}
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "metrics.json", scores)
    for line in [*estimation_score_lines(scores), f"written: {out}"]:
        tell(line)
    return scores
