"""Labelled data sets of several surveys as one, for the segmenter that serves every instrument.

Each sample is shown as that segmenter sees it: one detection image of some of the bands in noise units, pixel scale
varied around the survey's own, the PSF's FWHM within `lensmith.nets.segmenter_input.FWHM_RANGE`.
"""

from pathlib import Path

import numpy as np

from lensmith.data.dataset import DataSet, open_dataset
from lensmith.data.dataset_folder import held_for_writing
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.labelling import ARRAY
from lensmith.data.labels import CLASSES
from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import InputError
from lensmith.nets.segmenter_input import FWHM_RANGE, detection_images, resampled

SCALES = (0.8, 1.25)
"""Pixels are made so many times finer or coarser than the survey's, at random."""
SHARES = (0.8, 0.1)
"""Of the samples for training and validation; the rest is for tests."""
_COLUMNS = {
    "split": Column("str", "", "train, val or test"),
    "survey": Column("str", "", "where the sample comes from"),
    "row": Column("int64", "", "which sample of its data set"),
    "bands": Column("int64", "", "bands that the detection image was made of"),
    "pixel_scale": Column("float64", "arcsec", "side of a pixel"),
    "psf_fwhm": Column("float64", "pixels", "FWHM of the PSF"),
}


def mix_segmentation(folders: list[Path | str], out: Path | str, side: int = 64, seed: int = 1) -> str:
    """Write the lenses of labelled data sets (rule ``truth``) into one data set; what was done, in words.

    Images ``[1, side, side]`` are cut or padded with sky. What is no lens (the truth's ``is_lens``) is left out: which
    galaxy is a lens is for a classifier to say, before.

    Raises
    ------
    InputError
        if a data set has no labels, or does not say its pixel scale and PSF.
    """
    sets = [open_dataset(folder) for folder in folders]
    for dataset in sets:
        if ARRAY not in dataset.arrays or dataset.arrays[ARRAY].ndim != 3:
            raise InputError(f"{dataset.path} is not labelled by truth: use `lensmith label` first")
    rows = [_lenses(dataset) for dataset in sets]
    n, image = sum(map(len, rows)), ArraySpec((1, side, side), ("band", "y", "x"), description="asinh(S/N / 3)")
    labels = ArraySpec((side, side), ("y", "x"), "uint8", description=f"classes {', '.join(CLASSES)}")
    about = {"kind": "segmentation", "survey": None, "seed": seed, "versions": {}}
    about["settings"] = {"sets": [dataset.path.name for dataset in sets], "side": side}
    about[ARRAY] = {"rule": "truth", "classes": list(CLASSES)}
    with held_for_writing(Path(out)):
        writer = DataSetWriter(Path(out), n, {"image": image, ARRAY: labels}, _COLUMNS, about)
        start = 0
        for number, (dataset, chosen) in enumerate(zip(sets, rows)):
            indices = np.arange(start, start + len(chosen))
            start += len(chosen)
            if start <= writer.done:
                continue
            made = [_sample(dataset, row, side, np.random.default_rng([seed, number, row])) for row in chosen]
            images, classes, truth = zip(*made)
            columns = {name: np.array([row[name] for row in truth]) for name in _COLUMNS}
            writer.append(Samples(indices, {"image": np.stack(images), ARRAY: np.stack(classes)}, columns))
        writer.finish()
    return f"{out}: {n} samples of {len(sets)} data sets, {side}x{side} pixels"


def _lenses(dataset: DataSet) -> np.ndarray:
    everything = np.arange(len(dataset))
    return everything[dataset.column("is_lens").astype(bool)] if "is_lens" in dataset.columns else everything


def _sample(dataset: DataSet, row: int, side: int, random: np.random.Generator):
    """Image ``[1, side, side]``, classes ``[side, side]`` and truth of one sample."""
    scale, fwhm, survey = optics(dataset, row)
    bands = np.sort(random.permutation(len(fwhm))[: random.integers(1, len(fwhm) + 1)])
    width = fwhm[bands].mean() / scale
    factor = float(np.clip(width * random.uniform(*SCALES), *FWHM_RANGE) / width)
    image = detection_images(dataset.arrays["image"][row][None, bands])[0]
    classes = resampled(dataset.arrays[ARRAY][row], factor, side, nearest=True).astype(np.uint8)
    where = random.random()
    split = "train" if where < SHARES[0] else "val" if where < sum(SHARES) else "test"
    truth = {"split": split, "survey": survey, "row": row, "bands": len(bands)}
    truth |= {"pixel_scale": scale / factor, "psf_fwhm": width * factor}
    return resampled(image, factor, side).astype(np.float32), classes, truth


def optics(dataset: DataSet, row: int) -> tuple[float, np.ndarray, str]:
    """Pixel scale [arcsec], FWHM of the PSF in each band [arcsec], and name of the survey of a sample."""
    survey = dataset.description.get("survey") or {}
    bands = [band["name"] for band in survey.get("bands", ())]
    if not bands or any(f"psf_fwhm_{name}" not in dataset.columns for name in bands):
        raise InputError(f"{dataset.path} does not say its pixel scale and PSF: simulate it with --survey")
    fwhm = np.array([dataset.column(f"psf_fwhm_{name}")[row] for name in bands])
    return float(survey["bands"][0]["pixel_scale"]), fwhm, str(survey["name"])
