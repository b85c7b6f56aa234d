"""The kind `substructure`: settings and seed in, labelled images out."""

from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from lensmith.data.samples import ArraySpec, Samples
from lensmith.simulate.randomness import noise_keys
from lensmith.simulate.render import map_samples
from lensmith.simulate.substructure.class_folders import write_class_folders
from lensmith.simulate.substructure.image import NoiseModel, image_function, slots_for
from lensmith.simulate.substructure.instruments import choose_instrument
from lensmith.simulate.substructure.scenes import COLUMNS, draw_sample, skies
from lensmith.simulate.substructure.settings import SubstructureSettings
from lensmith.simulate.substructure.strength import published_strength, strength
from lensmith.simulate.survey import Survey


class SubstructureSimulator:
    """Images of the DeepLense classes.

    Arrays: ``image`` ``[1, y, x]`` with noise, in photons or electrons a second; ``clean`` the same without noise
    (setting `clean`); ``subhalo_x``, ``subhalo_y`` and ``subhalo_theta_E`` ``[slot]`` [arcsec], padded with masses of
    Einstein radius 0 (setting `substructure_arrays`). The truth is `scenes.COLUMNS`.

    Raises
    ------
    SettingsError
        if a survey is given that the model cannot take.
    """

    def __init__(
        self, survey: Survey | None = None, settings: SubstructureSettings | None = None, n: int | None = None
    ):
        self.settings = SubstructureSettings() if settings is None else settings
        self.instrument = choose_instrument(self.settings.model, survey)
        self.columns = COLUMNS
        self._strength = _strength_of(self.settings)
        self._slots = slots_for(max(self.settings.n_subhaloes, self.settings.vortex_points))
        self.arrays = self._array_specs()

    def samples(self, seed: int, indices: Sequence[int] | np.ndarray) -> Samples:
        """Samples `indices` of `seed`: each the same whatever else is asked for beside it."""
        indices = np.asarray(indices, np.int64)
        drawn = [draw_sample(seed, i, self.settings, self.instrument, self._strength) for i in indices]
        truths, masses = [truth for truth, _ in drawn], [points for _, points in drawn]
        keys = np.asarray(jax.random.key_data(noise_keys(seed, indices)))
        sky = skies(truths, masses, self._slots, self._strength, keys)
        draw = image_function(self.instrument, self.settings.supersampling, _noise_of(self.settings))
        arrays = {name: images[:, None] for name, images in map_samples(draw, sky).items()}
        arrays |= {
            "subhalo_x": sky.masses["center_x"],
            "subhalo_y": sky.masses["center_y"],
            "subhalo_theta_E": sky.masses["theta_E"],
        }
        truth = {name: np.array([one[name] for one in truths]) for name in COLUMNS}
        return Samples(indices, {name: arrays[name] for name in self.arrays}, truth)

    def finish(self, folder: Path | str) -> None:
        """With ``layout: deeplense``, also write the class folders that the public data have, from the data set."""
        if self.settings.layout == "deeplense":
            write_class_folders(Path(folder), self.settings.classes, self.settings.val_every)

    def _array_specs(self) -> dict[str, ArraySpec]:
        side, unit = self.instrument.side, self.instrument.unit
        shape, axes = (1, side, side), ("band", "y", "x")
        specs = {"image": ArraySpec(shape, axes, unit=unit, description="image with noise")}
        if self.settings.clean:
            specs["clean"] = ArraySpec(shape, axes, unit=unit, description="the same without noise")
        if self.settings.substructure_arrays:
            for name, text in (("x", "along columns"), ("y", "along rows"), ("theta_E", "Einstein radius, 0: unused")):
                described = f"point masses of the substructure: {text}"
                specs[f"subhalo_{name}"] = ArraySpec((self._slots,), ("mass",), unit="arcsec", description=described)
        return specs


def _strength_of(settings: SubstructureSettings):
    if settings.published:
        return published_strength(settings.z_lens, settings.z_source, settings.model)
    return strength(settings.z_lens, settings.z_source)


def _noise_of(settings: SubstructureSettings) -> NoiseModel:
    if not settings.published:
        return "photon"
    return "photon-twice" if settings.model == "I" else "none"
