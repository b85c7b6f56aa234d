"""One and several lens planes, magnification and arrival times against lenstronomy."""

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from lenstronomy.Cosmo.lens_cosmo import LensCosmo
from lenstronomy.LensModel.lens_model import LensModel

from lensmith.errors import InputError, SettingsError
from lensmith.physics import cosmology, lens_model, multi_plane

# Both come from inside lenstronomy 1.13 with newer versions of astropy.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use ``angular_diameter_distance"),
    pytest.mark.filterwarnings("ignore:Cosmology is provided"),
]

LENS = [
    ("EPL", {"theta_E": 1.2, "gamma": 1.95, "e1": 0.1, "e2": -0.05, "center_x": 0.02, "center_y": 0.01}),
    ("SHEAR", {"gamma1": 0.03, "gamma2": -0.04}),
]
NEAR = [("SIS", {"theta_E": 0.3, "center_x": 0.7, "center_y": -0.2}), ("SHEAR", {"gamma1": 0.01, "gamma2": 0.02})]
FAR = [("SIE", {"theta_E": 0.25, "e1": 0.1, "e2": 0.1, "center_x": -0.5, "center_y": 0.4})]
X, Y = np.random.default_rng(1).uniform(-2, 2, (2, 30))


def names(planes):
    return [name for plane in planes for name, _ in plane]


def parameters(planes):
    return [values for plane in planes for _, values in plane]


def redshifts(planes, z):
    return [redshift for plane, redshift in zip(planes, z) for _ in plane]


def test_one_plane():
    reference = LensModel(names([LENS]))
    values = parameters([LENS])
    for a, b in zip(lens_model.ray_trace(X, Y, LENS), reference.ray_shooting(X, Y, values)):
        np.testing.assert_allclose(a, b, atol=1e-9)
    np.testing.assert_allclose(lens_model.convergence(X, Y, LENS), reference.kappa(X, Y, values), rtol=1e-8)
    expected = reference.magnification(X, Y, values)
    np.testing.assert_allclose(lens_model.magnification(X, Y, LENS), expected, rtol=1e-6)
    fermat = lens_model.fermat_potential(X, Y, 0.1, 0.2, LENS)
    np.testing.assert_allclose(fermat, reference.fermat_potential(X, Y, values, 0.1, 0.2), atol=1e-9)


def test_time_delay():
    reference = LensCosmo(0.5, 1.5, FlatLambdaCDM(H0=70.0, Om0=0.3))
    d_dt = cosmology.time_delay_distance(0.5, 1.5)
    np.testing.assert_allclose(d_dt, reference.ddt, rtol=1e-9)
    delay = lens_model.time_delay(0.37, d_dt)
    assert delay > 10
    np.testing.assert_allclose(float(delay), reference.time_delay_units(0.37), rtol=1e-6)


def test_several_planes_and_their_arrival_times():
    planes, z, z_source = [NEAR, LENS, FAR], [0.3, 0.5, 1.1], 2.0
    reference = LensModel(
        names(planes),
        lens_redshift_list=redshifts(planes, z),
        z_source=z_source,
        multi_plane=True,
        cosmo=FlatLambdaCDM(H0=70.0, Om0=0.3),
    )
    values, scaling = parameters(planes), cosmology.plane_scaling(z, z_source)
    expected = reference.ray_shooting(X, Y, values)
    found = multi_plane.ray_trace_planes(X, Y, planes, scaling)
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, atol=1e-6)
    # Arrival times of rays that end at one source differ as lenstronomy's; the constant is free, so rays are compared
    # for their own end point each, with the geometric term of the last leg in both.
    distances = cosmology.plane_time_delay_distances(z, z_source)
    times = multi_plane.arrival_time_planes(X, Y, planes, scaling, distances)
    expected = reference.arrival_time(X, Y, values)
    np.testing.assert_allclose(times - times[0], expected - expected[0], rtol=1e-5, atol=1e-4)


