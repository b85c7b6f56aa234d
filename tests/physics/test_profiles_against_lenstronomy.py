"""Every profile of both registries against lenstronomy 1.13, to 1e-6 in float64."""

import numpy as np
import pytest
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LightModel.light_model import LightModel

from lensmith.physics.light import LIGHT
from lensmith.physics.mass import MASS

ELLIPTICITIES = [(0.0, 0.0), (0.15, -0.1), (-0.5, 0.3)]
GRID = np.meshgrid(np.linspace(-3.1, 3.0, 23), np.linspace(-2.9, 3.2, 23))
CENTERED = np.meshgrid(np.linspace(-1e-2, 1e-2, 4), np.linspace(-1e-2, 1e-2, 4))


def variants(example):
    """The example, and where the profile has them, other ellipticities and slopes."""
    shapes = ELLIPTICITIES if "e1" in example else [None]
    slopes = [1.6, 2.0, 2.4] if "gamma" in example else [None]
    for shape in shapes:
        for slope in slopes:
            out = dict(example)
            if shape is not None:
                out["e1"], out["e2"] = shape
            if slope is not None:
                out["gamma"] = slope
            yield out


def second_derivatives(name, x, y, parameters):
    """lenstronomy's; its SIE takes them from differences (1e-5), so the SIE is compared with its EPL at gamma = 2."""
    if name == "SIE":
        return LensModel(["EPL"]).hessian(x, y, [parameters | {"gamma": 2.0}])
    return LensModel([name]).hessian(x, y, [parameters])


@pytest.mark.parametrize("name", MASS)
def test_mass(name):
    profile, reference = MASS[name], LensModel([name])
    for parameters in variants(profile.example):
        center = [parameters.get(key, 0.0) for key in ("center_x", "center_y")]
        for x, y in (GRID, [axis + offset for axis, offset in zip(CENTERED, center)]):
            x, y = x.ravel(), y.ravel()
            size = max(1.0, *(abs(part).max() for part in reference.alpha(x, y, [parameters])))
            for a, b in zip(profile.deflection(x, y, **parameters), reference.alpha(x, y, [parameters])):
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * size)
            psi, expected = profile.potential(x, y, **parameters), reference.potential(x, y, [parameters])
            np.testing.assert_allclose(psi, expected, rtol=1e-6, atol=1e-6)
            xx, xy, _, yy = second_derivatives(name, x, y, parameters)
            for a, b in zip(profile.hessian(x, y, **parameters), (xx, xy, yy)):
                np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6 * abs(xx).max())
            kappa = profile.convergence(x, y, **parameters)
            np.testing.assert_allclose(kappa, (xx + yy) / 2, rtol=1e-6, atol=1e-6 * abs(xx).max())


@pytest.mark.parametrize("x_over_rs", [0.01, 0.9, 0.97, 0.98, 1.0, 1.02, 1.03, 5.0])
def test_nfw_through_its_three_branches(x_over_rs):
    parameters = {"Rs": 2.0, "alpha_Rs": 1.1}
    x = np.array([2.0 * x_over_rs])
    profile, reference = MASS["NFW"], LensModel(["NFW"])
    expected = reference.alpha(x, 0 * x, [parameters])[0]
    np.testing.assert_allclose(profile.deflection(x, 0.0, **parameters)[0], expected, rtol=1e-9)
    np.testing.assert_allclose(
        profile.convergence(x, 0.0, **parameters), reference.kappa(x, 0 * x, [parameters]), rtol=1e-6
    )


@pytest.mark.parametrize("name", LIGHT)
def test_light(name):
    profile, reference = LIGHT[name], LightModel([name])
    for parameters in variants(profile.example):
        for x, y in (GRID, CENTERED):
            expected = reference.surface_brightness(x.ravel(), y.ravel(), [parameters])
            light = profile.surface_brightness(x.ravel(), y.ravel(), **parameters)
            np.testing.assert_allclose(light, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in LIGHT if LIGHT[name].total_flux])
def test_total_flux(name):
    expected = LightModel([name]).total_flux([LIGHT[name].example])[0]
    np.testing.assert_allclose(float(LIGHT[name].total_flux(**LIGHT[name].example)), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("q", "terms", "error"), [(0.1, None, 3e-8), (0.2, None, 1e-10), (0.3, 8, 1e-6), (0.5, 6, 1e-6)]
)
def test_the_series_is_as_exact_as_its_docstring_says(q, terms, error):
    from lensmith.physics.ellipticity import components
    from lensmith.physics.mass import epl

    x, y = (axis.ravel() for axis in GRID)
    for gamma in (1.6, 2.0, 2.4):
        e1, e2 = components(q, 0.6)
        parameters = {"theta_E": 1.2, "gamma": gamma, "e1": float(e1), "e2": float(e2)}
        expected = np.hypot(*LensModel(["EPL"]).alpha(x, y, [parameters]))
        alpha = np.hypot(*epl.deflection(x, y, **parameters, terms=terms))
        assert abs(alpha / expected - 1).max() < error
