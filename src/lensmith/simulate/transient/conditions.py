"""The nights of one sample: when each band was taken, through which seeing, under which sky."""

from dataclasses import dataclass

import numpy as np

from lensmith.errors import SettingsError
from lensmith.simulate.randomness import rng
from lensmith.simulate.survey import Survey
from lensmith.simulate.transient.settings import ObservingSettings
from lensmith.types import FloatArray
from lensmith.units import FWHM_PER_SIGMA

_BETWEEN_BANDS = 0.004
"""Days between one band and the next in the same night: some six minutes."""


@dataclass(frozen=True)
class Visits:
    """One visit of a survey in every band: float64 ``[band]`` arrays, fluxes in e-/s."""

    names: tuple[str, ...]
    nights: tuple[float, ...]
    pixel_scale: float
    exposure: FloatArray
    zero_point: FloatArray
    sky: FloatArray
    read_variance: FloatArray
    median_sigma: FloatArray
    laws: tuple

    def flux(self, magnitudes) -> FloatArray:
        """e-/s of AB magnitudes ``[..., band]``; none for an infinite one."""
        return 10 ** (0.4 * (self.zero_point - magnitudes))

    def background_rms(self, sky_offset) -> FloatArray:
        """1 sigma a pixel [e-/s] where the sky is `sky_offset` ``[..., band]`` mag fainter than the median."""
        return np.sqrt(self.sky * 10 ** (-0.4 * sky_offset) * self.exposure + self.read_variance) / self.exposure

    @property
    def point_noise(self) -> FloatArray:
        """1 sigma of the flux of a point source by PSF photometry under median conditions [e-/s]."""
        area = 4 * np.pi * (self.median_sigma / self.pixel_scale) ** 2
        return self.background_rms(0.0) * np.sqrt(area)


@dataclass(frozen=True)
class Conditions:
    """``[epoch, band]`` float64: `time` [days], `sigma` of the Gaussian PSF [arcsec], `rms` a pixel [e-/s]."""

    time: FloatArray
    sigma: FloatArray
    rms: FloatArray


def visits_of(survey: Survey) -> Visits:
    """The visits of a survey's time series.

    Raises
    ------
    SettingsError
        if it has no nights, a band without a Gaussian PSF, or images that are not in e-/s.
    """
    if not survey.nights:
        raise SettingsError(f"survey {survey.name} has no `nights`; transients need a time series such as des-deep's")
    for band in survey.bands:
        if band.psf.profile != "gaussian":
            raise SettingsError(
                f"band {band.name} of survey {survey.name} has a {band.psf.profile} PSF; transients need gaussian"
            )
        if band.unit != "e-/s":
            raise SettingsError(f"band {band.name} of survey {survey.name} is in {band.unit}; transients need e-/s")
    bands = [band.visit() for band in survey.bands]
    return Visits(
        names=survey.band_names,
        nights=tuple(sorted(survey.nights)),
        pixel_scale=survey.pixel_scale,
        exposure=np.array([band.total_exposure for band in bands]),
        zero_point=np.array([band.zero_point for band in bands]),
        sky=np.array([band.sky for band in bands]),
        read_variance=np.array([band.n_exposures * band.read_noise**2 for band in bands]),
        median_sigma=np.array([band.psf.fwhm.at(0.5) for band in bands]) / FWHM_PER_SIGMA,
        laws=tuple(band.psf.fwhm for band in bands),
    )


def draw_conditions(visits: Visits, settings: ObservingSettings, seed: int, index: int) -> Conditions:
    """The nights of sample `index` of `seed`."""
    stream = rng(seed, index, "transient nights")
    epochs, bands = len(visits.nights), len(visits.names)
    late = settings.time_scatter.draw_many(stream, epochs)
    time = np.array(visits.nights)[:, None] + late[:, None] + _BETWEEN_BANDS * np.arange(bands)
    fwhm = np.stack([law.draw_many(stream, epochs) for law in visits.laws], axis=-1)
    offsets = settings.sky_scatter.draw_many(stream, epochs * bands).reshape(epochs, bands)
    # Drawn apart: without them every sample is what it was.
    apart = rng(seed, index, "transient conditions")
    factor, brighter = settings.seeing_factor.draw(apart), settings.sky_brighter.draw(apart)
    return Conditions(time, factor * fwhm / FWHM_PER_SIGMA, visits.background_rms(offsets - brighter))
