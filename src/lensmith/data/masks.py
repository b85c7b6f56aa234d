"""Which pixels may be used: finite ones, without sentinels, flags or exclusions."""

import numpy as np

from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray

SENTINEL = 1e20
"""Image values this large mark missing data, whatever the unit."""
SENTINEL_RATIO = 1e4
"""Noise this many times that of the quietest tenth of the pixels marks bad pixels (1e8, 1e16, 1e30 in use)."""
EMPTY_SHARE = 0.005
"""Share of pixels exactly 0 in a real-valued image from which they are taken for missing data (edges of mosaics)."""


class NoDataError(InputError):
    """A band holds no data at all: survey cutouts near an edge do, and the other bands are still good."""


def image_mask(image: FloatArray, where: str) -> tuple[BoolArray, tuple[str, ...]]:
    """True where the image has a value: finite, no sentinel, not the blank edge of a mosaic; and notes.

    Raises
    ------
    NoDataError
        if no pixel has a value, or all have the same.
    """
    with np.errstate(invalid="ignore"):
        mask = np.isfinite(image) & (np.abs(image) < SENTINEL)
    if not mask.any():
        what = "every pixel is NaN" if np.isnan(image).all() else "no pixel has a finite value"
        raise NoDataError(f"{where}: {what}")
    values = image[mask]
    if values.min() == values.max():
        raise NoDataError(f"{where}: every pixel has the same value ({values[0]:.4g}), so there is nothing to model")
    notes = []
    if not mask.all():
        notes.append(f"{np.count_nonzero(~mask)} pixels without a value are masked")
    empty = mask & (image == 0)
    whole_numbers = np.array_equal(values, np.rint(values))
    if not whole_numbers and EMPTY_SHARE * image.size < np.count_nonzero(empty) < np.count_nonzero(mask):
        mask &= ~empty
        notes.append(f"{np.count_nonzero(empty)} pixels that are exactly 0 are masked as missing data")
    return mask, tuple(notes)


def noise_mask(noise: FloatArray, mask: BoolArray, where: str) -> tuple[BoolArray, tuple[str, ...]]:
    """The pixels of `mask` whose noise can be used (positive, finite, no sentinel), and notes.

    Raises
    ------
    InputError
        if the noise map is nowhere positive and finite, or mostly negative.
    """
    inside = noise[mask]
    finite = np.isfinite(inside)
    if not finite.any():
        raise InputError(f"{where}: the noise map has no finite value")
    if (inside[finite] < 0).mean() > 0.5:
        raise InputError(f"{where}: the noise map is negative; it must hold 1 sigma, a positive number, in each pixel")
    with np.errstate(invalid="ignore"):
        good = np.isfinite(noise) & (noise > 0) & (noise < SENTINEL) & mask
    if not good.any():
        raise InputError(f"{where}: the noise map is nowhere positive and finite")
    good &= noise <= SENTINEL_RATIO * np.quantile(noise[good], 0.1)
    lost = np.count_nonzero(mask & ~good)
    return good, ((f"{lost} pixels are masked by the noise map (sentinel, zero or NaN)",) if lost else ())


def user_mask(values, shape: tuple[int, int], excludes: bool, where: str) -> tuple[BoolArray, tuple[str, ...]]:
    """True = use, from a mask plane in which non-zero means use, or exclude if `excludes`; and notes.

    Raises
    ------
    InputError
        if the shape differs from the image's or nothing is left.
    """
    values = np.asarray(values)
    if values.shape != shape:
        raise InputError(f"{where}: the mask has shape {values.shape} but the image {shape}")
    marked = np.nan_to_num(values.astype(np.float64)) != 0
    use = ~marked if excludes else marked
    if not use.any():
        raise InputError(
            f"{where}: the mask leaves no pixel to use; it is read as {'1 = exclude' if excludes else '1 = use'}, "
            f"and mask_excludes = {'no' if excludes else 'yes'} in a manifest turns it round"
        )
    rows, columns = shape
    middle = use[rows // 2 - 1 : rows // 2 + 2, columns // 2 - 1 : columns // 2 + 2]
    if not excludes and not middle.any() and use.mean() < 0.5:
        return use, (
            "the mask leaves out the middle and most of the image: it is read as 1 = use; if 1 means exclude, say "
            "mask_excludes = yes in the manifest",
        )
    return use, ()


def flag_mask(flags, shape: tuple[int, int], bits: int | None, where: str) -> tuple[BoolArray, tuple[str, ...]]:
    """True where no flag is raised (none of `bits`, or none at all); flags on most pixels are information, not faults.

    Raises
    ------
    InputError
        if the shape differs from the image's.
    """
    flags = np.nan_to_num(np.asarray(flags)).astype(np.int64)
    if flags.shape != shape:
        raise InputError(f"{where}: the data-quality plane has shape {flags.shape} but the image {shape}")
    good = (flags & bits if bits is not None else flags) == 0
    if good.mean() < 0.5:
        return np.ones(shape, bool), ("the data-quality plane flags more than half of the pixels: it is ignored",)
    return good, ()
