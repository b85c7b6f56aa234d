"""One training from fresh weights to the best: Lightning underneath, exact to resume."""

import logging
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from lensmith.errors import InputError, OutputError
from lensmith.nets.network import Network
from lensmith.training.history import BEST, LAST, History
from lensmith.training.module import ClassifierModule
from lensmith.training.order import Batches, EpochOrder, InOrder, as_tensors
from lensmith.training.precision import precision_here
from lensmith.training.recipe import Recipe

Fetch = Callable[[np.ndarray], tuple[dict[str, np.ndarray], np.ndarray]]


@dataclass(frozen=True)
class Feed:
    """What the loop reads: `fetch` gives inputs and labels of places 0 to `n` - 1, without end where `fresh`."""

    fetch: Fetch
    n: int
    fresh: bool = False


def fit(
    network: Network,
    recipe: Recipe,
    training: Feed,
    validation: Feed,
    folder: Path,
    tell,
    module_of: Callable[..., ClassifierModule] = ClassifierModule,
    history_of: type[History] = History,
) -> History:
    """Train `network` in place and leave it with the weights that `recipe.loop.select` asks for.

    Goes on from the last checkpoint in `folder` where there is one. ``module_of(network, recipe, steps=...)`` makes the
    step of the loop, `history_of` keeps its epochs: another task than classification brings its own.

    Raises
    ------
    FitError
        if the loss is not finite.
    OutputError
        if the disk fills up.
    """
    (folder / LAST).parent.mkdir(parents=True, exist_ok=True)
    history = history_of(folder, recipe, tell)
    with _quiet():
        trainer = _trainer(recipe, folder, history, precision_here(recipe.loop.precision, tell))
        loop, rank, world = recipe.loop, trainer.global_rank, trainer.world_size
        order = EpochOrder(training.n, loop.batch, loop.seed, recipe.data.augment, rank, world, training.fresh)
        if loop.channels_last:
            network.to(memory_format=torch.channels_last)
        # Lightning leaves the mode as it is, and a network that was read from a file is in evaluation mode.
        network.train()
        module = module_of(network, recipe, steps=len(order) * loop.epochs)
        loaders = _loader(training, order, loop.workers), _loader(validation, InOrder(validation.n, loop.batch), 0)
        try:
            with _interrupts(history, tell):
                last = folder / LAST
                trainer.fit(module, *loaders, ckpt_path=last if last.is_file() else None, weights_only=True)
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be written ({error.strerror}): make room and run it with --resume"
            ) from None
    if trainer.is_global_zero:
        _take_weights(network, folder / BEST)
    return history


@contextmanager
def _interrupts(history: History, tell) -> Iterator[None]:
    """Hand on an interrupt from the keyboard, of which Lightning makes an exit and is deaf from then on."""
    try:
        yield
    except SystemExit as stop:
        if stop.code != 1:
            raise
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tell(f"stopped after {len(history.rows)} whole epochs; add --resume to go on")
        raise KeyboardInterrupt from None


def _loader(feed: Feed, order: EpochOrder | InOrder, workers: int) -> DataLoader:
    return DataLoader(
        Batches(feed.fetch, feed.n),
        batch_sampler=order,
        collate_fn=as_tensors,
        num_workers=workers,
        persistent_workers=workers > 0,
        # Forked workers would inherit the threads of JAX and torch; what they need is sent to them.
        multiprocessing_context="spawn" if workers else None,
        pin_memory=torch.cuda.is_available(),
    )


def _trainer(recipe: Recipe, folder: Path, history: History, precision: str) -> pl.Trainer:
    loop = recipe.loop
    accelerated = torch.cuda.is_available()
    devices = loop.devices or (torch.cuda.device_count() if accelerated else 1)
    terminal = sys.stderr.isatty() and sys.stdout.isatty()
    return pl.Trainer(
        accelerator="gpu" if accelerated else "cpu",
        devices=devices,
        num_nodes=loop.nodes,
        strategy="ddp" if devices * loop.nodes > 1 else "auto",
        precision=precision,
        max_epochs=loop.epochs,
        gradient_clip_val=loop.clip,
        logger=TensorBoardLogger(str(folder), name="", version="tensorboard"),
        callbacks=[history, *([RichProgressBar(leave=False)] if terminal else [])],
        enable_progress_bar=terminal,
        enable_checkpointing=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        sync_batchnorm=devices * loop.nodes > 1 and accelerated,
        log_every_n_steps=50,
        default_root_dir=str(folder),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Lightning's tips and torch's notices stay out of the output."""
    loggers = [logging.getLogger(name) for name in ("lightning", "lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for module in ("lightning", "torch", "tensorboard"):
                warnings.filterwarnings("ignore", module=rf"{module}\b")
            yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def _take_weights(network: Network, path: Path) -> None:
    from lensmith.nets import load_checkpoint

    if not path.is_file():
        raise InputError(f"{path} is missing: the run folder is not whole; train again into another --out")
    network.load_state_dict(load_checkpoint(path).network.state_dict())
    network.to("cpu")
    network.eval()
