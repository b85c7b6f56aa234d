"""A tiny data set in the DeepLense layout: rings whose width says the class."""

from pathlib import Path

import numpy as np

CLASSES = ("no", "sphere", "vort")
TINY = ("net.name=lens-pinn", "net.settings={width: 8, hidden: 16, dropout: 0.1}", "loop.batch=16", "loop.epochs=3")
"""Settings that train in a second."""


def ring(kind: int, seed: int, side: int = 32) -> np.ndarray:
    """One image from 0 to 1, float32 ``[1, y, x]``."""
    random = np.random.default_rng([kind, seed])
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    x, y = x - random.uniform(-1, 1), y - random.uniform(-1, 1)
    image = np.exp(-((np.hypot(x, y) - 8) ** 2) / (1 + 3 * kind) ** 2) * (1 + 0.3 * x / side)
    image = image + 0.05 * random.normal(size=image.shape)
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)[None]


def write_rings(folder: Path, train: int = 16, val: int = 6, side: int = 32) -> Path:
    """``{train,val}/{no,sphere,vort}/*.npy``."""
    for split, n, first in (("train", train, 0), ("val", val, 1000)):
        for kind, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True, exist_ok=True)
            for i in range(n):
                np.save(folder / split / name / f"{i:03d}.npy", ring(kind, first + i, side))
    return folder
