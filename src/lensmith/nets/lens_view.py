"""What finder and estimator see of a cutout: one square image in noise units, whatever the instrument.

Bands on one grid are added in units of their noise and resampled so that `SIDE` pixels show the cutout, or its middle
`LARGEST_FIELD` arcsec, as far as the PSF stays resolved. A second plane says what is known (1) and what is not (0):
outside the cutout, masked, not finite. A third, for networks that read it, shows what is bluer than the galaxy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

from lensmith.data import Band, Cutout, psf_fwhm, sharp_bands
from lensmith.errors import InputError
from lensmith.nets.pixel_noise import noise_of
from lensmith.nets.segmenter_input import resampled
from lensmith.nets.view_channels import view_channels
from lensmith.nets.view_colour import colour_image
from lensmith.types import BoolArray, FloatArray

SIDE = 64
LARGEST_FIELD = 10.0
"""Side of the field [arcsec] beyond which nothing belongs to a galaxy's lens."""
FWHM_RANGE = (1.0, 4.0)
"""Pixels that the FWHM of the PSF may span after resampling; a coarser image is left as it is."""
SMALLEST_SIDE, SMALLEST_FIELD = 16, 2.0
"""Pixels and arcsec that a cutout must have along its shorter side."""
_KNOWN_FWHM = (0.5, 20.0)
"""FWHM of the PSF [pixels] outside of which the pixel scale or the PSF must be wrong."""
_MIDDLE_KNOWN = 0.7
"""Share of the middle (half the view's sides) that must be known."""


@dataclass(frozen=True, eq=False)
class View:
    """A view ``[2, SIDE, SIDE]`` (noise units; known), arcsec a pixel of it, its bands, and notes on how it was made.

    `image` is None where the cutout cannot be looked at; the last note says why. `draw_colour` makes the third plane
    (`lensmith.nets.view_colour`), 0 without, for networks that read it.
    """

    image: FloatArray | None
    pixel_scale: float = 1.0
    bands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    draw_colour: Callable[[], FloatArray] | None = None
    _made: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    def channels(self, planes: int) -> FloatArray:
        """What an encoder reads of the view's first 2 or 3 planes, ``[planes + 1, SIDE, SIDE]``; made once for all."""
        if planes not in self._made:
            self._made[planes] = view_channels(self._first(planes)[None])[0]
        return self._made[planes]

    def _first(self, planes: int) -> FloatArray:
        if planes == len(self.image):
            return self.image
        colour = np.zeros_like(self.image[0]) if self.draw_colour is None else self.draw_colour()
        return np.concatenate([self.image, colour[None]])


_MADE: WeakKeyDictionary = WeakKeyDictionary()
"""Views of cutouts that are still in memory: finder and estimator look at the same one."""


def views_of(cutout: Cutout) -> tuple[View, ...]:
    """The views of a cutout: one for each grid that its sharp bands (`lensmith.data.sharp_bands`) are on."""
    if cutout not in _MADE:
        sharp = sharp_bands(cutout)
        blurred = [band.name for band in cutout.bands if band not in sharp]
        notes = (f"networks did not look at {', '.join(blurred)}: blurred",) if blurred else ()
        _MADE[cutout] = tuple(_view(bands, notes) for bands in _by_grid(sharp))
    return _MADE[cutout]


def notes_of(views: Sequence[View]) -> tuple[str, ...]:
    """The notes of several views, each once."""
    return tuple(dict.fromkeys(note for view in views for note in view.notes))


def _by_grid(bands) -> list[list[Band]]:
    """Bands that share shape, pixel scale and orientation together, in their order."""
    grids: list[list[Band]] = []
    for band in bands:
        for grid in grids:
            if band.shape == grid[0].shape and np.allclose(band.pixel_to_sky, grid[0].pixel_to_sky, rtol=1e-6):
                grid.append(band)
                break
        else:
            grids.append([band])
    return grids


