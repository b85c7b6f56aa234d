"""Figures of skies."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from lensmith.data.galaxy_field import GalaxyField
from lensmith.plots.sky import draw_whiskers, sky_figure, sky_sheet


def field() -> GalaxyField:
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 30)) * 100
    e1, e2 = 0.2 * rng.standard_normal((2, 30))
    return GalaxyField("sky", x, y, e1, e2, extent=(0, 100, 0, 100))


def test_a_whisker_lies_along_the_long_axis_and_is_as_long_as_the_ellipticity():
    axes = Figure().subplots()
    draw_whiskers(axes, np.zeros(2), np.zeros(2), np.array([0.3, -0.3]), np.array([0.0, 0.0]), 10.0)
    along_x, along_y = axes.collections[0].get_segments()
    np.testing.assert_allclose(along_x, [[-1.5, 0], [1.5, 0]], atol=1e-12)
    np.testing.assert_allclose(along_y, [[0, -1.5], [0, 1.5]], atol=1e-12)


def test_a_sky_shows_galaxies_maps_and_haloes_with_two_circles_each():
    maps = [("signed", np.linspace(-1, 1, 64).reshape(8, 8)), ("positive", np.ones((8, 8)))]
    figure = sky_figure(
        field(), maps, np.array([[20.0, 30.0], [70.0, 60.0]]), np.array([[5.0, 9.0], [3.0, 8.0]]), "sky"
    )
    panels = [axes for axes in figure.axes if axes.get_xlabel()]
    assert len(panels) == 3
    assert len(panels[0].collections[0].get_segments()) == 30
    for axes in panels:
        assert sum(isinstance(patch, Circle) for patch in axes.patches) == 4
        assert axes.get_xlim() == (0, 100)
    assert panels[1].images[0].get_clim()[0] < 0
    assert panels[2].images[0].get_clim()[0] == 0


def test_a_sheet_shows_every_sky_once():
    sky = field()
    catalogue = np.stack([sky.x, sky.y, sky.e1, sky.e2], axis=1)
    catalogues = np.array([catalogue, np.where(np.arange(30)[:, None] < 20, catalogue, np.nan)])
    haloes = np.array([[[50.0, 50.0]], [[np.nan, np.nan]]])
    figure = sky_sheet(haloes, catalogues=catalogues)
    drawn = [axes.collections for axes in figure.axes if axes.collections]
    assert [len(lines[0].get_segments()) for lines in drawn] == [30, 20]
    assert all(isinstance(lines[0], LineCollection) for lines in drawn)
    pictures = sky_sheet(haloes, pictures=np.zeros((2, 16, 16, 3), np.uint8))
    assert sum(bool(axes.images) for axes in pictures.axes) == 2
