"""A training from recipe to run folder, with or without folds."""

from pathlib import Path

import numpy as np
import torch

from lensmith.errors import InputError, SettingsError
from lensmith.nets import NETWORKS, NetworkSpec, build_network, parameter_count
from lensmith.nets.settings import nearest
from lensmith.training.folds import cross_validate
from lensmith.training.preflight import DataReport, inspect
from lensmith.training.recipe import Recipe
from lensmith.training.run import Run, Tell
from lensmith.training.run_folder import is_main_process, open_run_folder
from lensmith.training.source import Source, open_source
from lensmith.training.splits import first_of_each_class, set_apart, shares
from lensmith.training.stream import Stream


def train(
    recipe: Recipe, out: Path, data: Path | None = None, folds: int | None = None, resume: bool = False,
    command: str = "", tell: Tell = print,
) -> dict:  # fmt: skip
    """Train as `recipe` says into the run folder `out`; the scores that it wrote.

    `data` goes before what the recipe says; `folds` cross-validates instead of training once; `resume` goes on with
    what a killed training left in `out`. `tell` takes lines of progress.

    Raises
    ------
    InputError, SettingsError, OutputError
        before an epoch is spent, where data, recipe or folder are not sound.
    """
    where = data or (Path(recipe.data.path) if recipe.data.path else None)
    if where is None and recipe.data.simulate is None:
        raise SettingsError("there are no data: add --data DIR, or set data.simulate in the recipe")
    if where is not None:
        recipe = recipe.model_copy(
            update={"data": recipe.data.model_copy(update={"path": str(where), "simulate": None})}
        )
    if recipe.net.name not in NETWORKS:
        raise SettingsError(f"there is no network {recipe.net.name}; {nearest(recipe.net.name, NETWORKS)}")
    if folds:
        recipe = _on_one_device(recipe)
    if where is None:
        if folds:
            raise SettingsError("--folds needs a data set on disk: simulated samples are never seen twice anyway")
        stream = Stream(recipe.data.simulate, *_reads(recipe))
        source = stream.validation()
    else:
        stream, source = None, open_source(where, *_reads(recipe))
    if len(source.classes) < 2:
        raise InputError(f"{source.where}: all samples are {source.classes[0]}; one class cannot be told from nothing")
    report = inspect(source, recipe.inputs.array, tell)
    if not is_main_process():
        tell = str
    open_run_folder(out, recipe, resume, needed=_needed(recipe, source))
    for line in [*source.notes, *report.lines(source)]:
        tell(line)
    run = Run(recipe, source, report, Path(recipe.data.prepared or out / "prepared"), command, tell)
    if folds:
        return cross_validate(run, out, folds)
    if stream is not None:
        return run.once(out, None, np.arange(len(source)), stream)[0]
    training, validation, test = standard_split(recipe, source, report, tell)
    return run.once(out, training, validation, test=test)[0]


def _on_one_device(recipe: Recipe) -> Recipe:
    """For folds: processes that train together are started once, by the first training."""
    if recipe.loop.devices > 1 or recipe.loop.nodes > 1:
        raise SettingsError("--folds trains on one device: leave loop.devices and loop.nodes as they are")
    return recipe.model_copy(update={"loop": recipe.loop.model_copy(update={"devices": 1})})


def standard_split(recipe: Recipe, source: Source, report: DataReport, tell: Tell):
    """Indices of training, validation and test samples.

    The source's own splits where it has them; what is missing is set apart, stratified, whole scenes. No copy of a
    validation or test sample is trained on.
    """
    split, everything, data = source.split, np.arange(len(source)), recipe.data
    if data.test is not None and not np.any(split == "test"):
        split = shares(source.labels, report.groups, data.validation, data.test, data.split_seed)
    test = np.flatnonzero(split == "test")
    held = np.flatnonzero(split == "val")
    if not held.size:
        rest = everything[split != "test"]
        apart = set_apart(source.labels[rest], report.groups[rest], recipe.data.validation, recipe.loop.seed)
        held = rest[apart]
    training = np.setdiff1d(everything, np.r_[held, test])
    leaking = np.isin(report.groups[training], report.groups[np.r_[held, test]])
    if leaking.any():
        tell(f"{leaking.sum()} training samples are left out: they are copies of validation or test samples")
    if recipe.data.validation_limit is not None:
        held = held[np.linspace(0, len(held) - 1, min(len(held), recipe.data.validation_limit)).astype(int)]
    return first_of_each_class(training[~leaking], source.labels, recipe.data.limit, recipe.loop.seed), held, test


def _reads(recipe: Recipe) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Arrays and numbers that the recipe's network needs of every sample, and those that it may take."""
    spec = NetworkSpec(name=recipe.net.name, settings=recipe.net.settings, inputs=recipe.inputs)
    with torch.device("meta"):
        network = build_network(spec)
    return network.reads, network.may_read


def _needed(recipe: Recipe, source: Source) -> float:
    """Bytes that a run folder comes to: weights and optimiser state five times over, pictures, marks."""
    spec = NetworkSpec(name=recipe.net.name, settings=recipe.net.settings, inputs=recipe.inputs, shape=source.shape)
    with torch.device("meta"):
        weights = parameter_count(build_network(spec))
    return 5 * 4 * weights + 200 * len(source) + 20e6
