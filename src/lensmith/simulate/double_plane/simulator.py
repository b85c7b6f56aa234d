"""The kind `double-plane`: settings, survey and seed in, labelled images out."""

from collections.abc import Sequence

import jax
import numpy as np

from lensmith.data.samples import ArraySpec, Samples
from lensmith.errors import SettingsError
from lensmith.simulate.double_plane.cutouts import Background, read_backgrounds
from lensmith.simulate.double_plane.image import image_function
from lensmith.simulate.double_plane.scenes import Optics, draw_system, skies
from lensmith.simulate.double_plane.selection import measure, passes
from lensmith.simulate.double_plane.settings import DoublePlaneSettings
from lensmith.simulate.double_plane.truth import as_columns, truth_columns
from lensmith.simulate.randomness import noise_keys, rng
from lensmith.simulate.render import CHUNK, Camera, map_samples
from lensmith.simulate.strong.observing import PsfBank
from lensmith.simulate.survey import Survey, load_survey

DEFAULT_SURVEY, DEFAULT_BANDS = "des", ("g", "r", "i")


class DoublePlaneSimulator:
    """Images of lenses with two sources.

    Arrays ``[band, y, x]``: ``image`` = ``source`` (both sources' arcs) + ``lens`` (all else), each with its noise, in
    electrons a second or, painted into real cutouts, in their unit; noise-free ``source_1`` and ``source_2`` with the
    setting `clean`. The truth is `truth.truth_columns`.

    Raises
    ------
    SettingsError
        if survey and settings do not go together.
    InputError
        if the real cutouts cannot be used.
    """

    def __init__(self, survey: Survey | None = None, settings: DoublePlaneSettings | None = None, n: int | None = None):
        self.settings = DoublePlaneSettings() if settings is None else settings
        self.survey = _chosen_survey(survey, self.settings)
        side = self.settings.side or self.survey.side
        self._camera = Camera(side, self.survey.pixel_scale, self.settings.supersampling)
        self._optics = Optics.of(self.survey, self.settings.reference)
        self._psfs = PsfBank(self.survey)
        into = self.settings.into
        self._backgrounds = [] if into is None else read_backgrounds(into, self.survey, side)
        self.columns = truth_columns(self.survey.band_names)
        self.arrays = self._array_specs()

    def samples(self, seed: int, indices: Sequence[int] | np.ndarray) -> Samples:
        """Samples `indices` of `seed`: each the same whatever else is asked for beside it.

        Raises
        ------
        SettingsError
            if a sample finds no system that passes the cuts.
        """
        indices = np.asarray(indices, np.int64)
        arrays = {name: np.empty((len(indices), *spec.shape), spec.dtype) for name, spec in self.arrays.items()}
        systems: list[dict] = [{}] * len(indices)
        keys = np.asarray(jax.random.key_data(noise_keys(seed, indices)))
        pending, attempt, most = list(range(len(indices))), 0, self.settings.most_attempts
        while pending and attempt < most:
            # A compiled chunk costs the same however few are left: they get several attempts at once.
            ahead = min(max(1, CHUNK // len(pending)), most - attempt)
            tries = [(row, attempt + k) for row in pending for k in range(ahead)]
            found = self._attempt(seed, indices, keys, tries, arrays, systems)
            pending, attempt = [row for row in pending if row not in found], attempt + ahead
        if pending:
            raise SettingsError(
                f"sample {indices[pending[0]]}: none of {most} systems passes the cuts; "
                "widen them, or raise most_attempts"
            )
        return Samples(indices, arrays, as_columns(systems, self.survey.band_names))

    def _attempt(self, seed: int, indices, keys, tries: list, arrays: dict, systems: list) -> set[int]:
        """Draw each (row, attempt) of `tries`, keep the first of every row that passes; the rows that have one."""
        drawn, scenery = zip(*(self._draw(seed, int(indices[row]), attempt) for row, attempt in tries))
        zero_points = np.array([one["zero_points"] for one in scenery])
        arguments = {
            name: np.array([one[name] for one in scenery]) for name in ("psf", "background", "rms", "electrons")
        }
        arguments |= {
            "sky": skies(list(drawn), zero_points, not self._backgrounds),
            "key": keys[[row for row, _ in tries]],
        }
        images = map_samples(image_function(self._camera), arguments)
        found: set[int] = set()
        for i, (row, attempt) in enumerate(tries):
            if row in found:
                continue
            mine = {name: values[i] for name, values in images.items()}
            measured = measure(drawn[i], mine, self._optics.reference, zero_points[i])
            if passes(drawn[i], measured, self.settings.cuts):
                found.add(row)
                systems[row] = drawn[i] | measured | {"attempts": attempt + 1}
                for name, values in arrays.items():
                    values[row] = mine[name]
        return found

    def _draw(self, seed: int, index: int, attempt: int) -> tuple[dict, dict]:
        """One system, and the sky that it is seen against: PSF, background, noise and zero-points."""
        stream = rng(seed, index, "system", attempt)
        scenery = self._real_sky(stream) if self._backgrounds else self._survey_sky(stream)
        system = draw_system(self.settings, self._optics, stream, scenery.pop("centre"))
        return system | {"fwhm": scenery.pop("fwhm"), "cutout": scenery.pop("cutout")}, scenery

    def _survey_sky(self, stream: np.random.Generator) -> dict:
        bands = self.survey.bands
        psf, fwhm = self._psfs.draw(stream)
        blank = np.zeros((len(bands), self._camera.side, self._camera.side), np.float32)
        return {
            "psf": psf,
            "fwhm": fwhm,
            "background": blank,
            "rms": np.array([band.background_rms for band in bands], np.float32),
            "electrons": np.array([band.electrons_per_unit for band in bands], np.float32),
            "zero_points": np.array([float(band.magnitude(1.0)) for band in bands]),
            "cutout": "",
            "centre": None,
        }

    def _real_sky(self, stream: np.random.Generator) -> dict:
        """A real cutout, turned at random; its noise is in it, and only the arcs' photons bring more."""
        bands = self.survey.bands
        chosen: Background = self._backgrounds[int(stream.integers(len(self._backgrounds)))]
        chosen = chosen.turned(int(stream.integers(4)), bool(stream.integers(2)))
        fluxes = np.array([band.flux(zero_point) for band, zero_point in zip(bands, chosen.zero_points)])
        return {
            "psf": chosen.psf,
            "fwhm": np.full(len(bands), np.nan),
            "background": chosen.image,
            "rms": np.zeros(len(bands), np.float32),
            "electrons": (fluxes * [band.electrons_per_unit for band in bands]).astype(np.float32),
            "zero_points": chosen.zero_points,
            "cutout": chosen.name,
            "centre": chosen.centre,
        }

    def _array_specs(self) -> dict[str, ArraySpec]:
        shape = (len(self.survey.bands), self._camera.side, self._camera.side)
        unit = self.survey.bands[0].unit if not self._backgrounds else "unit of the cutout"
        texts = {"image": "all light, with noise", "source": "both sources' arcs", "lens": "all but the arcs"}
        if self.settings.clean:
            texts |= {"source_1": "nearer source without noise", "source_2": "farther source without noise"}
        return {name: ArraySpec(shape, ("band", "y", "x"), unit=unit, description=text) for name, text in texts.items()}


def _chosen_survey(survey: Survey | None, settings: DoublePlaneSettings) -> Survey:
    if survey is None:
        return load_survey(DEFAULT_SURVEY).select(settings.bands or DEFAULT_BANDS)
    return survey if settings.bands is None else survey.select(settings.bands)
