"""A tiny data set of transients: a blob that is ringed where it is lensed, a light curve that rises where one is."""

from pathlib import Path

import numpy as np

from lensmith.data.dataset_folder import held_for_writing
from lensmith.data.dataset_writer import DataSetWriter
from lensmith.data.deepgravilens import CLASSES
from lensmith.data.samples import ArraySpec, Column, Samples

BANDS, SIDE, EPOCHS, EARLY = 4, 45, 6, (2, 4)


def transients(n: int, seed: int = 0) -> Samples:
    """Samples in the layout of `lensmith simulate transient`, classes in turn."""
    random = np.random.default_rng(seed)
    label = np.arange(n) % len(CLASSES)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    radius = np.hypot(x, y)
    ring = 20 * np.exp(-((radius - 8) ** 2) / 8) * (label > 0)[:, None, None]
    image = (40 * np.exp(-(radius**2) / 18) + ring)[:, None] + random.normal(size=(n, BANDS, SIDE, SIDE))
    rise = 3.0 * (np.arange(EPOCHS) - 1)[:, None] * np.where(np.arange(BANDS) < 2, 1, 2)
    shape = np.stack([0 * rise, 0 * rise, rise, rise[::-1]])[label]
    flux = (shape + random.normal(size=(n, EPOCHS, BANDS))).astype(np.float32)
    error = np.ones((n, EPOCHS, BANDS), np.float32)
    shown = np.arange(EPOCHS)[:, None] < np.array(EARLY)[:, None, None]
    arrays = {
        "image": _scaled(image, (1, 2, 3)),
        "light_curve": _scaled(flux, (1, 2)),
        "flux": flux,
        "flux_error": error,
        "time": np.broadcast_to(7.0 * np.arange(EPOCHS)[:, None], flux.shape).astype(np.float32),
        "flux_after": (flux[:, None] * shown).astype(np.float32),
        "flux_error_after": (error[:, None] * shown).astype(np.float32),
        "image_after": np.stack([_scaled(image + random.normal(size=image.shape), (1, 2, 3)) for _ in EARLY], 1),
    }
    truth = {"label": np.array(CLASSES, object)[label], "seeing_g": random.uniform(0.8, 1.2, n)}
    return Samples(np.arange(n), arrays, truth)


def write_transients(folder: Path, n: int = 160, seed: int = 0, samples: Samples | None = None) -> Path:
    """The same, or other `samples`, as a data set on disk."""
    samples = samples or transients(n, seed)
    n = len(samples.indices)
    specs = {
        name: ArraySpec(values.shape[1:], tuple("abcdef"[: values.ndim - 1])) for name, values in samples.arrays.items()
    }
    columns = {"label": Column("str"), "seeing_g": Column("float64", "arcsec")}
    about = {"kind": "transient", "seed": seed, "survey": None, "settings": {}, "versions": {}}
    with held_for_writing(folder):
        writer = DataSetWriter(folder, n, specs, columns, about)
        writer.append(samples)
        writer.finish()
    return folder


def _scaled(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    low, high = (edge(values, axis=axes, keepdims=True) for edge in (np.min, np.max))
    return ((values - low) / (high - low)).astype(np.float32)
