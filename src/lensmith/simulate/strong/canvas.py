"""What scenes are painted on: the empty sky of a survey, or real cutouts given by the user."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data import Candidate, Cutout, ReadOptions, find_candidates, read_candidate
from lensmith.errors import InputError, MissingError, SettingsError
from lensmith.physics.imaging import resize_kernel
from lensmith.simulate.strong import spectra
from lensmith.simulate.strong.observing import PsfBank
from lensmith.simulate.strong.settings import StrongSettings
from lensmith.simulate.strong.sky import Sky
from lensmith.simulate.survey import Survey
from lensmith.types import FloatArray


@dataclass(frozen=True, eq=False)
class Place:
    """Where one scene is painted: PSF and FWHM of the night, what is there already, its noise.

    `rms` is all noise but that of the painted light and `added_rms` the part of it that is drawn: nothing in a real
    cutout, which has its noise. Shapes ``[band, y, x]`` or ``[band, 1, 1]``; `electrons` and `ceiling` ``[band]``.
    """

    psf: FloatArray
    fwhm: FloatArray
    background: FloatArray
    rms: FloatArray
    added_rms: FloatArray
    electrons: FloatArray
    ceiling: FloatArray
    sky: Sky
    cutout: str = ""


class BlankCanvas:
    """The empty sky of a survey."""

    def __init__(self, survey: Survey, settings: StrongSettings):
        survey = survey if settings.bands is None else survey.select(settings.bands)
        self.bank = PsfBank(survey)
        self.sky = Sky(
            side=settings.side or survey.side,
            pixel_scale=survey.pixel_scale,
            fwhm=float(self.bank.fwhm.min(0).mean()),
            bands=survey.band_names,
            wavelengths=spectra.wavelengths(survey.band_names, settings.wavelengths),
            zero_points=np.array([band.magnitude(1.0) for band in survey.bands]),
        )
        self.unit = survey.bands[0].unit
        self.rms = np.array([band.background_rms for band in survey.bands], np.float32)
        self.electrons = np.array([band.electrons_per_unit for band in survey.bands], np.float32)
        # The brightest that a pixel can show: a full well in each exposure.
        self.ceiling = np.array([_ceiling(band) for band in survey.bands], np.float32)

    @property
    def psf_side(self) -> int:
        """Pixels a side of the kernels."""
        return self.bank.kernels.shape[-1]

    def place(self, rng: np.random.Generator) -> Place:
        """A night of the survey."""
        psf, fwhm = self.bank.draw(rng)
        rms = self.rms[:, None, None]
        return Place(psf, fwhm, np.zeros_like(rms), rms, self.rms, self.electrons, self.ceiling, self.sky)


def _ceiling(band) -> float:
    return np.inf if band.saturation is None else band.saturation * band.n_exposures / band.electrons_per_unit


class RealCanvas:
    """Cutouts of a folder, one drawn for each scene; all must have the same bands, side and pixel scale.

    Noise maps, PSFs and zero-points are the cutouts' own; electrons of a unit of flux too (exposure, gain), else the
    survey's.
    """

    def __init__(self, folder: Path, survey: Survey | None, settings: StrongSettings):
        self.candidates = find_candidates([Path(folder)])
        self.survey = survey
        self.settings = settings
        self.cache: dict[int, Place] = {}
        first = self._read(self.candidates[0])
        bands = first.bands if settings.bands is None else first.only(*settings.bands).bands
        self.names = tuple(band.name for band in bands)
        self.shape, self.scale = bands[0].shape, bands[0].pixel_scale
        self.psf_side = max(max(band.psf.shape) for band in bands)
        self.unit = bands[0].unit
        if self.shape[0] != self.shape[1]:
            raise InputError(f"{first.id}: lenses are painted into square cutouts, this one has shape {self.shape}")
        self.sky = self._place(first).sky

    def place(self, rng: np.random.Generator) -> Place:
        """One of the cutouts."""
        number = int(rng.integers(len(self.candidates)))
        if number not in self.cache:
            if len(self.cache) > 2000:
                self.cache.clear()
            self.cache[number] = self._place(self._read(self.candidates[number]))
        return self.cache[number]

    @staticmethod
    def _read(candidate: Candidate) -> Cutout:
        return read_candidate(candidate, ReadOptions())

    def _place(self, cutout: Cutout) -> Place:
        cutout = cutout.only(*self.names)
        for band in cutout.bands:
            if band.shape != self.shape or abs(band.pixel_scale / self.scale - 1) > 1e-3:
                raise InputError(
                    f"{cutout.id}, band {band.name}: {band.shape} pixels of {band.pixel_scale:.4g} arcsec, but the "
                    f"first cutout has {self.shape} of {self.scale:.4g}; paint into cutouts of one grid at a time"
                )
            if band.zero_point is None:
                raise MissingError(
                    f"{cutout.id}, band {band.name}: no zero-point; name it in the manifest or the header (MAGZERO)"
                )
        bands = cutout.bands
        fwhm = np.array([_fwhm(band) for band in bands])
        sky = Sky(
            side=self.shape[0],
            pixel_scale=self.scale,
            fwhm=float(fwhm.min()),
            bands=self.names,
            wavelengths=spectra.wavelengths(self.names, self.settings.wavelengths),
            zero_points=np.array([band.zero_point for band in bands]),
        )
        rms = np.array(
            [np.where(band.mask, band.noise, np.median(band.noise[band.mask])) for band in bands], np.float32
        )
        image = np.array([np.where(band.mask, band.image, 0) for band in bands], np.float32)
        electrons = np.array([self._electrons(band, cutout.id) for band in bands], np.float32)
        psf = np.array([resize_kernel(band.psf, self.psf_side) for band in bands], np.float32)
        none, open_top = np.zeros(len(bands), np.float32), np.full(len(bands), np.inf, np.float32)
        return Place(psf, fwhm, image, rms, none, electrons, open_top, sky, cutout.id)

    def _electrons(self, band, name: str) -> float:
        """Electrons of one unit of flux."""
        if "/s" in band.unit.lower() or "s-1" in band.unit.lower():
            if band.exposure:
                return band.exposure * (band.gain or 1.0)
        elif band.gain:
            return band.gain
        if self.survey is None:
            raise MissingError(
                f"{name}, band {band.name}: neither gain nor exposure is known, so the noise of what is painted is not "
                "either; name the survey that took it with --survey"
            )
        taken = {one.name: one for one in self.survey.bands}.get(band.name)
        if taken is None:
            raise SettingsError(f"{name}: survey {self.survey.name} has no band {band.name}; choose with bands=[...]")
        return taken.electrons_per_unit * taken.flux(band.zero_point)


def _fwhm(band) -> float:
    from lensmith.data import psf_fwhm

    return float(psf_fwhm(band.psf)) * band.pixel_scale
