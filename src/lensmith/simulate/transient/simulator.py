"""Kind `transient`: seed and index in; image, light curves and, where asked for, every epoch out."""

from collections.abc import Sequence

import jax
import numpy as np

from lensmith.data.samples import ArraySpec, Samples
from lensmith.errors import SettingsError
from lensmith.simulate.lens_scene import Scene, empty_scenes, put
from lensmith.simulate.randomness import noise_keys
from lensmith.simulate.render import Camera, map_samples
from lensmith.simulate.survey import Survey, load_survey
from lensmith.simulate.transient import deepzipper
from lensmith.simulate.transient.conditions import Conditions, draw_conditions, visits_of
from lensmith.simulate.transient.lensed_images import MOST_IMAGES
from lensmith.simulate.transient.observe import Exposures, observing
from lensmith.simulate.transient.population import Draw, begin
from lensmith.simulate.transient.settings import TransientSettings
from lensmith.simulate.transient.spectra import wavelengths
from lensmith.simulate.transient.stars import draw_stars
from lensmith.simulate.transient.truth import condition_rows, truth_columns, truth_rows
from lensmith.types import FloatArray

_STARS = 2
_LIKELY_TOTAL, _LIKELY_SECOND = 50.0, 20.0
"""Magnifications of all images together, and of the second brightest, that are passed less than once in 100."""
_BRIGHT_DAYS = np.array([-10.0, 0.0, 10.0, 25.0])[:, None]
"""Observed days about the peak when one band or another is brightest."""


