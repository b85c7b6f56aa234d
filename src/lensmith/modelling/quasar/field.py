"""The pixels around a lensed quasar on which everything is fitted."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage as ndi

from lensmith.data import Band, Cutout
from lensmith.errors import FitError
from lensmith.modelling.prepare import psf_fwhm
from lensmith.modelling.quasar.settings import QuasarSettings
from lensmith.physics.imaging import pixel_grid

_PSF_ORDER = 5
"""Order of the splines that shift the PSF by parts of a pixel."""
_MIN_PIXELS = 100


@dataclass(frozen=True, eq=False)
class Field:
    """A square of one band.

    `image`, `noise` float64, `use` bool, `x`, `y` [arcsec], all ``[y, x]``; `fine_x`, `fine_y` supersampled by
    `supersampling`; `guess` (x, y) near which the lens is; `corner` (row, column) in the band's image; `psf` the
    kernel, `psf_spline` its coefficients, `fwhm` of it [arcsec]; `correlation` the factor by which correlated noise
    raises the variance.
    """

    band: Band
    image: np.ndarray
    noise: np.ndarray
    use: np.ndarray
    x: np.ndarray
    y: np.ndarray
    fine_x: np.ndarray
    fine_y: np.ndarray
    supersampling: int
    guess: np.ndarray
    corner: tuple[int, int]
    psf: np.ndarray
    psf_spline: np.ndarray
    fwhm: float
    correlation: float = 1.0

    @property
    def pixel_scale(self) -> float:
        """Arcsec a pixel."""
        return self.band.pixel_scale

    def point(self, x: float, y: float) -> np.ndarray:
        """Image ``[y, x]`` of a point source of unit flux at (x, y) [arcsec]: the PSF, shifted by splines."""
        column = (self.x - x) / self.pixel_scale + self.psf.shape[1] // 2
        row = (self.y - y) / self.pixel_scale + self.psf.shape[0] // 2
        return ndi.map_coordinates(self.psf_spline, [row, column], order=_PSF_ORDER, prefilter=False, mode="constant")


def field_of(cutout: Cutout, settings: QuasarSettings) -> Field:
    """The square of the band that the settings name, around the lens.

    Raises
    ------
    FitError
        if too few pixels are left.
    """
    band = cutout.only(settings.band).bands[0] if settings.band else cutout.bands[0]
    scale, steering = band.pixel_scale, cutout.steering
    guess = np.array([steering.x_lens or 0.0, steering.y_lens or 0.0])
    x, y = pixel_grid(band.shape, scale)
    inside = (np.abs(x - guess[0]) <= settings.field_radius) & (np.abs(y - guess[1]) <= settings.field_radius)
    if (inside & band.mask).sum() < _MIN_PIXELS:
        raise FitError(f"candidate {cutout.id}: fewer than {_MIN_PIXELS} usable pixels around the lens")
    rows, columns = (slice(found.min(), found.max() + 1) for found in np.nonzero(inside))
    supersampling = 1 if scale <= 0.03 else 2
    fine_x, fine_y = pixel_grid(band.shape, scale, supersampling)
    fine = tuple(slice(part.start * supersampling, part.stop * supersampling) for part in (rows, columns))
    use = np.asarray(band.mask)[rows, columns]
    psf = np.asarray(band.psf, float)
    return Field(
        band=band,
        image=np.where(use, band.image[rows, columns], 0.0).astype(float),
        noise=np.where(use, band.noise[rows, columns], 1.0).astype(float),
        use=use,
        x=x[rows, columns],
        y=y[rows, columns],
        fine_x=fine_x[fine],
        fine_y=fine_y[fine],
        supersampling=supersampling,
        guess=guess,
        corner=(rows.start, columns.start),
        psf=psf,
        psf_spline=ndi.spline_filter(psf, _PSF_ORDER),
        fwhm=psf_fwhm(psf, scale),
    )
