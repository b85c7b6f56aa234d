"""A checkpoint judged on labelled data: scores, pictures, and whether it has been trained on any of them."""

from pathlib import Path

import numpy as np

from lensmith.data import open_dataset
from lensmith.errors import InputError
from lensmith.nets import NETWORKS, Checkpoint, load_checkpoint
from lensmith.nets.images import prepared_shape
from lensmith.training.compare import compare, comparison_lines, write_comparison
from lensmith.training.preflight import inspect
from lensmith.training.run_folder import machine
from lensmith.training.scores import classification_scores, score_lines, write_samples, write_scores
from lensmith.training.seeds import networks_over_seeds, seed_lines, write_seeds
from lensmith.training.source import Source, open_source
from lensmith.training.traces import copy_pairs

_BATCH = 128


def evaluate(checkpoint: str | Path, data: Path, out: Path, tell=print, against: tuple[Path, ...] = ()) -> dict:
    """Write metrics.json, predictions.csv and pictures of a checkpoint on the samples of `data`; the scores.

    `against` are folders of trainings or evaluations on the same samples: ``comparison.csv`` has all of them, and the
    paired differences, ``networks.csv`` the means over the seeds of each network. Transients also have scores by number
    of epochs and by seeing and noise.

    The ``test`` split is taken where there is one, else ``val``, else everything; nothing is augmented. Where samples
    are copies of training samples the scores without them stand beside.

    Raises
    ------
    InputError
        if checkpoint or data are not sound, or the data have other classes or another size than the network knows.
    """
    known = load_checkpoint(checkpoint)
    if NETWORKS[known.network.spec.name].task == "estimate":
        from lensmith.training.estimation_evaluate import evaluate_estimator

        return evaluate_estimator(checkpoint, data, out, tell)
    if NETWORKS[known.network.spec.name].task == "segment":
        from lensmith.training.segmentation_evaluate import evaluate_segmenter

        return evaluate_segmenter(checkpoint, data, out, tell)
    source = open_source(data, known.network.reads, known.network.may_read)
    if source.classes != known.network.spec.classes:
        raise InputError(
            f"{data} has the classes {', '.join(source.classes)} and {known.path} knows "
            f"{', '.join(known.network.spec.classes)}"
        )
    _refuse_another_size(known, source)
    for line in source.notes:
        tell(line)
    chosen, said = _chosen(source)
    report = inspect(source, known.network.reads[0], tell)
    probabilities = _probabilities(known, source, chosen)
    labels = source.labels[chosen]
    extra = {"network": known.network.spec.name, "seed": known.header.get("seed")}
    extra["training_samples"] = None if known.traces is None else len(known.traces)
    extra |= {"checkpoint": str(known.path), "judged_on": said, "data": report.summary(source), "machine": machine()}
    extra |= _leakage(known, report.traces[chosen], labels, probabilities, source, tell)
    names = [source.names[i] for i in chosen]
    extra |= _of_transients(known, data, chosen, labels, probabilities, Path(out), tell)
    scores = write_scores(Path(out), names, labels, probabilities, source.classes, extra)
    write_samples(Path(out) / "samples.png", source, chosen, probabilities)
    for line in [said, *score_lines(scores)]:
        tell(line)
    if against:
        _compared(Path(out), against, tell)
    return scores | extra


def _refuse_another_size(known: Checkpoint, source: Source) -> None:
    """Networks that pool over the whole image would answer about any size, and be wrong without saying so."""
    spec = known.network.spec
    if known.network.takes(source.shape):
        return
    try:
        given, taught = (prepared_shape(shape, spec.inputs) for shape in (source.shape, spec.shape))
    except InputError as error:
        raise InputError(f"{source.where}: {error}") from None
    if given != taught:
        sizes = ["x".join(map(str, shape)) for shape in (source.shape, spec.shape)]
        raise InputError(
            f"{source.where} has images of {sizes[0]} (bands x rows x columns), {known.path} knows {sizes[1]}: "
            "its scores would mean nothing; bring the images to that size and pixel scale first"
        )


def _probabilities(known: Checkpoint, source: Source, chosen) -> np.ndarray:
    """``[chosen, class]``; InputError with the data's name where they are not what the network takes."""
    try:
        parts = [
            known.network.probabilities(source.load(chosen[start : start + _BATCH]))
            for start in range(0, len(chosen), _BATCH)
        ]
    except InputError as error:
        raise InputError(f"{source.where}: {error}") from None
    return np.concatenate(parts)


def _compared(out: Path, against: tuple[Path, ...], tell) -> None:
    rows = compare(out, list(against))
    write_comparison(out / "comparison.csv", rows)
    if over_seeds := networks_over_seeds([out, *against]):
        write_seeds(out / "networks.csv", over_seeds)
    for line in [*comparison_lines(rows), *seed_lines(over_seeds)]:
        tell(line)


def _of_transients(known: Checkpoint, data: Path, chosen, labels, probabilities, out: Path, tell) -> dict:
    """Further scores where `data` is a data set of transients with light curves."""
    if not (data / "dataset.json").is_file():
        return {}
    dataset = open_dataset(data)
    if not {"flux", "flux_error", "light_curve"} <= set(dataset.arrays):
        return {}
    from lensmith.training.transient_scores import transient_scores

    out.mkdir(parents=True, exist_ok=True)
    return transient_scores(known.network, dataset, chosen, labels, probabilities, out, tell)


def _chosen(source: Source) -> tuple[np.ndarray, str]:
    for split in ("test", "val"):
        if np.any(source.split == split):
            chosen = np.flatnonzero(source.split == split)
            return chosen, f"{len(chosen)} samples of the {split} split of {source.where}"
    return np.arange(len(source)), f"all {len(source)} samples of {source.where}"


def _leakage(known: Checkpoint, traces, labels, probabilities, source: Source, tell) -> dict:
    """How many samples are copies of training samples, and the scores without them."""
    if known.traces is None:
        tell("whether any sample was trained on cannot be told: the checkpoint keeps no marks of its training samples")
        return {"trained_on": None}
    made = known.header.get("data_made", "")
    if made and source.made and made != source.made:
        return {"trained_on": 0}
    copies = np.unique(copy_pairs(traces, min(source.shape[1:]), known.traces)[:, 0])
    if not copies.size:
        return {"trained_on": 0}
    tell(f"WARNING: {copies.size} of {len(traces)} samples are copies of training samples; scores without them follow")
    rest = np.setdiff1d(np.arange(len(traces)), copies)
    found = {"trained_on": int(copies.size)}
    if rest.size:
        found["without_them"] = classification_scores(labels[rest], probabilities[rest], source.classes)
        for line in score_lines(found["without_them"]):
            tell(f"without them: {line}")
    return found
