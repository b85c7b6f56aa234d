"""Class probabilities of images that nobody has labelled, a table out, in constant memory."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lensmith.errors import InputError, SettingsError
from lensmith.nets import NETWORKS, load_checkpoint

_BATCH = 128


def predict(
    checkpoint: str | Path, inputs: list[Path], out: Path, tell=print, light_curves: Path | None = None,
    every_epoch: bool = False,
) -> int:  # fmt: skip
    """Write one row a sample to the CSV table `out`: name, predicted class, one probability a class; how many.

    `inputs` are ``.npy`` files (one image, or a stack ``[sample, (band,) y, x]``), PNGs, folders of them, DeepLense
    folders or archives, and data sets; with a table of `light_curves`, for a network that reads them, FITS cutouts
    whose names the table has (or none, where the network needs no image). An image that cannot be read is a row without
    probabilities that says why. With `every_epoch`, for a network that can, a row after each epoch of the light curve.
    A network of skies takes galaxy catalogues and pictures, and says where the halo is (`predict_skies`); a segmenter
    writes the probabilities of pixels to an archive, .npz (`predict_masks`).

    Raises
    ------
    InputError
        if the checkpoint or every input is not sound.
    """
    out = Path(out)
    network = load_checkpoint(checkpoint).network
    if NETWORKS[network.spec.name].task == "segment":
        from lensmith.training.predict_masks import predict_masks

        return predict_masks(network, inputs, out, lambda paths: _found(network, paths, None), tell)
    if out.suffix.lower() != ".csv":
        raise SettingsError(f"--out {out}: predictions are written as .csv")
    if NETWORKS[network.spec.name].task == "sky":
        from lensmith.training.predict_skies import predict_skies

        return predict_skies(network, inputs, out, tell)
    if NETWORKS[network.spec.name].task != "classify":
        raise SettingsError(f"{checkpoint} holds {network.spec.name}, which gives no class: see `lensmith evaluate`")
    if every_epoch and not hasattr(network, "probabilities_after_every_epoch"):
        raise SettingsError(f"{network.spec.name} does not tell of single epochs: leave out --every-epoch")
    classes = network.spec.classes
    temporary = out.with_name(f".{out.name}.tmp")
    done = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            more = ["epochs"] if every_epoch else []
            writer.writerow(["name", *more, "predicted", *(f"p_{name}" for name in classes), "problem"])
            for names, arrays, problems in _found(network, inputs, light_curves):
                for name, problem in problems:
                    writer.writerow([name, *[""] * (len(more) + 1 + len(classes)), problem])
                if names:
                    writer.writerows(_rows(network, names, arrays, every_epoch))
                before, done = done, done + len(names) + len(problems)
                if done // 10_000 > before // 10_000:
                    tell(f"{done} samples")
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    return done


def _rows(network, names: list[str], arrays: dict[str, np.ndarray], every_epoch: bool) -> Iterator[list]:
    """Rows of the table: one a sample, or one a sample and epoch."""
    asked = network.probabilities_after_every_epoch if every_epoch else network.probabilities
    for place, (name, answers) in enumerate(zip(names, asked(arrays), strict=True)):
        if not np.isfinite(answers).all():
            wrong = [key for key, values in arrays.items() if not np.isfinite(values[place]).all()]
            problem = f"{' and '.join(wrong) or 'the answer'} has values that are not finite"
            yield [name, *[""] * (every_epoch + 1 + answers.shape[-1]), problem]
            continue
        for epoch, row in enumerate(np.atleast_2d(answers), start=1):
            predicted = network.spec.classes[int(row.argmax())]
            yield [name, *([epoch] if every_epoch else []), predicted, *(f"{p:.6g}" for p in row), ""]


def _found(network, inputs: list[Path], light_curves: Path | None) -> "Iterator[Batch]":
    """What is to be asked about, in batches."""
    if light_curves is None:
        if not inputs:
            raise SettingsError("there is nothing to ask about: name files or folders")
        return batches(_samples(inputs, network.reads, network.spec.shape))
    from lensmith.training.transient_files import transient_samples

    return batches(transient_samples(network, inputs, light_curves))


Batch = tuple[list[str], dict[str, np.ndarray], list[tuple[str, str]]]


def batches(samples: Iterator[tuple[str, dict, str]]) -> Iterator[Batch]:
    """Names and arrays of up to 128 samples at a time, and (name, problem) of those that cannot be used.

    `samples` are (name, arrays, problem); a batch ends where arrays change their shape.
    """
    names, kept, problems = [], [], []
    for name, arrays, problem in samples:
        if kept and not problem and _shapes(arrays) != _shapes(kept[0]):
            yield names, _stacked(kept), problems
            names, kept, problems = [], [], []
        if problem:
            problems.append((name, problem))
        else:
            names.append(name)
            kept.append(arrays)
        if len(names) + len(problems) == _BATCH:
            yield names, _stacked(kept), problems
            names, kept, problems = [], [], []
    if names or problems:
        yield names, _stacked(kept), problems


def _shapes(arrays: dict[str, np.ndarray]) -> list[tuple[int, ...]]:
    return [np.shape(values) for values in arrays.values()]


def _stacked(kept: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([arrays[name] for arrays in kept]) for name in kept[0]} if kept else {}


def _samples(inputs: list[Path], reads, shape) -> Iterator[tuple[str, dict, str]]:
    for path in map(Path, inputs):
        if (path / "dataset.json").is_file():
            yield from _of_dataset(path, reads, shape)
            continue
        for name, load in _images(path):
            try:
                yield from _checked(name, load(), reads, shape)
            except InputError as error:
                yield name, {}, str(error)


def _of_dataset(path: Path, reads, shape) -> Iterator[tuple[str, dict, str]]:
    from lensmith.training.source import open_source

    source = open_source(path, reads)
    for start in range(0, len(source), _BATCH):
        indices = np.arange(start, min(start + _BATCH, len(source)))
        arrays = source.load(indices)
        for place, i in enumerate(indices):
            one = {name: values[place] for name, values in arrays.items()}
            problem = _problem(one[reads[0]].reshape(source.shape), shape)
            yield f"{path.name}/{source.names[i]}", one, problem


def _checked(name: str, array: np.ndarray, reads, shape) -> Iterator[tuple[str, dict, str]]:
    """One image or every image of a stack."""
    bands = shape[0]
    single = array.ndim == 2 or (array.ndim == 3 and array.shape[0] == bands)
    if not single and array.ndim not in (3, 4):
        yield name, {}, f"an array of shape {array.shape} is neither an image nor a stack of them"
        return
    for i, image in enumerate([array] if single else array):
        image = np.asarray(image, np.float32)
        image = image[None] if image.ndim == 2 else image
        problem = _problem(image, shape)
        others = {other: np.float32(np.nan) for other in reads[1:]}
        yield name if single else f"{name}[{i}]", {reads[0]: image} | others, problem


def _problem(image: np.ndarray, shape: tuple[int, int, int]) -> str:
    if image.shape != tuple(shape):
        return f"shape {image.shape}, but the network was trained on {tuple(shape)}"
    return "" if np.isfinite(image).all() else "values that are not finite"


def _images(path: Path) -> Iterator[tuple[str, object]]:
    """Name and loader of every image below `path`."""
    if path.suffix.lower() == ".npy" and path.is_file():
        yield str(path), lambda: _memory_map(path)
        return
    from lensmith.data.deeplense import SUFFIXES, ImageTree, open_tree

    tree = ImageTree(path.parent) if path.suffix.lower() == ".png" and path.is_file() else open_tree(path)
    names = [path.name] if path.is_file() and path.suffix.lower() == ".png" else tree.names()
    found = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not found:
        raise InputError(f"{path} holds no {' or '.join(SUFFIXES)} file")
    for name in found:
        yield tree.label(name), lambda name=name: tree.image(name)


def _memory_map(path: Path) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{path} is no sound array ({str(error).splitlines()[0]})") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise InputError(f"{path} holds no real numbers")
    return array
