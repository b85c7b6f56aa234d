"""The kind `strong`: scenes drawn on the host, images made under JAX, and drawn again what the selection refuses."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from lensmith.data.samples import ArraySpec, Column, Samples
from lensmith.errors import SettingsError
from lensmith.simulate.lens_scene import Scene, take
from lensmith.simulate.randomness import noise_keys, rng
from lensmith.simulate.render import COMPONENTS, Camera
from lensmith.simulate.strong.background import add_quasar_images
from lensmith.simulate.strong.canvas import BlankCanvas, Place, RealCanvas
from lensmith.simulate.strong.distances import time_delay_days
from lensmith.simulate.strong.draw import choose_class, draw_scene
from lensmith.simulate.strong.observing import image_positions, observe
from lensmith.simulate.strong.pictures import SIDE, Picture, open_pictures
from lensmith.simulate.strong.selection import passes_after, passes_before
from lensmith.simulate.strong.settings import StrongSettings
from lensmith.simulate.strong.sky import Drawn, new_scenes
from lensmith.simulate.strong.spectra import REFERENCE
from lensmith.simulate.strong.truth import as_columns, profiles_as_json, truth_columns, truth_row
from lensmith.simulate.survey import Survey

_ROUND = 64
"""Samples drawn and looked at together."""
_SUBPIXEL = 0.07
"""Sub-pixels are at most so many arcsec, where settings do not say."""


@dataclass(eq=False)
class _Trial:
    """One scene on its way: which of the samples asked for, its attempt, where it is painted, what was drawn."""

    number: int
    attempt: int
    place: Place
    drawn: Drawn
    pictures: list[Picture]


class StrongSimulator:
    """Lenses and impostors as `survey` sees them, or painted into real cutouts (`settings.into`).

    Raises
    ------
    SettingsError
        if there is neither a survey nor cutouts, or its bands have several pixel scales.
    InputError
        if the cutouts or the catalogue of galaxies cannot be used.
    """

    def __init__(self, survey: Survey | None, settings: StrongSettings, n: int | None = None):
        if survey is None and settings.into is None:
            raise SettingsError("strong needs a survey: name one with --survey, or cutouts to paint into with --into")
        if settings.catalogue is None and (settings.source.catalogue_fraction or settings.deflector.catalogue_fraction):
            raise SettingsError("catalogue_fraction needs catalogue=FILE, a GalSim-format catalogue of real galaxies")
        self.settings = settings
        self.canvas = (
            BlankCanvas(survey, settings) if settings.into is None else RealCanvas(settings.into, survey, settings)
        )
        sky = self.canvas.sky
        fine = settings.supersampling or int(np.clip(np.ceil(sky.pixel_scale / _SUBPIXEL), 2, 4))
        self.camera = Camera(sky.side, sky.pixel_scale, fine)
        self.pictures = open_pictures(settings.catalogue)
        self.bands = sky.bands
        self.reference_band = int(np.argmin(np.abs(sky.wavelengths - REFERENCE)))
        self.columns: dict[str, Column] = truth_columns(self.bands, settings.profiles)
        self.arrays = self._array_specs()

    def samples(self, seed: int, indices: Sequence[int] | np.ndarray) -> Samples:
        """Samples `indices` of `seed`, in that order."""
        indices = np.asarray(indices, dtype=np.int64)
        arrays = {name: np.zeros((len(indices), *spec.shape), spec.dtype) for name, spec in self.arrays.items()}
        rows: list[dict] = [{} for _ in indices]
        waiting = deque((number, 0) for number in range(len(indices)))
        while waiting:
            batch = [waiting.popleft() for _ in range(min(_ROUND, len(waiting)))]
            scenes = new_scenes(len(batch), len(self.bands), self.pictures is not None)
            trials = [
                self._draw(seed, int(indices[number]), number, attempt, scenes, row)
                for row, (number, attempt) in enumerate(batch)
            ]
            for trial, kept in zip(trials, self._look(seed, indices, scenes, trials, arrays)):
                if kept:
                    rows[trial.number] = self._row(scenes, trial)
                else:
                    waiting.append((trial.number, trial.attempt + 1))
        return Samples(indices, arrays, as_columns(rows, self.columns))

    def _draw(self, seed: int, index: int, number: int, attempt: int, scenes: Scene, row: int) -> _Trial:
        """The first scene of a sample, from `attempt` on, that passes the cuts known before it is looked at."""
        name = choose_class(self.settings, rng(seed, index, "strong/class"))
        place = self.canvas.place(rng(seed, index, "strong/place"))
        choose = None if self.pictures is None else self.pictures.choose
        while attempt < self.settings.selection.attempts:
            stream = rng(seed, index, "strong", attempt)
            drawn, pictures = draw_scene(name, scenes, row, place.sky, self.settings, stream, choose)
            if name != "lens" or passes_before(drawn, place.sky, self.settings.selection):
                drawn.truth |= {"attempt": attempt, "psf_fwhms": place.fwhm, "cutout": place.cutout}
                return _Trial(number, attempt, place, drawn, pictures)
            _clear(scenes, row)
            attempt += 1
        raise SettingsError(
            f"sample {index}: none of {attempt} scenes passed the selection; loosen selection or the distributions"
        )

    def _look(self, seed, indices, scenes: Scene, trials: list[_Trial], arrays) -> list[bool]:
        """Make the images of all trials; those kept go into `arrays`."""
        self._find_images(scenes, trials, [trial.drawn.quasar_magnitudes is not None for trial in trials])
        for trial in trials:
            if trial.drawn.quasar_magnitudes is not None:
                add_quasar_images(trial.drawn, trial.place.sky, trial.drawn.truth, self.settings.quasar)
        # Always as many keys, so that they are made by one compiled function.
        asked = np.resize([indices[trial.number] for trial in trials], _ROUND)
        keys = np.asarray(jax.random.key_data(noise_keys(seed, asked, "strong/noise")))[: len(trials)]
        seen = observe(self.camera, self._arguments(scenes, trials, keys))
        kept = []
        for row, trial in enumerate(trials):
            truth = trial.drawn.truth
            if truth["is_lens"]:
                self._measure(truth, {name: values[row] for name, values in seen.items()}, trial)
            kept.append(not truth["is_lens"] or passes_after(truth, self.reference_band, self.settings.selection))
        rest = [keep and trial.drawn.quasar_magnitudes is None for keep, trial in zip(kept, trials)]
        self._find_images(scenes, trials, rest)
        self._fill(arrays, seen, trials, kept)
        return kept

    def _find_images(self, scenes: Scene, trials: list[_Trial], wanted: list[bool]) -> None:
        """The images of the source's centre, into the truth of the lenses among the `wanted`."""
        rows = [row for row, trial in enumerate(trials) if wanted[row] and trial.drawn.truth["is_lens"]]
        if not rows:
            return
        chosen = [trials[row].drawn for row in rows]
        positions = np.array([drawn.source_position for drawn in chosen])
        reach = np.array([3.0 * drawn.theta_E_eff for drawn in chosen])
        images = image_positions(take(scenes, rows), positions[:, 0], positions[:, 1], reach)
        for k, drawn in enumerate(chosen):
            truth, fermat = drawn.truth, images["fermat"][k].astype(float)
            delay = time_delay_days(fermat - fermat[0], truth["z_lens"], truth["z_source"])
            truth |= {"image_x": images["x"][k], "image_y": images["y"][k], "image_delay": delay}
            truth |= {"image_magnification": images["magnification"][k]}
            truth["n_images"] = int(np.isfinite(images["x"][k]).sum())

    def _arguments(self, scenes: Scene, trials: list[_Trial], keys) -> dict:
        places = [trial.place for trial in trials]
        names = ("psf", "background", "rms", "added_rms", "electrons", "ceiling")
        arguments = {name: np.stack([getattr(place, name) for place in places]) for name in names}
        if self.pictures is not None:
            arguments["pictures"] = np.zeros((len(trials), 2, SIDE, SIDE), np.float32)
            for row, trial in enumerate(trials):
                for k, picture in enumerate(trial.pictures):
                    arguments["pictures"][row, k] = picture.image
        return arguments | {"scene": scenes, "key": keys}

    def _measure(self, truth: dict, seen: dict, trial: _Trial) -> None:
        """S/N, magnification and magnitudes of the arcs, from the noise-free images."""
        sky = trial.place.sky
        with np.errstate(divide="ignore"):
            truth["arc_magnitudes"] = sky.zero_points - 2.5 * np.log10(seen["lensed_flux"])
        truth["arc_snrs"] = seen["arc_snr"]
        truth["arc_snr"] = float(seen["arc_snr"].max())
        band = self.reference_band
        truth["magnification"] = float(seen["lensed_flux"][band] / sky.flux(truth["source_magnitudes"])[band])

    def _fill(self, arrays: dict, seen: dict, trials: list[_Trial], kept: list[bool]) -> None:
        rows = [row for row, keep in enumerate(kept) if keep]
        into = [trials[row].number for row in rows]
        for name in arrays:
            if name == "psf":
                arrays[name][into] = np.stack([trials[row].place.psf for row in rows]) if rows else 0
            else:
                arrays[name][into] = seen[name][rows]

    def _row(self, scenes: Scene, trial: _Trial) -> dict:
        row = truth_row(trial.drawn.truth, self.bands)
        if self.settings.profiles:
            row["profiles"] = profiles_as_json(scenes, trial.drawn.row)
        return row

    def _array_specs(self) -> dict[str, ArraySpec]:
        side, bands, k = self.camera.side, len(self.bands), self.canvas.psf_side
        image, axes, unit = (bands, side, side), ("band", "y", "x"), self.canvas.unit
        specs = {"image": ArraySpec(image, axes, unit=unit, description=f"bands {' '.join(self.bands)}")}
        if self.settings.components:
            for name in COMPONENTS:
                specs[name] = ArraySpec(image, axes, unit=unit, description=f"noise-free light: {name}, with the PSF")
        if self.settings.sigma:
            specs["sigma"] = ArraySpec(image, axes, unit=unit, description="1 sigma of the noise")
        if self.settings.psf:
            specs["psf"] = ArraySpec((bands, k, k), axes, description="PSF of each band, sum 1")
        return specs


def _clear(scenes: Scene, row: int) -> None:
    """Empty one scene again."""
    blank = new_scenes(1, scenes.light_flux.shape[-1], scenes.source_stamps is not None)
    for group, empty in zip(scenes, blank):
        if isinstance(group, dict):
            for name, values in group.items():
                values[row] = empty[name][0]
        elif group is not None:
            group[row] = empty[0]
