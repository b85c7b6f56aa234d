"""What the segmenter of every instrument sees of a candidate: one detection image on its own working grid."""

from typing import NamedTuple

import numpy as np

from lensmith.data import Band, Cutout, effective_fwhm, frame_offset, pixel_to_frame, sharp_bands
from lensmith.nets.segmenter_input import on_grid, resampling_factor, sky_sigma, stretched
from lensmith.types import FloatArray

FARTHEST = 5
"""Pixels of the working grid that a band of unknown offset may lie off the first."""


class WorkingImage(NamedTuple):
    """`image` float32 ``[y, x]``, asinh(S/N / 3); its pixels are those of the first band enlarged by `factor`."""

    image: FloatArray
    factor: float
    bands: tuple[str, ...]


def working_image(cutout: Cutout) -> WorkingImage:
    """The detection image of a candidate: the bands' S/N added on a grid that suits the PSF.

    Bands that share the first one's grid, or whose WCS says where they lie, are put there; one of unknown offset goes
    where it resembles the first most. Masked pixels are sky.
    """
    first, chosen = cutout.bands[0], sharp_bands(cutout, resolved=0.0)
    width = np.mean([effective_fwhm(band) for band in chosen]) / first.pixel_scale
    factor = resampling_factor(width, max(first.shape))
    shape = tuple(max(1, round(n * factor)) for n in first.shape)
    total = np.zeros(shape)
    for number, band in enumerate(chosen):
        total += _placed(band, first, factor, shape, total if number else None)
    return WorkingImage(stretched(total / np.sqrt(len(chosen))), factor, tuple(band.name for band in chosen))


def noise_units(band: Band) -> FloatArray:
    """The band's image less its median, over the noise of its sky; 0 where it is masked."""
    sky, sigma = np.median(band.image[band.mask]), sky_sigma(band.noise, band.mask)
    return np.where(band.mask, (np.nan_to_num(band.image) - sky) / sigma, 0).astype(np.float32)


def _placed(band: Band, first: Band, factor: float, shape: tuple[int, int], before: FloatArray | None) -> FloatArray:
    """The band in noise units on the working grid; `before`, what lies there already, where its place is unknown."""
    units, offset = noise_units(band), frame_offset(band, first)
    same_grid = band.shape == first.shape and np.allclose(band.pixel_to_sky, first.pixel_to_sky, rtol=1e-6)
    if same_grid and offset in (None, (0.0, 0.0)) and factor == 1:
        return units
    to_pixel = np.linalg.inv(pixel_to_frame(band, first))
    matrix = to_pixel * (first.pixel_scale / factor)
    if offset is not None or before is None or same_grid:
        return on_grid(units, matrix, -to_pixel @ np.array(offset or (0.0, 0.0)), shape)
    shift = _offset_of(on_grid(units, matrix, np.zeros(2), shape), before)
    return on_grid(units, matrix, -matrix @ shift, shape)


def _offset_of(image: FloatArray, like: FloatArray) -> np.ndarray:
    """(x, y) [pixels] by which `image` must move to resemble `like` most: the peak of their correlation."""
    one, other = (np.fft.rfft2(stretched(np.maximum(values, 0))) for values in (image, like))
    found = np.fft.irfft2(other * one.conj(), image.shape)
    reach = np.arange(-FARTHEST, FARTHEST + 1)
    near = found[np.ix_(reach % image.shape[0], reach % image.shape[1])]
    row, column = np.unravel_index(near.argmax(), near.shape)
    return np.array([reach[column], reach[row]], float)
