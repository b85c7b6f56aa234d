"""Masks of samples that nobody has labelled: what `lensmith predict` writes for a segmenter."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lensmith.data.atomic import atomic_write
from lensmith.errors import InputError, SettingsError
from lensmith.nets.segmenter import Segmenter

_SLICES = "*.dcm"


def predict_masks(network: Segmenter, inputs: list[Path], out: Path, samples, tell=print) -> int:
    """Write the probabilities of the pixels of samples to the archive `out` (.npz); how many samples.

    It holds ``names``, ``classes`` (names), ``probabilities`` float16 ``[sample, class, y, x]``, the ``masks`` that the
    network makes of them (bool, `Segmenter.masks`) and ``problems``; a sample that cannot be read says why there, its
    probabilities are NaN and its masks empty. `inputs` are what `samples` reads (a
    generator of batches: names, arrays, problems), and folders of CHAOS, with or without masks.

    Raises
    ------
    InputError
        if nothing can be segmented.
    SettingsError
        if `out` is no .npz file.
    """
    if out.suffix.lower() != ".npz":
        raise SettingsError(f"--out {out}: masks are written as .npz")
    names, shares, masks, problems = [], [], [], []
    dicom = [path for path in inputs if _has_dicom(path)]
    others = [path for path in inputs if path not in dicom]
    for batch in (*_slices(dicom, network), *([samples(others)] if others else [])):
        for found, arrays, wrong in batch:
            names += [*found, *(name for name, _ in wrong)]
            problems += [*([""] * len(found)), *(problem for _, problem in wrong)]
            if found:
                likely = network.probabilities(arrays)
                shares += list(likely.astype(np.float16))
                masks += list(network.masks(arrays, likely))
            shares += [None] * len(wrong)
            masks += [None] * len(wrong)
            tell(f"{len(names)} samples")
    shapes = {share.shape for share in shares if share is not None}
    if len(shapes) != 1:
        raise InputError("no sample can be segmented" if not shapes else "the images differ in size: ask for one size")
    empty = np.full(shapes.pop(), np.nan, np.float16)
    with atomic_write(out) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            names=np.array(names),
            classes=np.array(network.spec.classes),
            probabilities=np.stack([empty if share is None else share for share in shares]),
            masks=np.stack([np.zeros(empty.shape, bool) if mask is None else mask for mask in masks]),
            problems=np.array(problems),
        )
    return len(names)


def _has_dicom(path: Path) -> bool:
    return Path(path).is_dir() and next(Path(path).rglob(_SLICES), None) is not None


def _slices(folders: list[Path], network: Segmenter) -> Iterator[list]:
    """Batches of the slices below folders, averaged down as those that a segmenter was trained on."""
    from lensmith.data.chaos import read_dicom_slice
    from lensmith.training.segmentation_source import shrunk_slice

    for folder in folders:
        for path in sorted(Path(folder).rglob(_SLICES)):
            name = str(path.relative_to(folder))
            try:
                image = shrunk_slice(read_dicom_slice(path)[0])[None, None]
            except InputError as error:
                yield [([], {}, [(name, str(error))])]
                continue
            yield [([name], {network.reads[0]: image}, [])]
