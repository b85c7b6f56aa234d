from dataclasses import replace

import numpy as np
import pytest

from lensmith.plots import corner_plot
from lensmith.plots.corner_plot import CONTENTS, SHOWN, _levels
from plots.mock_fit import make_fit


def test_a_triangle_of_panels(tmp_path):
    figure = corner_plot(make_fit())
    count = len(SHOWN)
    assert len(figure.axes) == count * (count + 1) // 2
    figure.savefig(tmp_path / "corner.png", dpi=40)


def test_titles_hold_the_statistical_posterior_and_bands_the_total():
    fit = make_fit()
    top = corner_plot(fit).axes[0]
    assert "1.350" in top.get_title()
    assert "0.006" in top.get_title()
    (span,) = top.patches[:1]
    estimate = fit.parameters["theta_E"]
    assert (span.get_x(), span.get_x() + span.get_width()) == pytest.approx((estimate.lo, estimate.hi))
    assert top.lines[0].get_xdata()[0] == estimate.best


def test_contours_hold_their_share_of_the_draws():
    y, x = np.mgrid[-5:5:101j, -5:5:101j]
    density = np.exp(-0.5 * (x**2 + y**2))
    outer, inner = _levels(density)
    for level, share in ((inner, CONTENTS[0]), (outer, CONTENTS[1])):
        assert density[density >= level].sum() / density.sum() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_few_draws(count, tmp_path):
    figure = corner_plot(make_fit(n_draws=count))
    figure.savefig(tmp_path / "corner.png", dpi=40)
    assert (len(figure.axes) > 0) == (count > 1)


def test_what_is_missing_or_constant_is_left_out(tmp_path):
    fit = make_fit()
    draws = {"theta_E": fit.draws["theta_E"], "gamma": np.full(4000, 2.0), "e1": np.full(4000, np.nan)}
    draws["e2"] = np.where(np.arange(4000) % 2, fit.draws["e2"], np.inf)
    figure = corner_plot(replace(fit, draws=draws, parameters={}))
    assert len(figure.axes) == 3
    figure.savefig(tmp_path / "corner.png", dpi=40)
