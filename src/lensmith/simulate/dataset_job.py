"""Simulating: an endless stream of samples in memory, or a data set on disk, gone on with where it was interrupted."""

from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np

from lensmith import __version__
from lensmith.data.dataset import DataSet
from lensmith.data.dataset_folder import held_for_writing, writing
from lensmith.data.dataset_writer import SHARD_SIZE, DataSetWriter
from lensmith.data.samples import Samples
from lensmith.errors import SettingsError
from lensmith.simulate.kind import Simulator
from lensmith.simulate.registry import make_simulator
from lensmith.simulate.settings import KindSettings
from lensmith.simulate.survey import Survey, load_survey

BATCH = 128
"""Samples made at a time, where the kind does not say otherwise (its attribute `batch`); no sample depends on it."""
PREVIEW = "preview.png"
_SHOWN = 36
_TITLES = ("class", "system", "label")
"""Columns of the truth that say what a sample is, the first one there is shown in the preview."""
_UNFINISHED = ".unfinished"
"""Lies in the folder until the kind has written its own files beside the data set."""

Progress = Callable[[int, int], Any]
"""Called with the samples on disk and the samples asked for, each time that some more are there."""


def samples(
    kind: str,
    seed: int,
    survey: Survey | str | None = None,
    settings: KindSettings | dict | None = None,
    start: int = 0,
    stop: int | None = None,
    batch: int = BATCH,
) -> Iterator[Samples]:
    """Samples `start` to `stop` (without end: None) of a seed, `batch` at a time, never touching the disk.

    Sample i of a seed is the same, bit for bit, whatever `start`, `stop` and `batch`.

    Raises
    ------
    SettingsError
        if kind, survey, settings or numbers are wrong; at the call, before the first sample.
    """
    _check_seed(seed)
    if start < 0 or batch < 1 or (stop is not None and stop < start):
        raise SettingsError(f"samples {start} to {stop} in batches of {batch}: start >= 0, stop >= start, batch >= 1")
    simulator = make_simulator(kind, _survey(survey), _settings(kind, settings), stop)
    return _stream(simulator, seed, start, stop, batch)


def _stream(simulator: Simulator, seed: int, start: int, stop: int | None, batch: int) -> Iterator[Samples]:
    while stop is None or start < stop:
        end = start + batch if stop is None else min(start + batch, stop)
        yield simulator.samples(seed, np.arange(start, end))
        start = end


def simulate_dataset(
    kind: str,
    out: Path | str,
    n: int,
    seed: int,
    survey: Survey | str | None = None,
    settings: KindSettings | dict | None = None,
    progress: Progress | None = None,
    preview: bool = False,
    shard_size: int = SHARD_SIZE,
) -> DataSet:
    """Simulate samples 0 to `n` - 1 of a seed into the folder `out`; with `preview` a picture of the first ones too.

    A folder that holds part of the same data set is gone on with, one that holds all of it is left as it is. Memory
    does not grow with `n`.

    Raises
    ------
    SettingsError
        if kind, survey, settings or numbers are wrong, or `out` holds something else.
    OutputError
        if `out` cannot be written.
    """
    _check_seed(seed)
    if n < 1:
        raise SettingsError(f"the number of samples must be at least 1, not {n}; check -n")
    out, survey, settings = Path(out), _survey(survey), _settings(kind, settings)
    simulator = make_simulator(kind, survey, settings, n)
    survey = getattr(simulator, "survey", survey)
    about = {
        "kind": kind,
        "seed": seed,
        "survey": None if survey is None else survey.model_dump(mode="json"),
        "settings": simulator.settings.model_dump(mode="json")
        if settings is None
        else settings.model_dump(mode="json"),
        "versions": _versions(),
    }
    with held_for_writing(out):
        writer = DataSetWriter(out, n, simulator.arrays, simulator.columns, about, shard_size)
        dataset = _write(writer, simulator, seed, progress)
        if preview:
            _write_preview(dataset, simulator)
    return dataset


def _write(writer: DataSetWriter, simulator: Simulator, seed: int, progress: Progress | None) -> DataSet:
    batch = getattr(simulator, "batch", BATCH)
    extras = getattr(simulator, "finish", None)
    if progress:
        progress(writer.done, writer.n)
    while writer.done < writer.n:
        size = min(batch, writer.room())
        writer.append(simulator.samples(seed, np.arange(writer.done, writer.done + size)))
        if progress:
            progress(writer.done, writer.n)
    if extras is None:
        return writer.finish()
    marker = writer.path / _UNFINISHED
    with writing(writer.path):
        if not writer.finished:
            marker.touch()
        dataset = writer.finish()
        if marker.exists():
            extras(writer.path)
            marker.unlink()
    return dataset


def _write_preview(dataset: DataSet, simulator: Simulator) -> None:
    from lensmith.data.atomic import atomic_write
    from lensmith.plots import DPI

    shown = dataset.samples(slice(0, _SHOWN))
    picture = simulator.preview(shown) if hasattr(simulator, "preview") else _contact_sheet(shown)
    with writing(dataset.path), atomic_write(dataset.path / PREVIEW) as temporary:
        if isinstance(picture, np.ndarray):
            from matplotlib.image import imsave

            imsave(temporary, picture)
        else:
            picture.savefig(temporary, dpi=DPI)


def _contact_sheet(shown: Samples):
    """The images, each under the name of its class where the truth has one."""
    from lensmith.plots import contact_sheet

    named = next((name for name in _TITLES if name in shown.truth), None)
    return contact_sheet(shown.arrays["image"], None if named is None else [str(word) for word in shown.truth[named]])


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise SettingsError(f"the seed must not be negative, and is {seed}; check --seed")


def _survey(survey: Survey | str | None) -> Survey | None:
    return survey if survey is None or isinstance(survey, Survey) else load_survey(survey)


def _settings(kind: str, settings: KindSettings | dict | None) -> KindSettings:
    from lensmith.simulate.registry import settings_class

    return settings if isinstance(settings, KindSettings) else settings_class(kind)(**(settings or {}))


def _versions() -> dict[str, str]:
    """Versions that the bytes of a data set may depend on."""
    libraries = {name: version(name) for name in ("jax", "jaxlib", "numpy", "scipy", "pyarrow")}
    return {"lensmith": __version__, "python": python_version(), **libraries}
