"""DeepLense images from arrays to PNG and back, as the public entries did it: each image by itself, 8 bits deep."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from lensmith.data.image_tree import ImageTree, open_tree
from lensmith.errors import InputError, OutputError
from lensmith.types import FloatArray


@dataclass(frozen=True)
class Conversion:
    """How many images were converted, and in one sentence what of them is lost."""

    images: int
    lost: str


def npy_to_png(source: Path | str, target: Path | str) -> Conversion:
    """Every ``.npy`` below `source` (a folder or zip archive) as an 8-bit grey PNG of the same name below `target`.

    Each image is scaled so that its minimum is 0 and its maximum 255; a constant image becomes black.

    Raises
    ------
    InputError
        if `source` has no ``.npy``, or one that is not sound.
    OutputError
        if `target` exists and is not an empty folder, or cannot be written; nothing is left behind then.
    """
    lost = "each image keeps 256 grey levels of its own range: finer steps, and its minimum and maximum, are lost"
    return Conversion(_convert(open_tree(source), ".npy", Path(target), ".png", _write_png), lost)


def png_to_npy(source: Path | str, target: Path | str) -> Conversion:
    """Every PNG below `source` (a folder or zip archive) as a float32 ``[1, y, x]`` array from 0 to 1 below `target`.

    Raises as `npy_to_png`.
    """
    lost = "nothing more is lost; what the PNGs had lost (steps finer than 1/255, minimum and maximum) stays lost"
    return Conversion(_convert(open_tree(source), ".png", Path(target), ".npy", np.save), lost)


def scale_to_unit(image: FloatArray) -> FloatArray:
    """`image` with its minimum at 0 and its maximum at 1; zeros where it is constant."""
    low, high = image.min(), image.max()
    return np.zeros_like(image) if high == low else (image - low) / (high - low)


def _write_png(path: Path, image: FloatArray) -> None:
    Image.fromarray(np.round(255 * scale_to_unit(image[0])).astype(np.uint8)).save(path)


def _convert(
    tree: ImageTree, suffix: str, target: Path, new_suffix: str, write: Callable[[Path, FloatArray], None]
) -> int:
    """Write all images to a folder beside `target` that takes its name when whole; how many there are."""
    names = [name for name in tree.names() if name.lower().endswith(suffix)]
    if not names:
        raise InputError(f"{tree.path} holds no {suffix} file to convert")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise OutputError(f"{target} exists already: name a new folder for the converted images")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        for name in names:
            path = unfinished / PurePosixPath(name).with_suffix(new_suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, tree.image(name))
        os.replace(unfinished, target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return len(names)
