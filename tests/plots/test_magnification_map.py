from dataclasses import replace

import numpy as np
import pytest

from lensmith.data.results import Estimate
from lensmith.plots import magnification_map
from lensmith.plots.magnification_map import magnification_grid
from lensmith.plots.view import Grid, View
from plots.mock_fit import SHEAR, THETA_E, make_fit

ROUND = {name: Estimate(0.0, 0.0, 0.0, 0.0, 0.0, 0.0) for name in ("e1", "e2")}
ISOTHERMAL = {"gamma": Estimate(2.0, 2.0, 2.0, 2.0, 2.0, 2.0)}


def sphere():
    """The mock's parameters as its arcs were drawn: an isothermal sphere with shear."""
    fit = make_fit()
    return replace(fit, parameters=fit.parameters | ROUND | ISOTHERMAL)


def test_magnification_of_an_isothermal_sphere_with_shear():
    view = View((0.1, -0.2), 2.0)
    found = magnification_grid(sphere(), view, 40)
    scale = 2 * view.half / 40
    x, y = Grid((19.5 - 0.1 / scale, 19.5 + 0.2 / scale), scale * np.eye(2)).positions((40, 40))
    r, phi = np.hypot(x, y), np.arctan2(y, x)
    determinant = 1 - SHEAR**2 - THETA_E / r * (1 - SHEAR * np.cos(2 * phi))
    assert 1 / found == pytest.approx(determinant, abs=1e-5)


def test_the_sign_changes_on_the_critical_curve():
    fit = sphere()
    for factor, sign in ((1.02, 1), (0.98, -1)):
        near = fit.critical_curves[0][::20] * factor
        for x, y in near:
            value = magnification_grid(fit, View((x, y), 1e-4), 2)
            assert (np.sign(value) == sign).all()


def test_images_are_marked_with_their_magnifications(tmp_path):
    values = {"x_image_1": 1.5, "y_image_1": 0.2, "mu_image_1": 4.24, "x_image_2": -0.9, "y_image_2": 0.1}
    derived = {name: Estimate(v, v, v, v, v, v) for name, v in values.items()}
    figure = magnification_map(replace(make_fit(), derived=derived))
    words = [text.get_text() for text in figure.axes[0].texts]
    assert "+4.2" in words
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [tuple(line.get_xydata()[0]) for line in dots] == [(1.5, 0.2), (-0.9, 0.1)]
    figure.savefig(tmp_path / "magnification.png", dpi=40)


def test_nothing_but_a_radius(tmp_path):
    fit = make_fit()
    bare = replace(fit, parameters={"theta_E": fit.parameters["theta_E"]}, critical_curves=())
    magnification_map(bare).savefig(tmp_path / "magnification.png", dpi=40)