def _view(same: list[Band], notes: tuple[str, ...]) -> View:
    first, names = same[0], tuple(band.name for band in same)
    widths = np.array([psf_fwhm(_core(band.psf)) for band in same])
    fwhm = float(widths.mean())
    why = _why_not(first.shape, first.pixel_scale, fwhm)
    if why is None:
        factor = view_factor(first.shape, first.pixel_scale, fwhm)
        images, known = np.stack([band.image for band in same]), np.stack([band.mask for band in same])
        image = view_image(images, known, factor)
        why = _why_blind(image)
        if why is None:
            colour = partial(colour_image, images, known, names, widths, factor, SIDE)
            return View(image, first.pixel_scale / factor, names, notes, colour)
    return View(None, first.pixel_scale, names, (*notes, f"networks did not look at {', '.join(names)}: {why}"))


def _core(psf: FloatArray) -> FloatArray:
    """The part of a kernel above a tenth of its peak, with a margin: all that its FWHM depends on."""
    rows, columns = np.nonzero(psf > 0.1 * psf.max())
    low, high = np.maximum([rows.min() - 3, columns.min() - 3], 0), (rows.max() + 4, columns.max() + 4)
    return psf[low[0] : high[0], low[1] : high[1]]


def _why_not(shape: tuple[int, int], pixel_scale: float, fwhm: float) -> str | None:
    side = min(shape)
    if side < SMALLEST_SIDE:
        return f"the cutout is {shape[1]}x{shape[0]} pixels, and {SMALLEST_SIDE} a side are needed"
    if side * pixel_scale < SMALLEST_FIELD:
        return f"the cutout is {side * pixel_scale:.2g} arcsec wide, and {SMALLEST_FIELD:g} are needed"
    if not _KNOWN_FWHM[0] <= fwhm <= _KNOWN_FWHM[1]:
        return f"a PSF of FWHM {fwhm:.3g} pixels is unlike any instrument's; check pixel scale and PSF"
    return None


def _why_blind(image: FloatArray) -> str | None:
    known = image[1, SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4].mean()
    return None if known >= _MIDDLE_KNOWN else f"only {100 * known:.0f} % of the middle of the cutout is usable"


def view_factor(shape: tuple[int, int], pixel_scale: float, fwhm: float) -> float:
    """By how much a cutout ``shape`` is enlarged: never above 1; `pixel_scale` [arcsec], `fwhm` of the PSF [pixels].

    Raises
    ------
    InputError
        if the FWHM is not positive.
    """
    if not fwhm > 0:
        raise InputError(f"the PSF has a FWHM of {fwhm} pixels; give a positive one")
    field = min(max(shape) * pixel_scale, LARGEST_FIELD)
    low, high = (width / fwhm for width in FWHM_RANGE)
    return float(min(max(SIDE * pixel_scale / field, low), high, 1.0))


def view_image(images: FloatArray, known: BoolArray, factor: float, side: int = SIDE) -> FloatArray:
    """The view ``[2, side, side]``, float32, of images ``[band, y, x]`` with masks `known` (True: use)."""
    known = known & np.isfinite(images)
    total, weight = np.zeros(images.shape[1:]), np.zeros(images.shape[1:])
    for image, use in zip(np.asarray(images, float), known):
        if use.sum() < SMALLEST_SIDE:
            continue
        sky = np.median(image[use])
        total += np.where(use, (image - sky) / noise_of(np.where(use, image, np.nan), 1), 0)
        weight += use
    d = np.where(weight > 0, total / np.sqrt(np.maximum(weight, 1)), 0)
    share = resampled((weight > 0).astype(float), factor, side)
    d = np.where(share > 0.5, resampled(d, factor, side) / np.maximum(share, 0.5), np.nan)
    # Once more on these pixels: resampling has smoothed noise, less so where neighbouring pixels share theirs.
    d = d / noise_of(d, 2)
    return np.stack([np.nan_to_num(d), np.isfinite(d)]).astype(np.float32)
