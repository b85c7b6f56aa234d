"""A small strip of pictures of one fit, for tables of many."""

import numpy as np
from matplotlib import colormaps

from lensmith.data.filters import wavelength
from lensmith.data.results import BandFit, LensFit
from lensmith.plots.stretch import arc_stretch, flux_stretch
from lensmith.plots.style import FLUX_CMAP
from lensmith.plots.view import Grid, View

GREY = 0.78
"""Shade of what has no data."""


def thumbnail(fit: LensFit, side: int = 112) -> np.ndarray:
    """Three squares side by side: the data, the data without lens light, the model's arcs; uint8 ``[y, x, 3]``.

    The data are in colour where two or more bands of known wavelength have pixels of similar size, else in grey; the
    other two show the band with the clearest arcs on one colour scale. Row 0 is the top, `side` pixels a square.
    """
    view = View.of(fit)
    clearest = max(fit.bands, key=lambda band: band.arc_snr if np.isfinite(band.arc_snr) else -np.inf)
    without_lens = clearest.image - clearest.lens_light
    faint = arc_stretch(without_lens, clearest.noise, clearest.mask, clearest.arc_mask)
    squares = [_colour(fit, view, side)]
    for image in (without_lens, clearest.arcs):
        shades = _sampled(faint(image), clearest, view, side)
        rgb = colormaps[FLUX_CMAP](np.nan_to_num(shades))[..., :3]
        squares.append(np.where(np.isfinite(shades)[..., None], rgb, GREY))
    gap = np.ones((side, 3, 3))
    strip = np.concatenate([squares[0], gap, squares[1], gap, squares[2]], axis=1)
    return np.rint(255 * np.clip(strip[::-1], 0, 1)).astype(np.uint8)


def _colour(fit: LensFit, view: View, side: int) -> np.ndarray:
    """The data as red, green and blue in [0, 1], ``[y, x, 3]``."""
    bands = _blue_to_red(fit.bands)
    shades = np.stack([_sampled(flux_stretch(b.image, b.noise, b.mask)(b.image), b, view, side) for b in bands])
    seen = np.isfinite(shades)
    mean = np.where(seen, shades, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    shades = np.where(seen, shades, mean)
    middle = (len(shades) - 1) / 2
    green = (shades[int(np.floor(middle))] + shades[int(np.ceil(middle))]) / 2
    rgb = np.stack([shades[-1], green, shades[0]], axis=-1)
    return np.where(seen.any(axis=0)[..., None], rgb, GREY)


def _blue_to_red(bands: tuple[BandFit, ...]) -> list[BandFit]:
    """The bands that a colour picture is made of, sorted by wavelength; the sharpest alone where there is no colour."""
    finest = min(band.pixel_scale for band in bands)
    alike = [band for band in bands if band.pixel_scale < 1.7 * finest and wavelength(band.name) is not None]
    alike.sort(key=lambda band: wavelength(band.name))
    if len(alike) >= 2 and wavelength(alike[0].name) < wavelength(alike[-1].name):
        return alike
    return [next(band for band in bands if band.pixel_scale == finest)]


def _sampled(image: np.ndarray, band: BandFit, view: View, side: int) -> np.ndarray:
    """The nearest pixels of a band's image on `side` x `side` points of the view, y upwards; NaN outside the image."""
    grid = Grid.of(band)
    steps = ((np.arange(side) + 0.5) / side * 2 - 1) * view.half
    x, y = np.meshgrid(view.centre[0] + steps, view.centre[1] + steps)
    pixels = np.einsum("ij,jyx->iyx", np.linalg.inv(grid.matrix), np.stack([x, y]))
    column, row = (np.rint(p + o).astype(int) for p, o in zip(pixels, grid.origin))
    inside = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
    values = image[np.where(inside, row, 0), np.where(inside, column, 0)]
    return np.where(inside, values, np.nan)
