from dataclasses import replace

import numpy as np
import pytest

from lensmith.plots import source_plane
from plots.mock_fit import SOURCE, THREE, make_fit


def test_a_panel_and_a_bar_a_band(tmp_path):
    figure = source_plane(make_fit(THREE))
    assert len(figure.axes) == 6
    figure.savefig(tmp_path / "source_plane.png", dpi=40)


def test_light_lies_where_the_source_is_and_the_caustic_around():
    fit = make_fit()
    ax = source_plane(fit).axes[0]
    (image,) = ax.images
    shades = np.asarray(image.get_array())
    row, column = np.unravel_index(np.argmax(shades), shades.shape)
    place = image.get_transform() - ax.transData
    assert place.transform((column, row)) == pytest.approx(SOURCE, abs=0.03)
    assert ax.lines[0].get_xydata()[:-1] == pytest.approx(fit.caustics[0])
    for limits, values in zip((ax.get_xlim(), ax.get_ylim()), fit.caustics[0].T):
        assert limits[0] < values.min() < values.max() < limits[1]


def test_a_fit_without_a_source_says_so(tmp_path):
    fit = make_fit()
    dark = replace(fit.bands[0], source=np.full((4, 4), np.nan, np.float32))
    figure = source_plane(replace(fit, bands=(dark,), caustics=(), parameters={}))
    assert figure.texts[0].get_text() == "the source was not reconstructed"
    figure.savefig(tmp_path / "source_plane.png", dpi=40)
