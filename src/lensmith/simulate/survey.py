"""How a survey takes its images: bands, pixels, PSF, exposures, noise and zero-points, read from YAML."""

import math
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lensmith.errors import SettingsError
from lensmith.physics.imaging import gaussian_psf, moffat_psf
from lensmith.simulate.distributions import Distribution
from lensmith.simulate.yaml_file import first_reason, nearest, read_yaml
from lensmith.types import FloatArray

_FOLDER = Path(__file__).parent / "surveys"
SURVEYS = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""Names of the surveys that come with lensmith."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Psf(_Frozen):
    """The PSF of a band: a Gaussian or Moffat profile of random FWHM [arcsec], or a kernel in a FITS file.

    `fwhm` is the distribution of the seeing; with a kernel it is the kernel's own width and not drawn from. `beta` is
    the Moffat index. The kernel has the pixels of the band.
    """

    profile: Literal["gaussian", "moffat", "kernel"] = "gaussian"
    fwhm: Distribution
    beta: float = Field(3.0, gt=1)
    kernel: Path | None = None

    @model_validator(mode="after")
    def _consistent(self):
        if (self.profile == "kernel") != (self.kernel is not None):
            raise ValueError("`kernel` names a FITS file if and only if profile is kernel")
        if not self.fwhm.support[0] > 0:
            raise ValueError(f"the FWHM of a PSF must be positive everywhere; it reaches {self.fwhm.support[0]:g}")
        return self


class SurveyBand(_Frozen):
    """One band: how many electrons come from where.

    Units: `pixel_scale` [arcsec] of the images; `native_scale` [arcsec] of the detector where images are resampled
    (read noise then spreads in proportion to area); `zero_point` [AB magnitude of a source of 1 electron a second];
    `exposure` [s] of one exposure, `n_exposures` of them in the full image, `visit_exposures` of them in one visit of a
    time series; `gain` [electrons per ADU]; `read_noise` [electrons, 1 sigma of one exposure]; `sky_brightness`
    [AB mag / arcsec^2]; `saturation` [electrons in one exposure].

    `unit` is that of the images. In ``e-/s``, which all kinds use unless they say otherwise, the gain has no
    part in the arithmetic. The arithmetic is that of lenstronomy's ``SingleBand``.
    """

    name: str
    pixel_scale: float = Field(gt=0)
    native_scale: float | None = Field(None, gt=0)
    zero_point: float
    exposure: float = Field(gt=0)
    n_exposures: int = Field(1, ge=1)
    visit_exposures: int = Field(1, ge=1)
    gain: float = Field(gt=0)
    read_noise: float = Field(ge=0)
    sky_brightness: float
    psf: Psf
    saturation: float | None = Field(None, gt=0)
    unit: Literal["e-/s", "ADU/s"] = "e-/s"
    source: str = ""

    @property
    def total_exposure(self) -> float:
        """Seconds of all exposures together."""
        return self.exposure * self.n_exposures

    @property
    def _electrons(self) -> float:
        """Electrons per second of one unit of flux."""
        return self.gain if self.unit == "ADU/s" else 1.0

    @property
    def electrons_per_unit(self) -> float:
        """Detected electrons for one unit of flux in the full image: exposure * n_exposures (* gain in ADU/s)."""
        return self.total_exposure * self._electrons

    @property
    def sky(self) -> float:
        """Electrons per second that the sky gives in one pixel."""
        return 10 ** (0.4 * (self.zero_point - self.sky_brightness)) * self.pixel_scale**2

    @property
    def background_rms(self) -> float:
        """1 sigma a pixel without a source, in the band's unit: sky and read-out of every exposure."""
        area = (self.pixel_scale / (self.native_scale or self.pixel_scale)) ** 2
        variance = self.sky * self.total_exposure + self.n_exposures * self.read_noise**2 * area
        return math.sqrt(variance) / self.total_exposure / self._electrons

    def flux(self, magnitude):
        """Flux in the band's unit of an AB magnitude (scalar or array)."""
        return 10 ** (0.4 * (self.zero_point - magnitude)) / self._electrons

    def magnitude(self, flux):
        """AB magnitude of a flux in the band's unit (scalar or array, positive)."""
        return self.zero_point - 2.5 * np.log10(flux * self._electrons)

    def with_exposures(self, n_exposures: int) -> "SurveyBand":
        """The same band with another number of exposures in its image."""
        return self.model_copy(update={"n_exposures": n_exposures})

    def visit(self) -> "SurveyBand":
        """The band as one visit of a time series sees it."""
        return self.with_exposures(self.visit_exposures)

    def draw_seeing(self, rng: np.random.Generator) -> float:
        """One FWHM of the PSF [arcsec]."""
        return float(self.psf.fwhm.draw(rng))

    def psf_kernel(self, fwhm: float | None = None, side: int | None = None) -> FloatArray:
        """The PSF ``[side, side]`` of a given `fwhm` [arcsec], sum 1; without one, that of the median seeing.

        `side` is odd. A kernel from a file comes as it is, cut or padded with zeros to `side`.

        Raises
        ------
        SettingsError
            if the file holds no kernel, or `side` is even.
        """
        if self.psf.profile == "kernel":
            return _resized(self._file_kernel, side)
        fwhm = float(self.psf.fwhm.at(0.5)) if fwhm is None else fwhm
        if self.psf.profile == "moffat":
            return moffat_psf(fwhm, self.pixel_scale, self.psf.beta, side)
        return gaussian_psf(fwhm, self.pixel_scale, side)

    @cached_property
    def _file_kernel(self) -> FloatArray:
        return _read_kernel(self.psf.kernel)


