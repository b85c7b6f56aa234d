"""Critical curves, caustics and theta_E_eff where they are known."""

from functools import partial

import numpy as np
import pytest
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.Util.param_util import ellipticity2phi_q

from lensmith.physics import lens_model
from lensmith.physics.critical_curves import critical_curves, cut, theta_E_eff
from lensmith.physics.mass import epl


def bends(*lens):
    return partial(lens_model.deflection, lens=lens)


@pytest.mark.parametrize(("e1", "e2"), [(0.0, 0.0), (0.2, 0.1), (-0.35, 0.2)])
@pytest.mark.parametrize("theta_E", [0.4, 1.3, 4.0])
def test_area_inside_the_critical_curve_of_an_sie(theta_E, e1, e2):
    """kappa = 1/2 on it, an ellipse of area pi theta_E^2 (Kormann et al. 1994)."""
    lens = bends(("SIE", {"theta_E": theta_E, "e1": e1, "e2": e2, "center_x": 0.04, "center_y": -0.03}))
    curves = critical_curves(lens, 2.5 * theta_E)
    np.testing.assert_allclose(curves.theta_E_eff, theta_E, rtol=1e-6)
    (line,) = curves.tangential
    np.testing.assert_allclose(epl.convergence(*line.T, theta_E, 2.0, e1, e2, 0.04, -0.03), 0.5, atol=1e-6)
    assert curves.radial == ()


def test_the_caustic_of_an_sis_is_a_point():
    curves = critical_curves(bends(("SIS", {"theta_E": 1.0, "center_x": 0.1})), 2.0)
    np.testing.assert_allclose(curves.tangential_caustics[0], [[0.1, 0.0]] * len(curves.tangential[0]), atol=1e-6)


@pytest.mark.parametrize("gamma", [1.6, 1.8, 2.0, 2.3])
def test_theta_E_eff_of_a_round_power_law_is_theta_E(gamma):
    lens = bends(("EPL", {"theta_E": 1.3, "gamma": gamma, "e1": 0.0, "e2": 0.0}))
    np.testing.assert_allclose(theta_E_eff(lens, 3.0), 1.3, rtol=1e-6)


def test_radial_critical_curve_of_a_round_power_law():
    """kappa - gamma = alpha' = 1: (2 - t)... for alpha ~ r^(2 - gamma), r = theta_E (2 - gamma)^(1 / (gamma - 1))."""
    lens = bends(("EPL", {"theta_E": 1.3, "gamma": 1.7, "e1": 0.0, "e2": 0.0}))
    (line,) = critical_curves(lens, 3.0).radial
    np.testing.assert_allclose(np.hypot(*line.T), 1.3 * 0.3 ** (1 / 0.7), rtol=1e-6)


def test_every_point_of_the_curves_has_infinite_magnification():
    lens = [
        ("EPL", {"theta_E": 1.1, "gamma": 1.85, "e1": 0.15, "e2": -0.1}),
        ("SHEAR", {"gamma1": 0.06, "gamma2": 0.03}),
    ]
    curves = critical_curves(bends(*lens), 2.5)
    reference = LensModel(["EPL", "SHEAR"])
    assert len(curves.tangential) == len(curves.radial) == 1
    for line in (*curves.tangential, *curves.radial):
        np.testing.assert_array_equal(line[0], line[-1])
        assert abs(1 / reference.magnification(*line.T, [values for _, values in lens])).max() < 1e-6
    # The tangential caustic of an ellipse lies inside the radial one here: its four cusps are its farthest points.
    inner, outer = (np.ptp(line, axis=0) for line in (curves.tangential_caustics[0], curves.radial_caustics[0]))
    assert (inner < outer).all()


def test_the_window_grows_until_it_holds_the_curve():
    lens = bends(("SIS", {"theta_E": 2.0}))
    np.testing.assert_allclose(theta_E_eff(lens, 0.7), 2.0, rtol=1e-6)


def test_a_deflector_too_weak_has_no_curve():
    curves = critical_curves(bends(("CONVERGENCE", {"kappa": 0.3}), ("SHEAR", {"gamma1": 0.1, "gamma2": 0.0})), 2.0)
    assert curves.tangential == curves.radial == ()
    assert curves.theta_E_eff == 0.0


def test_two_lenses_far_apart_give_two_curves_the_larger_first():
    lens = bends(("SIS", {"theta_E": 1.0, "center_x": -3.0}), ("SIS", {"theta_E": 0.2, "center_x": 3.0}))
    curves = critical_curves(lens, 6.0)
    assert len(curves.tangential) == 2
    assert curves.tangential[0][:, 0].mean() < 0 < curves.tangential[1][:, 0].mean()
    # On the x axis 1 - 1 / 6 - 0.2 / r = 0: the tide of the large one, 6 away, stretches the small curve.
    np.testing.assert_allclose(np.ptp(curves.tangential[1][:, 0]), 0.48, rtol=1e-3)


def test_cut_of_an_sie():
    """The map of the singular centre, beta = -alpha there: an oval that is theta_E in radius for a round lens."""
    np.testing.assert_allclose(np.hypot(*cut(bends(("SIS", {"theta_E": 1.4}))).T), 1.4, rtol=1e-3)
    line = cut(bends(("SIE", {"theta_E": 1.4, "e1": 0.2, "e2": 0.0})))
    assert ellipticity2phi_q(0.2, 0.0)[1] < 1
    assert np.ptp(line[:, 1]) != pytest.approx(np.ptp(line[:, 0]), rel=0.05)
