"""A kind of simulation that costs nothing: a blob of known flux with survey noise, for tests of the machinery."""

import time

import jax
import numpy as np

from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.simulate.distributions import Distribution, Uniform
from lensmith.simulate.expose import add_survey_noise
from lensmith.simulate.randomness import noise_keys, rng
from lensmith.simulate.registry import KINDS
from lensmith.simulate.settings import KindSettings, SettingsSection
from lensmith.simulate.survey import load_survey

CHUNK = 8
EXPOSE = jax.jit(jax.vmap(add_survey_noise, in_axes=(0, 0, None, None)))


class Blob(SettingsSection):
    magnitude: Distribution = Uniform(uniform=(19.0, 22.0))
    redshift: Distribution = 0.5


class FakeSettings(KindSettings):
    blob: Blob = Blob()
    side: int = 12
    seconds: float = 0.0


class FakeSimulator:
    batch = 10

    def __init__(self, survey, settings, n=None):
        self.survey = survey or load_survey("des:g,r")
        self.settings = settings
        bands, side = len(self.survey.bands), settings.side
        self.arrays = {
            "image": ArraySpec((bands, side, side), ("band", "y", "x"), unit="e-/s", description="noisy image"),
            "mask": ArraySpec((side, side), ("y", "x"), "bool"),
        }
        self.columns = {
            "magnitude": Column("float64", "mag", "of the blob"),
            "bright": Column("bool"),
            "name": Column("str", "", "a word"),
            "count": Column("int64"),
        }
        self.rms = np.array([band.background_rms for band in self.survey.bands], np.float32)
        self.electrons = np.array([band.electrons_per_unit for band in self.survey.bands], np.float32)

    def samples(self, seed, indices):
        time.sleep(self.settings.seconds)
        indices = np.asarray(indices)
        magnitudes = np.array([self.settings.blob.magnitude.draw(rng(seed, int(i), "blob")) for i in indices])
        flux = np.stack([band.flux(magnitudes) for band in self.survey.bands], axis=1).astype(np.float32)
        side = self.settings.side
        clean = np.zeros((len(indices), *self.arrays["image"].shape), np.float32)
        clean[:, :, side // 2, side // 2] = flux
        images = np.concatenate([self._noisy(seed, part, clean) for part in _chunks(len(indices), indices)])
        truth = {
            "magnitude": magnitudes,
            "bright": magnitudes < 20,
            "name": np.array([f"blob {i}" for i in indices]),
            "count": indices * 2,
        }
        return Samples(indices, {"image": images, "mask": images[:, 0] > 0}, truth)

    def _noisy(self, seed, part, clean):
        rows, indices = part
        padded = np.zeros((CHUNK, *clean.shape[1:]), np.float32)
        padded[: len(rows)] = clean[rows]
        keys = noise_keys(seed, np.pad(indices, (0, CHUNK - len(indices))))
        return np.asarray(EXPOSE(keys, padded, self.rms, self.electrons))[: len(rows)]


def _chunks(n, indices):
    return [(np.arange(n)[start : start + CHUNK], indices[start : start + CHUNK]) for start in range(0, n, CHUNK)]


def register():
    """Make the kind known as ``fake``."""
    KINDS["fake"] = (__name__, "FakeSettings", "FakeSimulator")
