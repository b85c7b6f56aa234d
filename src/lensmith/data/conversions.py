"""From one data set's layout to another's: what can be converted into what, and the choice from the paths alone."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from lensmith.data.atomic import atomic_write
from lensmith.data.dataset import open_dataset
from lensmith.data.dataset_folder import DESCRIPTION, PLAN, writing
from lensmith.data.image_tree import open_tree
from lensmith.errors import InputError, SettingsError

DATA_SET = "data set"


@dataclass(frozen=True)
class Conversion:
    """One conversion: layout of the source (`layout_of`), name of the target's format, and who does it.

    `function` is ``module:name``, called with the source and the path to write; a source that is a data set comes
    opened, as `DataSet`, any other as its path. What it returns may say in `lost` what is lost.
    """

    source: str
    target: str
    function: str
    description: str

    def load(self) -> Callable:
        """The function."""
        module, _, name = self.function.partition(":")
        return getattr(import_module(module), name)


CONVERSIONS = (
    Conversion(
        DATA_SET,
        "fits",
        "lensmith.data.des_double:write_des_double",
        "the FITS file of the public DES double-source pipeline",
    ),
    Conversion(
        DATA_SET,
        "deepgravilens",
        "lensmith.data.deepgravilens:write_deepgravilens",
        "the arrays of the public DeepGraviLens sets",
    ),
    Conversion(
        ".npy images",
        "png",
        "lensmith.data.deeplense_png:npy_to_png",
        "DeepLense class folders, a .png for each .npy",
    ),
    Conversion(
        ".png images",
        "npy",
        "lensmith.data.deeplense_png:png_to_npy",
        "DeepLense class folders, a .npy for each .png",
    ),
    Conversion(
        ".npy images",
        DATA_SET,
        "lensmith.data.deeplense_dataset:deeplense_to_dataset",
        "a data set as `lensmith simulate` writes it",
    ),
    Conversion(
        ".png images",
        DATA_SET,
        "lensmith.data.deeplense_dataset:deeplense_to_dataset",
        "a data set as `lensmith simulate` writes it",
    ),
)
"""The first one of a source is what a target without a suffix gets."""


def convert(source: Path | str, target: Path | str, to: str | None = None) -> str:
    """Convert `source` into what `to` or the name of `target` asks for; returns what was done, in words.

    `to` is ``fits``, ``deepgravilens``, ``png``, ``npy`` or ``data set``; None goes by the suffix of `target`, a
    folder being what a source is mostly turned into.

    Raises
    ------
    InputError
        if `source` is missing, half-written, or does not fit the layout that it seems to have.
    SettingsError
        if no conversion leads from one to the other, or `target` exists.
    OutputError
        if `target` cannot be written.
    """
    source, target = Path(source), Path(target)
    layout = layout_of(source)
    conversion = _choose(source, layout, target, (to or "").replace("-", " ") or target.suffix.lower().lstrip("."))
    if target.exists():
        raise SettingsError(f"{target} exists already; name a new file or folder")
    function = conversion.load()
    content = open_dataset(source) if layout == DATA_SET else source
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if conversion.target == "fits":
            with atomic_write(target) as temporary:
                result = function(content, temporary)
        elif conversion.target == DATA_SET:
            result = function(content, target)  # resumes where it was stopped
        else:
            result = _write_folder(function, content, target)
    lost = getattr(result, "lost", None)
    return f"{target}: {conversion.description}" + (f" ({lost})" if lost else "")


def _choose(source: Path, layout: str, target: Path, wanted: str) -> Conversion:
    from_here = [one for one in CONVERSIONS if one.source == layout]
    found = [one for one in from_here if wanted in (one.target, "") and (wanted or one.target != "fits")]
    if not found:
        known = "; ".join(f"{one.source} to {one.target} ({one.description})" for one in CONVERSIONS)
        raise SettingsError(
            f"there is no conversion of {source} ({layout}) to {target} ({wanted or 'folder'}); known are: {known}"
        )
    return found[0]


def layout_of(source: Path) -> str:
    """What a path holds, in a word or two: ``data set``, ``.npy images`` (folder or zip archive), ``.fits``, ...

    Raises
    ------
    InputError
        if there is nothing.
    """
    if not source.exists():
        raise InputError(f"{source}: there is no such file or folder")
    if source.is_file() and source.suffix.lower() != ".zip":
        return source.suffix.lower() or "file without suffix"
    if (source / DESCRIPTION).exists() or (source / PLAN).exists():
        return DATA_SET
    suffixes = {Path(name).suffix.lower() for name in open_tree(source).names()}
    return next((f"{suffix} images" for suffix in (".npy", ".png") if suffix in suffixes), "something else")


def _write_folder(function: Callable, content, target: Path):
    """Let a function fill a temporary folder beside `target`, which takes its name when all went well."""
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        result = function(content, temporary)
        temporary.replace(target)
        return result
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
