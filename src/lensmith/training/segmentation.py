"""Training of a segmenter from recipe to run folder."""

import math
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lensmith.errors import SettingsError
from lensmith.nets import NetworkSpec, build_network, parameter_count, save_checkpoint
from lensmith.nets.segmenter import Segmenter
from lensmith.training.history import LAST
from lensmith.training.loop import Feed, fit
from lensmith.training.order import EpochOrder, turned
from lensmith.training.preflight import DataReport, inspect
from lensmith.training.prepared import Prepared, preparation_key
from lensmith.training.recipe import Recipe
from lensmith.training.run_folder import open_run_folder, write_run_json
from lensmith.training.segmentation_evaluate import thresholds_for, write_evaluation, write_segmenter_card
from lensmith.training.segmentation_module import MASKS, SegmentationHistory, SegmentationModule
from lensmith.training.segmentation_source import SegmentationSource, open_segmentation
from lensmith.training.train import standard_split

WEIGHTS = "model.safetensors"
TEACHER_RATE = 1e-3


def train_segmenter(
    recipe: Recipe, out: Path, data: Path | None = None, resume: bool = False, command: str = "", tell=print
) -> dict:
    """Train as `recipe` says on samples with masks into the run folder `out`; the scores that it wrote.

    Raises
    ------
    InputError, SettingsError, OutputError
        before an epoch is spent, where data, recipe or folder are not sound.
    """
    recipe, where = recipe.on_disk(
        data, "a segmenter learns from labelled samples on disk: add --data DIR (see `lensmith label`)"
    )
    samples = open_segmentation(where, recipe.inputs.array)
    torch.manual_seed(recipe.loop.seed)
    network = _network(recipe, samples)
    report = inspect(samples.source, recipe.inputs.array, tell)
    open_run_folder(out, recipe, resume, needed=20 * parameter_count(network) + 20e6)
    training, validation, test = standard_split(recipe, samples.source, report, tell)
    tell(f"{len(samples)} samples, classes {', '.join(samples.classes)}")
    tell(
        f"training on {len(training)}, validation {len(validation)}, {recipe.net.name} with "
        f"{parameter_count(network):,} parameters"
    )
    key = preparation_key(network, report.digest)
    prepared = Prepared(network, samples.source, out / "prepared", key, tell)
    feeds = [_feed(prepared, samples, indices) for indices in (training, validation)]
    history = _fit(network, recipe, *feeds, out, tell)
    return _write(out, network, history, samples, report, (training, validation, test), command)


def _network(recipe: Recipe, samples: SegmentationSource) -> Segmenter:
    settings = recipe.net.settings | {"exclusive": samples.exclusive}
    spec = NetworkSpec(
        name=recipe.net.name,
        settings=settings,
        inputs=recipe.inputs,
        shape=samples.source.shape,
        classes=samples.classes,
    )
    if recipe.inputs.bin > 1 or recipe.inputs.side:
        raise SettingsError("inputs.bin and inputs.side change images but not their masks: leave them out")
    return build_network(spec)


def _feed(prepared: Prepared, samples: SegmentationSource, indices: np.ndarray) -> Feed:
    return Feed(_Fetch(prepared, samples, np.asarray(indices)), len(indices))


class _Fetch:
    """Inputs with masks, and labels that nobody reads, of places in a list of samples."""

    def __init__(self, prepared: Prepared, samples: SegmentationSource, indices: np.ndarray):
        self.prepared, self.samples, self.indices = prepared, samples, indices

    def __call__(self, places: np.ndarray):
        inputs = self.prepared.fetch(self.indices[places]) | {MASKS: self.masks(places)}
        return inputs, np.zeros(len(places), np.int64)

    def masks(self, places: np.ndarray) -> np.ndarray:
        """Masks alone."""
        return self.samples.masks(self.indices[places])


def _fit(network: Segmenter, recipe: Recipe, training: Feed, validation: Feed, folder: Path, tell):
    """The loop with a segmenter's step, its teacher trained first; goes on from the last checkpoint."""
    teacher = network.make_teacher()
    if teacher is not None and not (folder / LAST).is_file():
        _teach(network, teacher, recipe, training, tell)
    module_of = partial(SegmentationModule, teacher=teacher)
    return fit(network, recipe, training, validation, folder, tell, module_of, SegmentationHistory)


def _teach(network: Segmenter, teacher: nn.Module, recipe: Recipe, training: Feed, tell) -> None:
    """Train the teacher on the masks alone, turned as the images will be."""
    optimiser = torch.optim.Adam(teacher.parameters(), lr=TEACHER_RATE)
    order = EpochOrder(training.n, recipe.loop.batch, recipe.loop.seed + 1, recipe.data.augment)
    teacher.train()
    left = math.ceil(network.settings.teacher_epochs * len(order))
    for epoch in range(math.ceil(network.settings.teacher_epochs)):
        order.set_epoch(epoch)
        losses = []
        for pairs in islice(order, left):
            places, turns = (np.array(values) for values in zip(*pairs))
            masks = torch.from_numpy(np.ascontiguousarray(turned(training.fetch.masks(places), turns)))
            loss = network.teacher_loss(teacher, masks)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        left -= len(losses)
        tell(f"ground-truth encoder, epoch {epoch + 1}: loss {np.mean(losses):.4f}, at last {losses[-1]:.4f}")
    teacher.eval()


def _write(folder, network, history, samples, report: DataReport, parts, command) -> dict:
    """Weights, scores beside thresholding, card and picture."""
    training, validation, test = parts
    judged = test if len(test) else validation
    on = f"{len(judged)} test samples" if len(test) else f"{len(judged)} validation samples, which chose the epoch"
    seconds = sum(row["seconds"] for row in history.rows)
    cost = f"{len(history.rows)} epochs in {seconds / 60:.1f} minutes."
    thresholds = thresholds_for(network, samples, training)
    scores = write_evaluation(folder, network, samples, judged, thresholds) | {"judged_on": on}
    data = report.summary(samples.source)
    header = {"judged_on": on, "command": command, "data_sha256": report.digest, "cost": cost}
    header |= {"segmentation_scores": scores, "thresholds": asdict(thresholds)}
    save_checkpoint(folder / WEIGHTS, network, header, report.traces[training])
    write_segmenter_card(folder / "card.md", network, data, scores, on, [command, cost])
    facts = {"epochs": len(history.rows), "seconds": round(seconds, 1), "judged_on": on}
    write_run_json(folder, history.recipe, command, data, **facts, parameters=parameter_count(network))
    return scores
