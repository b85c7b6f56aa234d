"""One image on its own: what is in the file, before any model."""

import numpy as np
from matplotlib.figure import Figure

from lensmith.plots.annotations import colour_bar, compass, scale_bar
from lensmith.plots.panel import draw_pixels, frame_panel, hatch_masked
from lensmith.plots.quantity import drawable, unit_sign
from lensmith.plots.stretch import flux_stretch
from lensmith.plots.style import FLUX_CMAP, TITLE_SIZE
from lensmith.plots.view import Grid, View
from lensmith.types import BoolArray, FloatArray


def stamp(
    image: FloatArray,
    pixel_to_sky: FloatArray,
    *,
    oriented: bool = False,
    noise: FloatArray | None = None,
    mask: BoolArray | None = None,
    unit: str = "",
    title: str = "",
    side: float = 3.0,
) -> Figure:
    """Draw one band's image ``[y, x]`` with an asinh stretch, colour bar in data units, scale bar, and compass.

    Parameters
    ----------
    image : flux in `unit`; NaN is left grey.
    pixel_to_sky : (2, 2), arcsec a pixel, (column, row) to (East, North); only its scale counts unless `oriented`.
    oriented : whether `pixel_to_sky` holds the true orientation: then North and East are drawn.
    noise : 1 sigma, the same shape: sets where the stretch turns from linear to logarithmic.
    mask : True = use; other pixels are hatched.
    unit, title : words for the colour bar and above the image.
    side : of the image in the figure, inches.
    """
    image = np.asarray(image, dtype=float)
    matrix = np.asarray(pixel_to_sky, dtype=float)
    pixel_scale = float(np.sqrt(abs(np.linalg.det(matrix))))
    grid = Grid.centred(image.shape, pixel_scale)
    view = View((0.0, 0.0), max(image.shape) / 2 * pixel_scale)
    width, height = side + 0.75, side + 0.4
    figure = Figure(figsize=(width, height))
    panel = figure.add_axes((0.1 / width, 0.1 / height, side / width, side / height))
    bar = figure.add_axes(((side + 0.15) / width, 0.1 / height, 0.1 / width, side / height))
    frame_panel(panel, view)
    panel.set_title(drawable(title), fontsize=TITLE_SIZE, pad=4, parse_math=False)
    stretch = flux_stretch(image, noise, mask)
    draw_pixels(panel, stretch(image), grid, view, FLUX_CMAP)
    if mask is not None:
        hatch_masked(panel, mask, grid, view)
    scale_bar(panel, view)
    if oriented:
        compass(panel, view, matrix / pixel_scale)
    colour_bar(bar, stretch, FLUX_CMAP, unit_sign(unit))
    return figure
