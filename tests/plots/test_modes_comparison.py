from dataclasses import replace

import numpy as np
import pytest

from lensmith.data.results import Mode
from lensmith.plots import modes_comparison
from lensmith.plots.modes_comparison import MAX_MODES
from plots.mock_fit import SHEAR, SOURCE, THETA_E, make_fit

OTHER = Mode(0.9, 0.1, 0.0, 0.0, 0.05, 0.2, 0.1, -3.5, 0.03)


def fit_with(*modes):
    fit = make_fit()
    return replace(fit, modes=(Mode(THETA_E, 0.0, 0.0, SHEAR, 0.0, *SOURCE, -1.0, 0.97), *modes))


def test_two_panels_a_solution(tmp_path):
    figure = modes_comparison(fit_with(OTHER))
    assert len(figure.axes) == 4
    words = [text.get_text() for text in figure.texts]
    assert "2 solutions" in words[0]
    assert "chosen" in words[1]
    assert "0.970" in words[1]
    assert "0.900" in words[2]
    assert "−2.5" in words[2]
    figure.savefig(tmp_path / "modes.png", dpi=40)


def test_the_critical_curve_is_that_of_the_solution():
    fit = fit_with(OTHER)
    first, _, second, _ = modes_comparison(fit).axes
    radii = [np.hypot(*ax.lines[0].get_xydata().T).mean() for ax in (first, second)]
    assert radii == pytest.approx([THETA_E, 0.9], rel=0.03)


def test_images_of_the_source_lie_on_its_arcs():
    fit = fit_with()
    ax = modes_comparison(fit).axes[0]
    (crosses,) = [line for line in ax.lines if line.get_marker() == "+"]
    band = fit.bands[0]
    assert len(crosses.get_xydata()) >= 2
    for x, y in crosses.get_xydata():
        column, row = np.round(np.array([x, y]) / band.pixel_scale + band.origin).astype(int)
        assert band.arcs[row, column] > 0.3 * band.arcs.max()


def test_many_and_none(tmp_path):
    many = modes_comparison(fit_with(*[OTHER] * (MAX_MODES + 2)))
    assert len(many.axes) == 2 * MAX_MODES
    none = modes_comparison(replace(make_fit(), modes=()))
    none.savefig(tmp_path / "modes.png", dpi=40)
    assert "no list" in none.texts[0].get_text()
