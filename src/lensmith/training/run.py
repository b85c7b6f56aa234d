"""One network trained on some samples of a data set, judged on others, written into a folder."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from lensmith.nets import NetworkSpec, build_network, load_checkpoint, parameter_count, save_checkpoint
from lensmith.nets.network import Network
from lensmith.training.card import write_card
from lensmith.training.history import History
from lensmith.training.loop import Feed, fit
from lensmith.training.preflight import DataReport
from lensmith.training.prepared import Prepared, preparation_key, teach_or_fetch
from lensmith.training.recipe import Recipe
from lensmith.training.run_folder import is_main_process, write_run_json
from lensmith.training.scores import write_samples, write_scores
from lensmith.training.source import Source
from lensmith.training.stream import Stream

WEIGHTS = "model.safetensors"
START = "checkpoints/start.safetensors"
Tell = Callable[[str], None]


class Run:
    """One recipe on one data set: `once` trains one network on some of the samples."""

    def __init__(self, recipe: Recipe, source: Source, report: DataReport, cache: Path, command: str, tell: Tell):
        self.recipe, self.source, self.report = recipe, source, report
        self.cache, self.command, self.tell = cache, command, tell
        self.spec = NetworkSpec(
            name=recipe.net.name,
            settings=recipe.net.settings,
            inputs=recipe.inputs,
            shape=source.shape,
            classes=source.classes,
        )

    def once(
        self, folder: Path, training: np.ndarray | None, validation: np.ndarray, stream: Stream | None = None, test=()
    ) -> tuple[dict, np.ndarray]:
        """Train on samples `training` (or a stream), choose by `validation`, judge on `test` (or `validation`).

        The scores, and the class probabilities ``[judged sample, class]``.
        """
        began = time.monotonic()
        network = self._fresh_network(folder)
        prepared = self.prepared(network)
        feeds = self._feed(network, prepared, training, stream), self._feed(network, prepared, validation)
        if training is not None:
            self.tell(f"training on {len(training)}, validation {len(validation)}, {self._size(network)}")
        history = fit(network, self.recipe, *feeds, folder, self.tell)
        if not is_main_process():
            raise SystemExit(0)
        held_out = (self._tensors(prepared, part) for part in batched(validation))
        network.eval().learn_from_held_out(held_out, torch.from_numpy(self.source.labels[validation]))
        judged = np.asarray(test, int) if len(test) else validation
        probabilities = self.predict(network, prepared, judged)
        on = f"{len(judged)} test samples" if len(test) else f"{len(judged)} validation samples, which chose the epoch"
        seconds = time.monotonic() - began
        return self._write(folder, network, history, training, judged, probabilities, on, seconds), probabilities

    def predict(self, network: Network, prepared: Prepared, indices: np.ndarray) -> np.ndarray:
        """Class probabilities, float32 ``[index, class]``, of samples as they are, never augmented."""
        network.eval()
        with torch.inference_mode():
            scores = [network(self._tensors(prepared, part)) for part in batched(indices)]
        return torch.cat(scores).float().softmax(1).numpy()

    @staticmethod
    def _tensors(prepared: Prepared, indices: np.ndarray) -> dict[str, torch.Tensor]:
        return {name: torch.from_numpy(values) for name, values in prepared.fetch(indices).items()}

    def _fresh_network(self, folder: Path) -> Network:
        """New weights by the seed; what has to be learned before is learned once and kept for a resumed training."""
        start = folder / START
        if start.is_file():
            return load_checkpoint(start).network
        torch.manual_seed(self.recipe.loop.seed)
        network = build_network(self.spec)
        teach_or_fetch(network, self.cache, self.tell)
        save_checkpoint(start, network, {"epoch": 0})
        return load_checkpoint(start).network

    def prepared(self, network: Network) -> Prepared:
        """What the network reads of every sample."""
        key = preparation_key(network, self.report.digest)
        return Prepared(network, self.source, self.cache, key, self.tell)

    def _feed(self, network: Network, prepared: Prepared, indices, stream: Stream | None = None) -> Feed:
        if stream is not None:
            return Feed(_StreamFetch(network, stream), self.recipe.data.simulate.epoch, fresh=True)
        return Feed(_Fetch(prepared, self.source.labels, indices), len(indices))

    def _size(self, network: Network) -> str:
        return f"{self.spec.name} with {parameter_count(network):,} parameters"

    def _write(self, folder, network, history, training, judged, probabilities, on, seconds) -> dict:
        source, report = self.source, self.report
        cost = f"{len(history.rows)} epochs in {sum(row['seconds'] for row in history.rows) / 60:.1f} minutes."
        names = [source.names[i] for i in judged]
        about = {"judged_on": on, "network": self.spec.name, "seed": self.recipe.loop.seed}
        scores = write_scores(folder, names, source.labels[judged], probabilities, source.classes, about)
        write_samples(folder / "samples.png", source, judged, probabilities)
        data = report.summary(source)
        traces = report.traces[training] if training is not None else None
        header = {
            "scores": scores,
            "judged_on": on,
            "command": self.command,
            "seed": self.recipe.loop.seed,
            "data_sha256": report.digest,
            "data_made": source.made,
            "cost": cost,
        }
        save_checkpoint(folder / WEIGHTS, network, header, traces)
        write_card(folder / "card.md", network, self.recipe, data, scores, on, self.command, cost)
        best = min(history.rows, key=lambda row: row["val_loss"])["epoch"]
        chosen = best if self.recipe.loop.select == "best" else history.rows[-1]["epoch"]
        draw_curves(folder / "curves.png", history, chosen, self.spec.name)
        facts = {"epochs": len(history.rows), "chosen_epoch": chosen, "seconds": round(seconds, 1), "judged_on": on}
        facts["parameters"] = parameter_count(network)
        write_run_json(folder, self.recipe, self.command, data, **facts)
        return scores


def batched(indices: np.ndarray, size: int = 128) -> Iterator[np.ndarray]:
    """Indices, `size` at a time."""
    return (indices[start : start + size] for start in range(0, len(indices), size))


class _Fetch:
    """Inputs and labels of places in a list of samples."""

    def __init__(self, prepared: Prepared, labels: np.ndarray, indices: np.ndarray):
        self.prepared, self.labels, self.indices = prepared, labels, np.asarray(indices)

    def __call__(self, places: np.ndarray):
        indices = self.indices[places]
        return self.prepared.fetch(indices), self.labels[indices]


class _StreamFetch:
    """Inputs and labels of samples that are made now."""

    def __init__(self, network: Network, stream: Stream):
        self.network, self.stream = network, stream

    def __call__(self, places: np.ndarray):
        arrays, labels, _ = self.stream.load(places)
        return self.network.prepare(arrays), labels


def draw_curves(path: Path, history: History, chosen: int, title: str) -> None:
    """The picture of the epochs."""
    from lensmith.data import atomic_write
    from lensmith.plots import DPI, training_curves

    columns = {name: [row[name] for row in history.rows] for name in history.rows[0]}
    with atomic_write(path) as temporary:
        training_curves(columns, chosen, title).savefig(temporary, dpi=DPI)
