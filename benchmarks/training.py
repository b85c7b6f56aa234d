"""Images a second in training: lensmith's loop beside a bare PyTorch loop of the same network, in one process."""

import shutil
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import WORK
from benchmarks.page import table
from lensmith.training.history import History

NETWORKS = ("resnet18", "resnet10", "lens-pinn")
SIDE, BATCH, BATCHES = 75, 64, 6


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
    random = np.random.default_rng(0)
    images = random.random((BATCH * BATCHES, 1, SIDE, SIDE), dtype=np.float32)
    labels = random.integers(0, 3, len(images))
    found = {}
    for name in NETWORKS:
        _bare(name, images[:BATCH], labels[:BATCH])
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(_bare(name, images, labels))
            ours.append(_lensmith(name, images, labels, WORK / "training"))
        found[name] = bare, ours
    return found


def _network(name: str):
    from lensmith.nets import NetworkSpec, build_network

    return build_network(NetworkSpec(name=name, shape=(1, SIDE, SIDE))).to(memory_format=torch.channels_last)


def _bare(name: str, images: np.ndarray, labels: np.ndarray) -> float:
    """Seconds of one epoch of the loop that one would write by hand: shuffled batches, AdamW, channels last."""
    network = _network(name).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    pixels, truth = torch.from_numpy(images), torch.from_numpy(labels)
    began = time.process_time()
    for chosen in torch.randperm(len(pixels)).split(BATCH):
        batch = pixels[chosen].contiguous(memory_format=torch.channels_last)
        loss = torch.nn.functional.cross_entropy(network({"image": batch}), truth[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return time.process_time() - began


def _lensmith(name: str, images: np.ndarray, labels: np.ndarray, folder: Path) -> float:
    """Seconds of one epoch of `lensmith train`, its flips and turns and a validation batch of 8 images included."""
    from lensmith.training.loop import Feed, fit
    from lensmith.training.recipe import load_recipe

    shutil.rmtree(folder, ignore_errors=True)
    recipe = load_recipe("resnet18", [f"net.name={name}", "loop.epochs=1", f"loop.batch={BATCH}"])
    fetch = lambda places: ({"image": images[places]}, labels[places])
    feeds = Feed(fetch, len(images)), Feed(fetch, 8)
    history = fit(_network(name), recipe, *feeds, folder, lambda line: None, history_of=_Clock)
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
    header = ["network", "bare loop [images/s]", "lensmith [images/s]", "time ratio, fastest", "median of rounds"]
    return (
        f"{n} images of {SIDE} x {SIDE} pixels in memory, batches of {BATCH}, float32, one thread, {rounds} rounds in "
        "turn, time of the processor. The bare loop shuffles, steps AdamW and does nothing else; lensmith's also flips "
        "and turns, and validates on 8 images; checkpoints (some tenths of a second an epoch) are not counted.\n\n"
        f"{table(header, rows)}"
    )
