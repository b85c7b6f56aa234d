"""Samples a second in training: lensmith's loop beside a bare PyTorch loop of the same network, in one process."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import WORK
from benchmarks.page import table
from lensmith.training.history import History

IMAGES = ("resnet18", "resnet10", "lens-pinn")
TRANSIENTS = ("gravilens", "gravilens-image", "gravilens-curve", "gravilens-munet", "transient")
SIDE, BATCH, BATCHES = 75, 64, 12
CUTOUT, BANDS, EPOCHS = 45, 4, 14


@dataclass(frozen=True)
class _Case:
    """A network's name, the recipe and settings of its training, the shape of its images, inputs and labels."""

    name: str
    recipe: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    inputs: dict[str, np.ndarray]
    labels: np.ndarray

    def network(self):
        from lensmith.nets import NetworkSpec, build_network

        scale = {} if self.name in IMAGES else {"inputs": {"scale": "none"}}
        return build_network(NetworkSpec(name=self.name, shape=self.shape, classes=self.classes, **scale))


class _Clock(History):
    """Counts the processor's seconds of an epoch, validation included, what is written after it not."""

    def on_train_epoch_start(self, trainer, module) -> None:
        super().on_train_epoch_start(trainer, module)
        self.cpu = time.process_time()

    def on_train_epoch_end(self, trainer, module) -> None:
        seconds = time.process_time() - self.cpu
        super().on_train_epoch_end(trainer, module)
        self.rows[-1]["seconds"] = seconds


def measure(rounds: int) -> dict[str, tuple[list[float], list[float]]]:
    """Network -> seconds of the processor an epoch, bare loop and lensmith's, `rounds` of each in turn, one thread."""
    torch.set_num_threads(1)
    found = {}
    for name in IMAGES + TRANSIENTS:
        case = _case(name)
        _bare(case)
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(_bare(case))
            ours.append(_lensmith(case, WORK / "training"))
        found[name] = bare, ours
    return found


def _case(name: str) -> _Case:
    """Noise in the shape of the network's inputs, as it has prepared them, and labels by chance."""
    random = np.random.default_rng(0)
    n = BATCH * BATCHES
    if name in IMAGES:
        inputs = {"image": random.random((n, 1, SIDE, SIDE), dtype=np.float32)}
        labels = random.integers(0, 3, n)
        return _Case(name, "resnet18", (1, SIDE, SIDE), ("no", "sphere", "vort"), inputs, labels)
    curve = (n, EPOCHS, BANDS)
    arrays = {
        "image": random.random((n, BANDS, CUTOUT, CUTOUT), dtype=np.float32),
        "light_curve": random.random(curve, dtype=np.float32),
        "flux": random.normal(0, 3, curve).astype(np.float32),
        "flux_error": np.ones(curve, np.float32),
        "time": np.broadcast_to(7 * np.arange(EPOCHS, dtype=np.float32)[:, None], curve),
    }
    case = _Case(name, name, (BANDS, CUTOUT, CUTOUT), ("no_lens", "lens", "lensed_snia", "lensed_sncc"), {}, None)
    return _Case(name, name, case.shape, case.classes, case.network().prepare(arrays), random.integers(0, 4, n))


def _bare(case: _Case) -> float:
    """Seconds of one epoch of the loop that one would write by hand: shuffled batches, AdamW, channels last."""
    network = case.network().to(memory_format=torch.channels_last).train()
    optimiser, loss_of = torch.optim.AdamW(network.parameters(), lr=1e-3), torch.nn.CrossEntropyLoss()
    inputs = {key: torch.from_numpy(np.ascontiguousarray(values)) for key, values in case.inputs.items()}
    truth = torch.from_numpy(case.labels)
    began = time.process_time()
    for chosen in torch.randperm(len(truth)).split(BATCH):
        batch = {key: _channels_last(values[chosen]) for key, values in inputs.items()}
        loss = network.classification_loss(batch, truth[chosen], loss_of)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return time.process_time() - began


def _channels_last(values: torch.Tensor) -> torch.Tensor:
    return values.contiguous(memory_format=torch.channels_last) if values.ndim == 4 else values


def _lensmith(case: _Case, folder: Path) -> float:
    """Seconds of one epoch of `lensmith train`, its flips and turns and 8 samples of validation included."""
    from lensmith.training.loop import Feed, fit
    from lensmith.training.recipe import load_recipe

    shutil.rmtree(folder, ignore_errors=True)
    changes = [f"net.name={case.name}", "loop.epochs=1", f"loop.batch={BATCH}", "loop.channels_last=true"]
    recipe = load_recipe(case.recipe, changes)
    fetch = lambda places: ({key: values[places] for key, values in case.inputs.items()}, case.labels[places])
    feeds = Feed(fetch, len(case.labels)), Feed(fetch, 8)
    history = fit(case.network(), recipe, *feeds, folder, lambda line: None, history_of=_Clock)
    return history.rows[0]["seconds"]


def section(found: dict[str, tuple[list[float], list[float]]], rounds: int) -> str:
    """The section's text."""
    rows = []
    n = BATCH * BATCHES
    for name, (bare, ours) in found.items():
        ratios = np.array(ours) / np.array(bare)
        rows.append(
            [name, f"{n / min(bare):.0f}", f"{n / min(ours):.0f}", f"{min(ours) / min(bare):.3f}",
             f"{np.median(ratios):.3f}"]
        )  # fmt: skip
    header = ["network", "bare loop [samples/s]", "lensmith [samples/s]", "time ratio, fastest", "median of rounds"]
    return (
        f"{n} samples in memory (images of {SIDE} x {SIDE} pixels; for the networks of transients {BANDS} bands of "
        f"{CUTOUT} x {CUTOUT} and {EPOCHS} epochs), batches of {BATCH}, float32, channels last, one thread, {rounds} "
        "rounds in turn, time of the processor. The bare loop shuffles, takes the network's own loss, steps AdamW and "
        "does nothing else; lensmith's is that of the recipe (it flips and turns where that says so, and clips "
        "gradients for `transient`), and validates on 8 samples; checkpoints, tenths of a second an epoch, are not "
        f"counted.\n\n{table(header, rows)}"
    )
