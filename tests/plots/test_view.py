from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lensmith.plots.panel import draw_pixels, frame_panel, hatch_masked
from lensmith.plots.view import Grid, View
from plots.mock_fit import ONE, THETA_E, THREE, make_fit


def drawn(figure: Figure) -> np.ndarray:
    """The pixels of a figure, ``[y, x, rgba]``, row 0 at the bottom."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[::-1]


def test_positions_of_pixels():
    grid = Grid((2.0, 1.0), np.array([[0.0, -0.5], [0.5, 0.0]]))
    x, y = grid.positions((4, 4))
    assert (x[1, 2], y[1, 2]) == (0, 0)
    assert (x[1, 3], y[1, 3]) == (0, 0.5)
    assert (x[2, 2], y[2, 2]) == (-0.5, 0)


def test_view_holds_the_fitted_pixels_but_not_much_more():
    fit = make_fit(THREE)
    view = View.of(fit)
    assert view.centre == (0.0, 0.0)
    assert 2.7 < view.half < 2.7 + 0.13
    wide = replace(fit.bands[0], mask=np.ones_like(fit.bands[0].mask), pixel_to_frame=1.0 * np.eye(2))
    assert View.of(replace(fit, bands=(wide,))).half == pytest.approx(16.5)
    none = replace(fit.bands[0], mask=np.zeros_like(fit.bands[0].mask))
    assert View.of(replace(fit, bands=(none,), parameters={})).half > 0.5


def test_window_is_what_the_view_touches():
    view = View((0.0, 0.0), 1.0)
    grid = Grid.centred((101, 201), 0.1)
    rows, columns = view.window(grid, (101, 201))
    assert (rows.start, rows.stop, columns.start, columns.stop) == (40, 61, 90, 111)
    beside = Grid((500.0, 500.0), 0.1 * np.eye(2))
    rows, columns = view.window(beside, (101, 201))
    assert rows.stop > rows.start
    assert columns.stop > columns.start


@pytest.mark.parametrize("matrix", [np.eye(2), [[0, -1], [1, 0]], [[-1, 0], [0, 1]], [[0.6, 0.8], [0.8, -0.6]]])
def test_a_pixel_is_drawn_where_it_lies(matrix):
    """One bright pixel, at column 6 and row 1 of a rotated or mirrored image, shows up at its place in the frame."""
    shades = np.zeros((9, 9))
    shades[1, 6] = 1.0
    grid = Grid((4.0, 4.0), 0.25 * np.asarray(matrix, dtype=float))
    view = View((0.0, 0.0), 1.5)
    figure = Figure(figsize=(3, 3), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    frame_panel(ax, view)
    draw_pixels(ax, shades, grid, view, "gray")
    picture = drawn(figure)[..., :3].min(axis=-1)
    x, y = grid.matrix @ (2, -3)
    column, row = (int((v + 1.5) / 3 * 300) for v in (x, y))
    assert picture[row, column] == 255
    bright = np.argwhere(picture[5:-5, 5:-5] == 255) + 5
    assert bright.mean(axis=0) == pytest.approx([row, column], abs=2)


def test_only_masked_pixels_are_hatched():
    view = View((0.0, 0.0), 1.0)
    grid = Grid.centred((10, 10), 0.2)
    mask = np.ones((10, 10), bool)
    pictures = []
    for _ in range(2):
        figure = Figure(figsize=(2, 2), dpi=100)
        ax = figure.add_axes((0, 0, 1, 1))
        frame_panel(ax, view)
        draw_pixels(ax, np.zeros((10, 10)), grid, view, "viridis")
        hatch_masked(ax, mask, grid, view)
        pictures.append(drawn(figure))
        mask = mask.copy()
        mask[2:4, 7:9] = False
    changed = np.argwhere((pictures[0] != pictures[1]).any(axis=-1))
    assert changed.min(axis=0) == pytest.approx([40, 140], abs=2)
    assert changed.max(axis=0) == pytest.approx([79, 179], abs=2)


def test_mock_critical_curve_has_the_right_size():
    critical = make_fit(ONE).critical_curves[0]
    assert np.hypot(*critical.T).mean() == pytest.approx(THETA_E, rel=0.02)
