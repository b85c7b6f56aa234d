import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lensmith.plots import contact_sheet


def pixels(figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


@pytest.mark.parametrize("shape", [(1, 8, 8), (7, 8, 8), (7, 1, 8, 8), (5, 2, 8, 8), (12, 4, 8, 8)])
@pytest.mark.parametrize("zoom", ["each", "all"])
def test_all_shapes(shape, zoom):
    images = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    figure = contact_sheet(images, [f"sample {i}" for i in range(len(images))], zoom=zoom)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == len(images)
    assert [axes.get_title() for axes in shown] == [f"sample {i}" for i in range(len(images))]
    assert pixels(figure).std() > 10


def test_first_row_is_at_the_bottom_and_the_last_band_is_red():
    images = np.random.default_rng(0).normal(size=(1, 3, 20, 20)).astype(np.float32)
    images[0, 2, :4] += 100
    drawn = pixels(contact_sheet(images)).astype(float)
    bottom, top = drawn[-10:].mean(axis=(0, 1)), drawn[:10].mean(axis=(0, 1))
    assert bottom[0] > top[0] + 40
    assert bottom[0] > bottom[2] + 40


def test_one_band_may_have_missing_pixels():
    images = np.ones((2, 9, 9))
    images[0, :4] = np.nan
    assert pixels(contact_sheet(images)).shape[2] == 3


@pytest.mark.parametrize("shape", [(0, 8, 8), (8, 8), (1, 1, 1, 8, 8)])
def test_other_shapes_are_an_error(shape):
    with pytest.raises(ValueError, match="images must be"):
        contact_sheet(np.zeros(shape))
