"""Simulated skies in the layouts that others read, written from a finished data set."""

from pathlib import Path

import numpy as np

from lensmith.data.dark_worlds import TrueHaloes, write_sky, write_true_haloes
from lensmith.data.dataset import open_dataset
from lensmith.data.sky_pictures import SkyPictureWriter
from lensmith.simulate.sky.settings import SkySettings

_BATCH = 64


def write_dark_worlds(folder: Path) -> None:
    """``dark-worlds/Sky1.csv``, ``Sky2.csv``, ... and ``halos.csv`` from the data set in `folder`."""
    target = folder / "dark-worlds"
    target.mkdir(exist_ok=True)
    data, truths = open_dataset(folder), []
    for samples in data.batches(_BATCH):
        for row, index in enumerate(samples.indices):
            name = f"Sky{int(index) + 1}"
            catalogue, haloes = _known(samples.arrays["catalogue"][row]), _known(samples.arrays["haloes"][row])
            write_sky(target / f"{name}.csv", catalogue)
            truths.append(TrueHaloes(name, haloes[:, :2], _reference(haloes)))
    write_true_haloes(target / "halos.csv", truths)


def write_pictures(folder: Path, settings: SkySettings) -> None:
    """``training/*.png``, ``validation/*.png`` and their labels and lenses from the data set in `folder`."""
    scale = settings.picture.side / settings.side
    with SkyPictureWriter(folder, "training") as training, SkyPictureWriter(folder, "validation") as validation:
        for samples in open_dataset(folder).batches(_BATCH):
            for row, index in enumerate(samples.indices):
                haloes = _known(samples.arrays["haloes"][row])[:, 1::-1] * scale - 0.5
                part = validation if int(index) % settings.validation_every == 0 else training
                part.add(f"sky-{int(index):06d}", np.asarray(samples.arrays["image"][row]), haloes)


def _known(rows: np.ndarray) -> np.ndarray:
    """The rows before the padding."""
    rows = np.asarray(rows, float)
    return rows[np.isfinite(rows[:, 0])]


def _reference(haloes: np.ndarray) -> np.ndarray:
    """The point that the score measures angles from: the mean of the haloes weighted with amplitude x scale^2."""
    if not len(haloes):
        return np.zeros(2)
    return np.average(haloes[:, :2], axis=0, weights=haloes[:, 2] * haloes[:, 3] ** 2)
