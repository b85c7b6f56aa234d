"""The class folders of the public DeepLense data, from a simulated data set."""

from pathlib import Path

import numpy as np

from lensmith.data.dataset import open_dataset
from lensmith.data.deeplense_png import scale_to_unit

FOLDER = "deeplense"
"""Folder inside the data set that holds ``{train,val}/{no,sphere,vort}/<sample>.npy``."""


def write_class_folders(folder: Path, classes: tuple[str, ...], val_every: int) -> Path:
    """Every image of the data set in `folder` as a float32 ``[1, y, x]`` array from 0 to 1 in its class's folder.

    Every `val_every`-th image of a class goes to ``val``, the others to ``train``. Returns the folder of both.
    """
    dataset = open_dataset(folder)
    names = dataset.column("class")
    seen = dict.fromkeys(classes, 0)
    for i, kind in enumerate(names):
        seen[kind] += 1
        split = "val" if seen[kind] % val_every == 0 else "train"
        path = folder / FOLDER / split / kind / f"{i:07d}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, scale_to_unit(np.asarray(dataset.arrays["image"][i], np.float32)))
    return folder / FOLDER
