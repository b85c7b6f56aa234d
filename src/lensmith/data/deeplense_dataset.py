"""DeepLense images as a data set of lensmith's own layout."""

from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet
from lensmith.data.dataset_folder import held_for_writing
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.deeplense import DeepLenseImages, read_deeplense
from lensmith.data.samples import ArraySpec, Column, Samples

_BATCH = 256

COLUMNS = {
    "label": Column("int64", "", "class: 0 no, 1 sphere, 2 vort"),
    "class": Column("str", "", "class of the substructure"),
    "split": Column("str", "", "train, val or test; empty without a split"),
    "file": Column("str", "", "name of the image's file in the DeepLense folder"),
}


def deeplense_to_dataset(source: Path | str, target: Path | str) -> DataSet:
    """Write the DeepLense images in `source` (folder or zip archive) as a data set: array ``image`` ``[1, y, x]``.

    Raises
    ------
    InputError
        as `read_deeplense`, or if an image is not sound; the data set is then not whole, and is gone on with when the
        same call is repeated.
    OutputError, SettingsError
        if `target` cannot be written, or holds something else.
    """
    images, target = read_deeplense(source), Path(target)
    specs = {"image": ArraySpec(images.shape, ("band", "y", "x"), description="as in the source, 0 to 1")}
    about = {"kind": "deeplense", "seed": 0, "survey": None, "settings": {}, "versions": {}}
    with held_for_writing(target):
        writer = DataSetWriter(target, len(images), specs, COLUMNS, about)
        while writer.done < writer.n:
            size = min(_BATCH, writer.room())
            writer.append(_samples(images, np.arange(writer.done, writer.done + size)))
        return writer.finish()


def _samples(images: DeepLenseImages, rows: np.ndarray) -> Samples:
    labels = images.labels[rows]
    truth = {
        "label": labels,
        "class": np.array([images.class_names[label] for label in labels]),
        "split": images.split[rows],
        "file": np.array([images.paths[row] for row in rows]),
    }
    return Samples(rows, {"image": np.stack([images.load(row) for row in rows])}, truth)