class Survey(_Frozen):
    """A survey: `bands`, cutouts of `side` pixels, PSF kernels of `psf_side` pixels, `nights` [days] of a time series.

    `sources` are the citations behind the numbers; what concerns one band only stands at the band.
    """

    name: str
    description: str = ""
    sources: tuple[str, ...] = Field(min_length=1)
    side: int = Field(ge=8)
    psf_side: int = Field(ge=3)
    nights: tuple[float, ...] = ()
    bands: tuple[SurveyBand, ...] = Field(min_length=1)

    @field_validator("psf_side")
    @classmethod
    def _odd(cls, side: int) -> int:
        if side % 2 == 0:
            raise ValueError("the side of a PSF kernel must be odd")
        return side

    @model_validator(mode="after")
    def _distinct(self):
        if len(set(self.band_names)) < len(self.bands):
            raise ValueError(f"band names repeat: {', '.join(self.band_names)}")
        return self

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of the bands, in order."""
        return tuple(band.name for band in self.bands)

    @property
    def pixel_scale(self) -> float:
        """Arcsec a pixel, where all bands agree.

        Raises
        ------
        SettingsError
            if they do not.
        """
        scales = {band.pixel_scale for band in self.bands}
        if len(scales) > 1:
            raise SettingsError(f"the bands of survey {self.name} have several pixel scales; choose bands of one scale")
        return scales.pop()

    def select(self, names: tuple[str, ...]) -> "Survey":
        """The survey with the named bands only, in that order.

        Raises
        ------
        SettingsError
            if it has no such band.
        """
        bands = {band.name: band for band in self.bands}
        for name in names:
            if name not in bands:
                raise SettingsError(f"survey {self.name} has no band {name!r}; it has {', '.join(bands)}")
        return self.model_copy(update={"bands": tuple(bands[name] for name in names)})


def load_survey(name: str | Path) -> Survey:
    """A survey by name, or from a YAML file of the same layout; ``des:g,r`` is the survey with these bands only.

    Raises
    ------
    SettingsError
        if there is no such survey (the message names the nearest) or band, or its file is wrong.
    """
    whole, colon, bands = str(name).rpartition(":")
    if colon and "/" not in bands and "\\" not in bands:
        return load_survey(whole).select(tuple(band.strip() for band in bands.split(",")))
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = _FOLDER / f"{name}.yaml"
        if str(name) not in SURVEYS:
            raise SettingsError(f"there is no survey {name}; {nearest(str(name), SURVEYS, 'or name a YAML file')}")
    content = _with_shared_band_settings(read_yaml(path), path)
    try:
        return Survey(**content)
    except ValidationError as error:
        raise SettingsError(f"survey {path.name}: {first_reason(error)}") from None


def _with_shared_band_settings(content: dict, path: Path) -> dict:
    """What stands under `every_band` filled into each band, and kernel paths taken from the file's folder."""
    content = dict(content)
    shared = content.pop("every_band", None) or {}
    bands = content.get("bands") or []
    if not isinstance(bands, list) or not all(isinstance(band, dict) for band in [*bands, shared]):
        raise SettingsError(f"survey {path.name}: bands must be a list of `name: value` mappings")
    bands = [_merged(shared, band) for band in bands]
    for band in bands:
        psf = band.get("psf")
        if isinstance(psf, dict) and psf.get("kernel"):
            psf["kernel"] = path.parent / psf["kernel"]
    return {**content, "bands": bands}


def _merged(shared: dict, band: dict) -> dict:
    merged = shared | band
    if isinstance(shared.get("psf"), dict) and isinstance(band.get("psf"), dict):
        merged["psf"] = shared["psf"] | band["psf"]
    return merged


def _read_kernel(path: Path) -> FloatArray:
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            image = next((hdu.data for hdu in hdus if hdu.data is not None), None)
    except OSError as error:
        raise SettingsError(f"the PSF kernel {path} cannot be read ({error}); check `kernel` of the survey") from None
    if image is None or image.ndim != 2 or image.shape[0] != image.shape[1] or image.shape[0] % 2 == 0:
        shape = None if image is None else image.shape
        raise SettingsError(f"the PSF kernel {path} must be a square image of odd side, not {shape}")
    kernel = np.asarray(image, float)
    if not (np.isfinite(kernel).all() and kernel.sum() > 0):
        raise SettingsError(f"the PSF kernel {path} must be finite with a positive sum")
    return kernel / kernel.sum()


def _resized(kernel: FloatArray, side: int | None) -> FloatArray:
    if side is None or side == len(kernel):
        return kernel
    if side < 1 or side % 2 == 0:
        raise SettingsError(f"the side of a PSF kernel must be odd and positive, not {side}")
    pad = (side - len(kernel)) // 2
    kernel = np.pad(kernel, pad) if pad > 0 else kernel[-pad : len(kernel) + pad, -pad : len(kernel) + pad]
    return kernel / kernel.sum()
