"""Several bands in one frame: where each band has the origin, and how far its light lies from the first band's."""

from dataclasses import dataclass, replace

import numpy as np

from lensmith.data import Cutout, frame_offset, image_centre, pixel_to_frame
from lensmith.modelling.lens_light import LensLight, fit_lens_light
from lensmith.modelling.noise_correlation import information_loss
from lensmith.modelling.prepare import PreparedBand, prepare_band
from lensmith.modelling.registration import register

_TRUSTED_SHIFT = 0.15
"""Light centroids farther apart than this [arcsec] are not believed: one of them sits on an arc or a neighbour."""
_SHIFT_FLOOR, _BLIND_SIGMA = 0.01, 0.05


@dataclass(frozen=True, eq=False)
class AlignedBands:
    """The bands on their fitting grids, their lens light, and the prior of each later band's shift [arcsec].

    `origin` is the (column, row) of the first band's image at the frame's origin during the fit.
    """

    bands: tuple[PreparedBand, ...]
    lights: tuple[LensLight, ...]
    shift_mean: np.ndarray
    shift_sigma: np.ndarray

    @property
    def clearest(self) -> int:
        """Index of the band whose lens light is centred best."""
        return int(np.argmin([light.centre_sigma for light in self.lights]))


def _prepare_all(cutout: Cutout) -> list[PreparedBand]:
    first = cutout.bands[0]
    matrix = pixel_to_frame(first, first)
    steering = cutout.steering
    guess = np.array(image_centre(first.shape))
    steered = steering.x_lens is not None and steering.y_lens is not None
    if steered:
        guess = guess + np.linalg.solve(matrix, [steering.x_lens, steering.y_lens])
    bands = [prepare_band(first, matrix, guess, fixed=steered)]
    origin = matrix @ (np.array(bands[0].centre_pixel) - image_centre(first.shape))
    for band in cutout.bands[1:]:
        matrix = pixel_to_frame(band, first)
        offset = frame_offset(band, first)
        if offset is None:
            offset = register(band, matrix, first, bands[0].matrix, np.zeros(2))
        nominal = image_centre(band.shape) + np.linalg.solve(matrix, origin - np.asarray(offset))
        bands.append(prepare_band(band, matrix, nominal, fixed=True))
    return bands


def align(cutout: Cutout, settings) -> AlignedBands:
    """Prepare every band and fit its lens light."""
    bands = _prepare_all(cutout)
    lights = [fit_lens_light(band, settings) for band in bands]
    mean, sigma = [], []
    for light in lights[1:]:
        shift = light.theta[:2] - lights[0].theta[:2]
        error = float(np.hypot(light.centre_sigma, lights[0].centre_sigma))
        if np.hypot(*shift) < _TRUSTED_SHIFT * max(1, bands[0].fwhm) and error < _BLIND_SIGMA:
            mean += list(shift)
            sigma += [np.hypot(error, _SHIFT_FLOOR)] * 2
        else:
            mean += [0.0, 0.0]
            sigma += [_BLIND_SIGMA] * 2
    bands = tuple(_with_correlation(band, light) for band, light in zip(bands, lights))
    return AlignedBands(bands, tuple(lights), np.array(mean), np.array(sigma))


def _with_correlation(band: PreparedBand, light: LensLight) -> PreparedBand:
    """The band with what its noise's correlation takes from the likelihood, known once its light is."""
    loss = information_loss(band.image, light.galaxy + light.sky, band.noise, band.use, band.kernel)
    return replace(band, information_loss=loss)
