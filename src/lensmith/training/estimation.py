"""Training of an estimator from recipe to run folder."""

from pathlib import Path

import numpy as np
import torch

from lensmith.errors import InputError
from lensmith.nets import NetworkSpec, build_network, parameter_count, save_checkpoint
from lensmith.nets.estimator import NAMES, Estimator, scaled_truth
from lensmith.training.estimation_module import TRUTH, EstimationHistory, EstimationModule
from lensmith.training.estimation_scores import estimation_scores, write_estimator_card
from lensmith.training.loop import Feed, fit
from lensmith.training.order import TURN
from lensmith.training.preflight import inspect
from lensmith.training.prepared import Prepared, preparation_key
from lensmith.training.recipe import Recipe
from lensmith.training.run_folder import open_run_folder, write_run_json
from lensmith.training.scores import write_json
from lensmith.training.source import Source, open_source
from lensmith.training.train import standard_split

WEIGHTS = "model.safetensors"
PIXEL_SCALE = "pixel_scale"


def train_estimator(
    recipe: Recipe, out: Path, data: Path | None = None, resume: bool = False, command: str = "", tell=print
) -> dict:
    """Train as `recipe` says on the lenses among views (`lensmith mix`) into the run folder `out`; its scores.

    Raises
    ------
    InputError, SettingsError, OutputError
        before an epoch is spent, where data, recipe or folder are not sound.
    """
    recipe, where = recipe.on_disk(data, "an estimator learns from views on disk: add --data DIR (see `lensmith mix`)")
    source = open_source(where, (recipe.inputs.array,))
    truth, pixel_scale = truths(where)
    torch.manual_seed(recipe.loop.seed)
    spec = NetworkSpec(
        name=recipe.net.name, settings=recipe.net.settings, inputs=recipe.inputs, shape=source.shape, classes=NAMES
    )
    network = build_network(spec)
    report = inspect(source, recipe.inputs.array, tell, every_class=False)
    open_run_folder(out, recipe, resume, needed=20 * parameter_count(network) + 20e6)
    lenses = np.isfinite(truth).all(1)
    training, validation, test = (part[lenses[part]] for part in standard_split(recipe, source, report, tell))
    if not len(training) or not len(validation):
        raise InputError(f"{where} has no lenses to train on and to validate with")
    tell(f"training on {len(training)} lenses, validation {len(validation)}, {parameter_count(network):,} parameters")
    folder = Path(recipe.data.prepared or out / "prepared")
    prepared = Prepared(network, source, folder, preparation_key(network, report.digest), tell)
    scaled = scaled_truth(truth, pixel_scale).astype(np.float32)
    feeds = [Feed(_Fetch(prepared, scaled, part), len(part)) for part in (training, validation)]
    history = fit(network, recipe, *feeds, out, tell, EstimationModule, EstimationHistory)
    network.calibrate(*predicted(network, prepared, validation), scaled[validation])
    judged = test if len(test) else validation
    on = f"{len(judged)} test lenses" if len(test) else f"{len(judged)} validation lenses, which set epoch and widths"
    scores = estimation_scores(*predicted(network, prepared, judged), scaled[judged])
    seconds = sum(row["seconds"] for row in history.rows)
    cost = f"{len(history.rows)} epochs in {seconds / 60:.1f} minutes."
    summary = report.summary(source)
    header = {"judged_on": on, "command": command, "data_sha256": report.digest, "cost": cost}
    save_checkpoint(out / WEIGHTS, network, header | {"estimation_scores": scores}, report.traces[training])
    write_json(out / "metrics.json", scores | {"judged_on": on})
    write_estimator_card(out / "card.md", network, summary, len(training), scores, on, [command, cost])
    facts = {"epochs": len(history.rows), "seconds": round(seconds, 1), "judged_on": on}
    write_run_json(out, recipe, command, summary, **facts, parameters=parameter_count(network))
    return scores


def truths(where: Path) -> tuple[np.ndarray, np.ndarray]:
    """Truths ``[sample, p]`` in arcsec (NaN: no lens) and pixel scales ``[sample]`` of a data set of views."""
    from lensmith.data import open_dataset

    dataset = open_dataset(where)
    return np.stack([dataset.column(name) for name in NAMES], 1), dataset.column(PIXEL_SCALE)


def predicted(network: Estimator, prepared: Prepared | Source, indices: np.ndarray) -> tuple[np.ndarray, ...]:
    """Scaled medians, covariances and tails of samples as they are, never turned."""
    parts = []
    for start in range(0, len(indices), 128):
        inputs = prepared.fetch(indices[start : start + 128])
        parts.append(network.scaled_estimate({name: torch.from_numpy(values) for name, values in inputs.items()}))
    return tuple(np.concatenate(some) for some in zip(*parts))


class _Fetch:
    """Inputs with scaled truths and a place for the turn, and labels that nobody reads, of places in a list."""

    def __init__(self, prepared: Prepared, scaled: np.ndarray, indices: np.ndarray):
        self.prepared, self.scaled, self.indices = prepared, scaled, np.asarray(indices)

    def __call__(self, places: np.ndarray):
        indices = self.indices[places]
        turn = np.zeros(len(places), np.int64)
        inputs = self.prepared.fetch(indices) | {TRUTH: self.scaled[indices], TURN: turn}
        return inputs, np.zeros(len(places), np.int64)
