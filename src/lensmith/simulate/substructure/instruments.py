"""The detectors of DeepLenseSim's Models I, II and III.

Model I is lenstronomy's arbitrary photon unit: flux a second of an exposure of 10^U(3, 3.5) s, background rms 0.01.
II and III are lenstronomy's Euclid VIS and HST WFC3 F160W with Gaussian PSFs, in electrons a second. FWHMs are those of
the PSF as sampled by the pixels, truncated as lenstronomy does.
"""

from dataclasses import dataclass

import numpy as np

from lensmith.errors import SettingsError
from lensmith.simulate.survey import Psf, Survey, SurveyBand
from lensmith.types import FloatArray
from lensmith.units import FWHM_PER_SIGMA

SOURCE_AMPLITUDE = 20.0
"""Model I: surface brightness at the half-light radius [flux / arcsec^2]."""

SOURCE_MAGNITUDE = 20.0
"""Models II and III: AB magnitude of the source before lensing."""

_LOG_EXPOSURE = (3.0, 3.5)


@dataclass(frozen=True)
class Instrument:
    """Pixels, PSF and noise of a model; `band` gives fluxes and noise, and is None for Model I.

    `fwhm` [arcsec]; `truncation` of the PSF in sigma.
    """

    side: int
    pixel_scale: float
    fwhm: float
    truncation: float
    band: SurveyBand | None = None

    @property
    def unit(self) -> str:
        """Unit of the images."""
        return "photon / s" if self.band is None else self.band.unit

    @property
    def background_rms(self) -> float:
        """1 sigma of a pixel without light."""
        return 0.01 if self.band is None else self.band.background_rms

    def draw_exposure(self, rng: np.random.Generator) -> float:
        """Electrons for one unit of flux, which is the exposure [s] in all three models."""
        if self.band is not None:
            return self.band.electrons_per_unit
        return 10 ** rng.uniform(*_LOG_EXPOSURE)

    def kernel(self) -> FloatArray:
        """The PSF along one axis, ``[tap]``: a sampled Gaussian of sum 1, the same along the other."""
        sigma = self.fwhm / FWHM_PER_SIGMA / self.pixel_scale
        reach = int(self.truncation * sigma + 0.5)
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        return taps / taps.sum()


MODEL_I = Instrument(side=150, pixel_scale=0.05, fwhm=0.087, truncation=3.0)

_VIS = SurveyBand(
    name="VIS",
    pixel_scale=0.101,
    zero_point=24.0,
    exposure=565.0,
    n_exposures=4,
    gain=3.1,
    read_noise=4.2,
    sky_brightness=22.35,
    psf=Psf(fwhm=0.16),
    source="lenstronomy 1.13, ObservationConfig.Euclid",
)
_F160W = SurveyBand(
    name="F160W",
    pixel_scale=0.08,
    zero_point=25.96,
    exposure=5400.0,
    n_exposures=1,
    gain=2.5,
    read_noise=4.0,
    sky_brightness=22.3,
    psf=Psf(fwhm=0.08),
    source="lenstronomy 1.13, ObservationConfig.HST",
)

INSTRUMENTS = {
    "I": MODEL_I,
    "II": Instrument(side=64, pixel_scale=0.101, fwhm=0.16, truncation=5.0, band=_VIS),
    "III": Instrument(side=64, pixel_scale=0.08, fwhm=0.08, truncation=5.0, band=_F160W),
}
"""The instrument of each model."""


def choose_instrument(model: str, survey: Survey | None) -> Instrument:
    """The model's own instrument, or for Models II and III the one band of a survey.

    Raises
    ------
    SettingsError
        if a survey is given for Model I, has several bands, or its PSF is no Gaussian.
    """
    if survey is None:
        return INSTRUMENTS[model]
    if model == "I":
        raise SettingsError("substructure Model I has its own detector: leave --survey out or set model=II")
    if len(survey.bands) > 1:
        raise SettingsError(f"substructure images have one band and {survey.name} has several: leave --survey out")
    band = survey.bands[0]
    if band.psf.profile != "gaussian":
        raise SettingsError(f"substructure needs a Gaussian PSF, and {survey.name} has none: leave --survey out")
    return Instrument(INSTRUMENTS[model].side, band.pixel_scale, float(band.psf.fwhm.at(0.5)), 5.0, band)