class TransientSimulator:
    """Images and light curves of lensed and unlensed transients; `arrays` and `columns` say what comes out.

    `survey` (by default des-deep) must have nights and Gaussian PSFs.
    """

    def __init__(self, survey: Survey | None, settings: TransientSettings, n: int | None = None):
        self.survey = load_survey("des-deep") if survey is None else survey
        self.settings = settings
        self.visits = visits_of(self.survey)
        self.wavelengths = wavelengths(self.survey.band_names)
        self.camera = Camera(self.survey.side, self.survey.pixel_scale, settings.observing.supersampling)
        self.arrays = self._array_specs()
        self.columns = truth_columns(self.survey.band_names)

    def samples(self, seed: int, indices: Sequence[int] | np.ndarray) -> Samples:
        """Samples `indices` of `seed`, in that order: each the same whatever else is asked for beside it."""
        indices = np.asarray(indices, dtype=np.int64)
        conditions = [draw_conditions(self.visits, self.settings.observing, seed, int(index)) for index in indices]
        draws, fluxes = self._draw(seed, indices, conditions)
        stars = [draw_stars(self.settings.star, seed, draw.index, draw.system, self.survey) for draw in draws]
        exposures = self._exposures(draws, fluxes, stars, conditions, noise_keys(seed, indices, "transient"))
        early = self.settings.early
        seen = map_samples(observing(self.camera, early.epochs), exposures)
        arrays = {
            "image": np.stack([deepzipper.mean_image(epochs) for epochs in seen["epochs"]]),
            "light_curve": np.stack([deepzipper.light_curve(epochs) for epochs in seen["epochs"]]),
            "flux": seen["flux"],
            "flux_error": seen["flux_error"],
            "time": np.stack([one.time for one in conditions]).astype(np.float32),
        }
        if early.epochs:
            arrays |= {name: seen[name] for name in ("flux_after", "flux_error_after")}
            if early.images:
                means = [[deepzipper.mean_image(epochs[:n]) for n in early.epochs] for epochs in seen["epochs"]]
                arrays["image_after"] = np.array(means)
        if self.settings.cubes:
            arrays["epochs"] = seen["epochs"]
        truth = truth_rows(draws, fluxes, stars, seen["position"], self.visits, self.wavelengths)
        truth |= condition_rows(conditions, self.visits)
        return Samples(indices, arrays, truth)

    def exposures(self, seed: int, indices: Sequence[int] | np.ndarray) -> Exposures:
        """What `samples` gives to the detector: scenes, points and conditions, before noise."""
        indices = np.asarray(indices, dtype=np.int64)
        conditions = [draw_conditions(self.visits, self.settings.observing, seed, int(index)) for index in indices]
        draws, fluxes = self._draw(seed, indices, conditions)
        stars = [draw_stars(self.settings.star, seed, draw.index, draw.system, self.survey) for draw in draws]
        return self._exposures(draws, fluxes, stars, conditions, noise_keys(seed, indices, "transient"))

    def _draw(self, seed, indices, conditions) -> tuple[list[Draw], list[FloatArray]]:
        """Samples with their supernovae, and the flux of each image ``[image, epoch, band]`` [e-/s]."""
        kept: dict[int, tuple[Draw, FloatArray]] = {}
        pending = list(range(len(indices)))
        for attempt in range(self.settings.selection.attempts):
            wanted = [int(indices[i]) for i in pending]
            draws = begin(self.settings, seed, wanted, attempt, self.visits.nights, self._is_promising)
            again = []
            for i, draw in zip(pending, draws):
                flux = self._supernova_flux(draw, conditions[i])
                if flux is None:
                    again.append(i)
                else:
                    kept[i] = draw, flux
            pending = again
            if not pending:
                return [kept[i][0] for i in range(len(indices))], [kept[i][1] for i in range(len(indices))]
        raise SettingsError(
            f"no supernova of sample {indices[pending[0]]} was detected in {self.settings.selection.attempts} "
            "attempts; lower selection.snr or selection.epochs, or make supernovae brighter"
        )

    def _supernova_flux(self, draw: Draw, conditions: Conditions) -> FloatArray | None:
        """Fluxes of the supernova's images, none where the system has none; None if it is not to be kept."""
        shape = conditions.time.shape
        if not draw.system.supernova:
            return np.zeros((0, *shape))
        if draw.images is None or (draw.system.source and len(draw.images.x) < 2):
            return None
        flux = image_fluxes(draw, conditions.time, self.wavelengths, self.visits)
        return flux if self._is_detected(flux, draw.system.source) else None

    def _is_promising(self, draw: Draw) -> bool:
        """Whether a likely magnification would make the supernova bright enough; spares the lens equation."""
        selection = self.settings.selection
        magnitudes = draw.supernova.magnitudes(_BRIGHT_DAYS, self.wavelengths)
        ratio = (self.visits.flux(magnitudes) / self.visits.point_noise).max()
        if not draw.system.source:
            return ratio >= selection.snr
        return ratio * _LIKELY_TOTAL >= selection.snr and ratio * _LIKELY_SECOND >= selection.second_image_snr

    def _is_detected(self, flux: FloatArray, is_lensed: bool) -> bool:
        """Whether the survey would see the supernova, from the flux of its images ``[image, epoch, band]``."""
        selection = self.settings.selection
        total = (flux.sum(0) / self.visits.point_noise).max(-1)
        if (total >= selection.snr).sum() < selection.epochs:
            return False
        of_images = np.sort((flux / self.visits.point_noise).max((-2, -1)))
        return not is_lensed or of_images[-2] >= selection.second_image_snr

    def _exposures(self, draws, fluxes, stars, conditions, keys) -> Exposures:
        n, scale = len(draws), self.visits.pixel_scale
        epochs, bands = conditions[0].time.shape
        place, flux = np.zeros((n, MOST_IMAGES, 2), np.float32), np.zeros((n, MOST_IMAGES, epochs, bands), np.float32)
        star_place, star_flux = np.zeros((n, _STARS, 2), np.float32), np.zeros((n, _STARS, bands), np.float32)
        for i, (draw, of_images, of_stars) in enumerate(zip(draws, fluxes, stars)):
            if len(of_images):
                place[i, : len(of_images)] = np.stack([draw.images.x, draw.images.y], axis=-1) / scale
                flux[i, : len(of_images)] = of_images
            for j, star in enumerate(of_stars):
                star_place[i, j] = star.x / scale, star.y / scale
                star_flux[i, j] = self.visits.flux(star.magnitudes(self.survey.band_names))
        return Exposures(
            scene=self._scenes(draws),
            place=place,
            flux=flux,
            star_place=star_place,
            star_flux=star_flux,
            sigma=(np.stack([one.sigma for one in conditions]) / scale).astype(np.float32),
            rms=np.stack([one.rms for one in conditions]).astype(np.float32),
            exposure=np.broadcast_to(self.visits.exposure.astype(np.float32), (n, bands)),
            reference=np.full(n, self.settings.observing.reference_visits, np.float32),
            key=np.asarray(jax.random.key_data(keys)),
        )

    def _scenes(self, draws: list[Draw]) -> Scene:
        bands = len(self.wavelengths)
        scenes = empty_scenes(len(draws), bands, epl=2, shear=1, light=1, source=1, other=1)
        for i, draw in enumerate(draws):
            for group, galaxy in (("light", draw.galaxy), ("source", draw.source), ("other", draw.neighbour)):
                if galaxy is not None:
                    put(scenes, group, i, 0, self.visits.flux(galaxy.magnitudes(self.wavelengths)), **galaxy.shape)
            if draw.mass is None:
                continue
            put(scenes, "epl", i, 0, **{name: draw.mass[name] for name in ("theta_E", "gamma", "e1", "e2")})
            for name in ("gamma1", "gamma2"):
                scenes.shear[name][i] = draw.mass[name]
            if draw.neighbour is not None:
                shape = {name: getattr(draw.neighbour, name) for name in ("e1", "e2", "center_x", "center_y")}
                put(scenes, "epl", i, 1, theta_E=draw.neighbour_theta_E, **shape)
        return scenes

    def _array_specs(self) -> dict[str, ArraySpec]:
        epochs, bands, side = len(self.visits.nights), len(self.survey.bands), self.survey.side
        curve, picture = (epochs, bands), (bands, side, side)
        axes = ("epoch", "band")
        specs = {
            "image": ArraySpec(
                picture, ("band", "y", "x"), unit="", description="mean of the epochs, scaled to [0, 1]"
            ),
            "light_curve": ArraySpec(curve, axes, description="flux in a 15 pixel aperture, scaled to [0, 1]"),
            "flux": ArraySpec(curve, axes, unit="e-/s", description="PSF photometry of the difference images"),
            "flux_error": ArraySpec(curve, axes, unit="e-/s", description="1 sigma of flux"),
            "time": ArraySpec(curve, axes, unit="d", description="time from the survey's first night"),
        }
        early = self.settings.early
        if early.epochs:
            if early.epochs[-1] > epochs:
                raise SettingsError(f"early.epochs goes to {early.epochs[-1]}, but the survey has {epochs} nights")
            some, axes_early = (len(early.epochs), *curve), ("early", *axes)
            said = f"after {', '.join(map(str, early.epochs))} epochs; 0 in those to come"
            specs["flux_after"] = ArraySpec(some, axes_early, unit="e-/s", description=f"flux as measured {said}")
            specs["flux_error_after"] = ArraySpec(some, axes_early, unit="e-/s", description=f"1 sigma of it {said}")
            if early.images:
                shape, named = (len(early.epochs), *picture), ("early", "band", "y", "x")
                specs["image_after"] = ArraySpec(shape, named, description="mean of so many epochs, scaled to [0, 1]")
        if self.settings.cubes:
            whole = (epochs, *picture)
            specs["epochs"] = ArraySpec(whole, ("epoch", "band", "y", "x"), unit="e-/s", description="every epoch")
        return specs


def image_fluxes(draw: Draw, time: FloatArray, bands: FloatArray, visits) -> FloatArray:
    """Flux of each image of a sample's supernova, ``[image, epoch, band]`` [e-/s], at `time` ``[epoch, band]`` [days].

    All images are the same curve, later by their delay and magnified.
    """
    days = time - draw.peak_time - draw.images.delay[:, None, None]
    magnitudes = draw.supernova.magnitudes(days, bands)
    return draw.images.magnification[:, None, None] * visits.flux(magnitudes)
