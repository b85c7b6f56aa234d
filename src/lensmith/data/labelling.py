"""`lensmith label`: masks for the samples of a folder, by one of the two rules of `lensmith.data.labels`."""

from pathlib import Path

import numpy as np

from lensmith.data import labels
from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.dataset_folder import DESCRIPTION, held_for_writing, write_json, writing
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.data.scene_components import component_names, scene_components, scene_noise, scene_optics
from lensmith.data.segmentation_sets import ARC, COMPOSITE, LENS, read_image_stack
from lensmith.errors import SettingsError

RULES = ("truth", "percentile")
ARRAY = "segmentation"
"""The array of a data set that holds the labels: classes ``[sample, y, x]`` or masks ``[sample, class, y, x]``."""
STACK = "images.npy"
SHARES = {"train": 16_000, "val": 2_000, "test": 2_000}
"""Sizes of the published parts; another number of samples is divided alike."""
SIDE = 128
_CHUNK = 256


def label_folder(folder: Path | str, rule: str, snr: float = labels.SNR, enhance: bool = False, seed: int = 1) -> str:
    """Label the samples of a folder; what was done, in words.

    ``truth`` adds the array ``segmentation`` (classes) to a data set of `lensmith simulate` with components;
    ``percentile`` writes a data set of its own, ``<folder>/percentile`` (image, masks, split), from such a data set or
    from the public ``images.npy``. `enhance` brightens faint arcs in the images of the latter; `seed` divides it.

    Raises
    ------
    InputError
        if the folder holds no such samples.
    SettingsError
        if there is no such rule, or the samples are labelled already.
    """
    folder = Path(folder)
    if rule not in RULES:
        raise SettingsError(f"there is no rule {rule}: labels are made by {' or '.join(RULES)}")
    if snr <= 0:
        raise SettingsError(f"--snr {snr:g}: a pixel's S/N must be above a positive number")
    if rule == "truth":
        return _label_by_truth(open_dataset(folder), snr)
    stack = folder / STACK if folder.is_dir() else folder
    if stack.name == STACK and stack.is_file():
        images = read_image_stack(stack)
        read = lambda rows: tuple(np.asarray(images[rows, ..., k], np.float32) for k in (COMPOSITE, LENS, ARC))
        return _label_by_percentile(read, len(images), images.shape[1:3], stack.parent, enhance, seed)
    dataset = open_dataset(folder)
    names = component_names(dataset)
    shape = dataset.specs["lens"].shape[-2:]
    return _label_by_percentile(lambda rows: _summed(dataset, names, rows), len(dataset), shape, folder, enhance, seed)


def _label_by_truth(dataset: DataSet, snr: float) -> str:
    names, optics = component_names(dataset), scene_optics(dataset)
    if ARRAY in dataset.arrays:
        raise SettingsError(f"{dataset.path} is labelled already; simulate it again to label it otherwise")
    area = 1.0 if optics is None else labels.noise_equivalent_area(optics.fwhm / optics.pixel_scale)
    area = np.broadcast_to(area, (len(dataset), dataset.specs["lens"].shape[0]))
    path, start, counts = dataset.path, 0, np.zeros(len(labels.CLASSES), np.int64)
    with held_for_writing(path), writing(path):
        for shard in dataset.description["shards"]:
            size, shape = shard["n"], dataset.specs["lens"].shape[-2:]
            out = np.lib.format.open_memmap(path / shard["folder"] / f"{ARRAY}.npy", "w+", np.uint8, (size, *shape))
            for low in range(0, size, _CHUNK):
                rows = slice(start + low, start + min(low + _CHUNK, size))
                parts, sigma = scene_components(dataset, names, rows), scene_noise(dataset, rows)
                out[low : low + _CHUNK] = labels.truth_classes(parts, sigma, snr, area[rows])
                counts += np.bincount(out[low : low + _CHUNK].ravel(), minlength=len(counts))
            out.flush()
            start += size
        within = "a pixel (the data set does not say its PSF)" if optics is None else "the PSF's noise-equivalent area"
        write_json(_with_labels(dataset, snr, within), path / DESCRIPTION)
    shares = ", ".join(f"{name} {n / counts.sum():.1%}" for name, n in zip(labels.CLASSES, counts))
    return f"{path}: {len(dataset)} samples labelled by truth, S/N above {snr:g} in {within} ({shares} of the pixels)"


def _with_labels(dataset: DataSet, snr: float, within: str) -> dict:
    """The description of a data set that has got its labels."""
    about = (
        f"classes {', '.join(f'{k} {name}' for k, name in enumerate(labels.CLASSES))}; S/N above {snr:g} in {within}"
    )
    spec = {"shape": list(dataset.specs["lens"].shape[-2:]), "axes": ["y", "x"], "dtype": "uint8", "unit": ""}
    arrays = dataset.description["arrays"] | {ARRAY: spec | {"description": about}}
    made = {"rule": "truth", "snr": snr, "within": within, "classes": list(labels.CLASSES)}
    return dataset.description | {"arrays": arrays, ARRAY: made}


def _summed(dataset: DataSet, names: list[str], rows) -> tuple[np.ndarray, ...]:
    """Noise-free composite, lens and arcs ``[sample, y, x]``, bands averaged."""
    light = {name: dataset.arrays[name][rows].mean(1) for name in names}
    return sum(light.values()), light["lens"], light["source"]


def _label_by_percentile(read, n: int, shape: tuple[int, int], folder: Path, enhance: bool, seed: int) -> str:
    target, side = folder / "percentile", max(SIDE, *shape)
    specs = {
        "image": ArraySpec((1, side, side), ("band", "y", "x"), description="noise-free, over its 99th percentile"),
        ARRAY: ArraySpec((2, side, side), ("class", "y", "x"), "uint8", description="masks of lens and of arcs"),
    }
    columns = {
        "split": Column("str", "", "train, val or test"),
        "has_arc": Column("bool", "", "whether there are arcs; without them their mask is empty"),
    }
    made = {"rule": "percentile", "enhanced": enhance, "classes": list(labels.PERCENTILE_CLASSES)}
    about = {"kind": "segmentation", "survey": None, "seed": seed, "settings": {}, "versions": {}, ARRAY: made}
    split = _split(n, seed)
    with held_for_writing(target):
        writer = DataSetWriter(target, n, specs, columns, about)
        for start in range(writer.done, n, _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, n))
            composite, lens, arc = read(rows)
            if enhance:
                composite = labels.enhance_arcs(labels.to_byte_range(composite))
            image = labels.padded(labels.normalised(composite), side)[:, None]
            masks = labels.padded(labels.percentile_masks(lens, arc), side).astype(np.uint8)
            truth = {"split": split[rows], "has_arc": masks[:, 1].any((1, 2))}
            writer.append(Samples(rows, {"image": image, ARRAY: masks}, truth))
        writer.finish()
    counts = ", ".join(f"{np.sum(split == name)} {name}" for name in SHARES)
    return f"{target}: {n} samples labelled by percentile ({counts})"


def _split(n: int, seed: int) -> np.ndarray:
    """``train``, ``val`` or ``test`` of each sample, in the published shares, at random."""
    total = sum(SHARES.values())
    edges = np.round(np.cumsum([0, *SHARES.values()]) * n / total).astype(int)
    names = np.empty(n, object)
    order = np.random.default_rng(seed).permutation(n)
    for name, low, high in zip(SHARES, edges[:-1], edges[1:]):
        names[order[low:high]] = name
    return names
