"""Settings that a reader takes from the command line: they supply what the files do not say."""

import math
from dataclasses import dataclass
from pathlib import Path

from lensmith.data.planes import parse_plane
from lensmith.errors import SettingsError


@dataclass(frozen=True)
class ReadOptions:
    """What to use where a file does not say it itself (the file and the manifest come first).

    Attributes
    ----------
    pixel_scale : arcsec a pixel.
    psf : a FITS file with the PSF, ``file.fits`` or ``file.fits[EXT]``.
    psf_fwhm : full width at half maximum of a Gaussian PSF, arcsec.
    zero_point : AB magnitude of one unit of flux.

    Raises
    ------
    SettingsError
        if a value is out of range, or both `psf` and `psf_fwhm` are given.
    """

    pixel_scale: float | None = None
    psf: Path | str | None = None
    psf_fwhm: float | None = None
    zero_point: float | None = None

    def __post_init__(self):
        for option, value in (("--pixel-scale", self.pixel_scale), ("--psf-fwhm", self.psf_fwhm)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SettingsError(f"{option} must be a positive number of arcsec, not {value}")
        if self.zero_point is not None and not math.isfinite(self.zero_point):
            raise SettingsError(f"--zero-point must be a finite AB magnitude, not {self.zero_point}")
        if self.psf is not None and self.psf_fwhm is not None:
            raise SettingsError("--psf and --psf-fwhm exclude each other: give the PSF as a file or as a width")
        if self.psf is not None and not parse_plane(str(self.psf)).path.is_file():
            raise SettingsError(f"--psf {self.psf}: no such file")