def test_one_plane_is_a_special_case_of_several():
    scaling = cosmology.plane_scaling([0.5], 1.5)
    np.testing.assert_allclose(scaling, [[0.0, 1.0]])
    for a, b in zip(multi_plane.ray_trace_planes(X, Y, [LENS], scaling), lens_model.ray_trace(X, Y, LENS)):
        np.testing.assert_allclose(a, b, atol=1e-14)
    d_dt = cosmology.plane_time_delay_distances([0.5], 1.5)
    beta = lens_model.ray_trace(X, Y, LENS)
    expected = lens_model.time_delay(lens_model.fermat_potential(X, Y, *beta, LENS), d_dt[0])
    np.testing.assert_allclose(multi_plane.arrival_time_planes(X, Y, [LENS], scaling, d_dt), expected, rtol=1e-12)


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_several_planes_on_other_libraries(library):
    planes, scaling = [NEAR, LENS], cosmology.plane_scaling([0.3, 0.5], 2.0)
    if library == "jax":
        import jax.numpy as jnp

        x, y, factors = jnp.asarray(X), jnp.asarray(Y), jnp.asarray(scaling)
    else:
        import torch

        x, y, factors = torch.tensor(X), torch.tensor(Y), torch.tensor(scaling)
    found = multi_plane.ray_trace_planes(x, y, planes, factors)
    for a, b in zip(found, multi_plane.ray_trace_planes(X, Y, planes, scaling)):
        assert type(a) is type(x)
        np.testing.assert_allclose(np.asarray(a), b, atol=1e-5 if library == "jax" else 1e-12)


def test_magnification_is_the_determinant_of_the_map():
    step = 1e-5
    columns = [
        [
            (a - b) / (2 * step)
            for a, b in zip(lens_model.ray_trace(X + dx, Y + dy, LENS), lens_model.ray_trace(X - dx, Y - dy, LENS))
        ]
        for dx, dy in ((step, 0.0), (0.0, step))
    ]
    determinant = columns[0][0] * columns[1][1] - columns[0][1] * columns[1][0]
    np.testing.assert_allclose(1 / lens_model.magnification(X, Y, LENS), determinant, rtol=1e-5, atol=1e-8)


def test_an_unknown_profile_is_named():
    with pytest.raises(SettingsError, match="'SISS' is unknown; use one of SIS, SIE"):
        lens_model.deflection(X, Y, [("SISS", {"theta_E": 1.0})])


@pytest.mark.parametrize(("planes", "source"), [([0.5, 0.3], 2.0), ([0.5], 0.4), ([], 1.0), ([-0.1], 1.0)])
def test_planes_out_of_order_are_an_error(planes, source):
    with pytest.raises(InputError, match="ordered by redshift"):
        cosmology.plane_scaling(planes, source)


def test_velocity_dispersion_and_mass():
    reference = LensCosmo(0.3, 1.2, FlatLambdaCDM(H0=70.0, Om0=0.3))
    theta_E = cosmology.sis_theta_E(220.0, 0.3, 1.2)
    np.testing.assert_allclose(theta_E, reference.sis_sigma_v2theta_E(220.0), rtol=1e-6)
    np.testing.assert_allclose(cosmology.sis_sigma_v(theta_E, 0.3, 1.2), 220.0)
    # lenstronomy's G and solar mass are older values: 3e-4 apart.
    np.testing.assert_allclose(cosmology.sigma_crit(0.3, 1.2) * 1e6, reference.sigma_crit, rtol=4e-4)
    expected = np.pi * theta_E**2 * reference.sigma_crit_angle
    np.testing.assert_allclose(cosmology.einstein_mass(theta_E, 0.3, 1.2), expected, rtol=4e-4)
    with pytest.raises(InputError, match="lens before source"):
        cosmology.sis_theta_E(220.0, 1.2, 0.3)
