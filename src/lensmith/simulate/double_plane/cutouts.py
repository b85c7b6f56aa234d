"""Real cutouts to paint sources into."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.data import ReadOptions, find_candidates, read_candidate
from lensmith.data.records import Band, Cutout
from lensmith.errors import InputError
from lensmith.physics.imaging import resize_kernel
from lensmith.simulate.survey import Survey
from lensmith.types import FloatArray

_CENTRE_REACH = 1.0
"""Arcsec around the middle in which the galaxy's centre is looked for."""


@dataclass(frozen=True, eq=False)
class Background:
    """One real cutout in the bands of a survey.

    `image` ``[band, y, x]`` in its own unit, `psf` ``[band, k, k]``, `zero_points` ``[band]`` AB of one unit, `centre`
    (x, y) [arcsec] of its galaxy.
    """

    name: str
    image: FloatArray
    psf: FloatArray
    zero_points: FloatArray
    centre: tuple[float, float]

    def turned(self, quarters: int, mirrored: bool) -> "Background":
        """The same, mirrored left to right and then turned counter-clockwise by `quarters` x 90 degrees."""
        x, y = self.centre
        image, psf = self.image, self.psf
        if mirrored:
            image, psf, x = image[..., ::-1], psf[..., ::-1], -x
        for _ in range(quarters % 4):
            image, psf = (np.swapaxes(array, -1, -2)[..., ::-1] for array in (image, psf))
            x, y = -y, x
        return Background(self.name, image, psf, self.zero_points, (x, y))


def read_backgrounds(folder: Path, survey: Survey, side: int) -> list[Background]:
    """All cutouts in `folder` that have the survey's bands, cut to `side` pixels around their galaxy.

    Raises
    ------
    InputError
        if none is left, or one has another pixel scale, no zero-point, or is too small.
    """
    if not Path(folder).exists():
        raise InputError(f"into={folder}: no such folder; it names real cutouts to paint lenses into")
    options = ReadOptions(psf_fwhm=float(survey.bands[0].psf.fwhm.at(0.5)))
    found = [read_candidate(candidate, options) for candidate in find_candidates([Path(folder)], options)]
    kept = [cutout for cutout in found if set(survey.band_names) <= {band.name for band in cutout.bands}]
    if not kept:
        raise InputError(
            f"into={folder}: none of the {len(found)} cutouts has the bands {', '.join(survey.band_names)}"
        )
    return [_background(cutout, survey, side) for cutout in kept]


def _background(cutout: Cutout, survey: Survey, side: int) -> Background:
    bands = {band.name: band for band in cutout.bands}
    chosen = [bands[name] for name in survey.band_names]
    for band in chosen:
        _refuse_unfit(cutout.id, band, survey.pixel_scale, side)
    images = [np.where(band.mask, band.image, 0) for band in chosen]
    row, column = _galaxy(images[-1], _CENTRE_REACH / survey.pixel_scale)
    top, left = (_start(place, size, side) for place, size in zip((row, column), images[0].shape))
    middle = (side - 1) / 2
    return Background(
        cutout.id,
        np.array([image[top : top + side, left : left + side] for image in images], np.float32),
        np.array([resize_kernel(band.psf, survey.psf_side) for band in chosen], np.float32),
        np.array([band.zero_point for band in chosen]),
        ((column - left - middle) * survey.pixel_scale, (row - top - middle) * survey.pixel_scale),
    )


def _refuse_unfit(name: str, band: Band, pixel_scale: float, side: int) -> None:
    where = f"cutout {name}, band {band.name}"
    if band.zero_point is None:
        raise InputError(f"{where}: it has no zero-point, so no flux can be painted in; give one in a manifest")
    scale = np.sqrt(abs(np.linalg.det(band.pixel_to_sky)))
    if abs(scale / pixel_scale - 1) > 0.01:
        raise InputError(f"{where}: its pixels are {scale:.4g} arcsec and the survey's {pixel_scale:g}")
    if min(band.image.shape) < side:
        raise InputError(f"{where}: it has {band.image.shape} pixels and {side} a side are needed: set side lower")


def _start(place: float, size: int, side: int) -> int:
    """First of `side` pixels out of `size` that have `place` as near to their middle as possible."""
    return int(np.clip(round(place - (side - 1) / 2), 0, size - side))


def _galaxy(image: FloatArray, reach: float) -> tuple[float, float]:
    """Row and column of the galaxy in the middle: centroid of what is brighter than half its peak, found twice."""
    row, column = ((size - 1) / 2 for size in image.shape)
    rows, columns = np.indices(image.shape)
    image = image - np.median(image)
    for _ in range(2):
        light = np.where(np.hypot(rows - row, columns - column) <= reach, image, 0)
        light = np.where(light > 0.5 * light.max(), light, 0)
        if light.sum() > 0:
            row, column = float((light * rows).sum() / light.sum()), float((light * columns).sum() / light.sum())
    return row, column
