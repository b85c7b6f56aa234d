"""Ellipticity components, axis ratio and angle, and the namespace rule of `unify`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lenstronomy.Util.param_util import ellipticity2phi_q

from lensmith.physics.arrays import unify
from lensmith.physics.ellipticity import axis_ratio_and_angle, components, elliptical_coordinates, radius_squared

ANGLES = st.floats(-1.5, 1.5)


@given(q=st.floats(0.05, 0.99), phi=ANGLES)
@settings(deadline=None, max_examples=50)
def test_there_and_back_and_as_lenstronomy(q, phi):
    e1, e2 = components(q, phi)
    found_q, found_phi = axis_ratio_and_angle(e1, e2)
    np.testing.assert_allclose([found_q, found_phi], [q, phi], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ellipticity2phi_q(float(e1), float(e2)), [phi, q], rtol=1e-9, atol=1e-9)


def test_a_round_profile_has_angle_zero():
    np.testing.assert_allclose(axis_ratio_and_angle(0.0, 0.0), [1.0, 0.0], atol=1e-14)


@given(q=st.floats(0.1, 1.0), phi=ANGLES, x=st.floats(-2, 2), y=st.floats(-2, 2))
@settings(deadline=None, max_examples=50)
def test_elliptical_coordinates_along_the_axes(q, phi, x, y):
    e1, e2 = components(q, phi)
    along, across = np.cos(phi) * x + np.sin(phi) * y, np.cos(phi) * y - np.sin(phi) * x
    np.testing.assert_allclose(radius_squared(x, y, e1, e2), q * along**2 + across**2 / q, atol=1e-9)
    u, v = elliptical_coordinates(x, y, e1, e2)
    np.testing.assert_allclose(u**2 + v**2, (2 / (1 + q)) ** 2 * (q**2 * along**2 + across**2), atol=1e-9)


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_an_array_of_another_library_leads(library):
    if library == "jax":
        import jax.numpy as jnp

        leader = jnp.ones(3, dtype=jnp.float32)
    else:
        import torch

        leader = torch.ones(3, dtype=torch.float32)
    _, *found = unify(np.arange(3.0), leader, 2, np.float64(1.5))
    assert all(type(value) is type(leader) and value.dtype == leader.dtype for value in found)
    assert found[1] is leader


def test_numpy_alone_keeps_its_dtype_and_integers_become_floats():
    _, grid, factor, counts = unify(np.ones(3, dtype=np.float32), 2.0, np.arange(3))
    assert grid.dtype == factor.dtype == counts.dtype == np.float32
    assert unify(1, 2)[1].dtype == np.float64


def test_two_libraries_do_not_mix():
    import jax.numpy as jnp
    import torch

    with pytest.raises(TypeError):
        unify(jnp.ones(2), torch.ones(2))


def test_numpy_alone_imports_neither_jax_nor_torch():
    import subprocess
    import sys

    code = (
        "import sys; from lensmith.physics.mass import MASS; from lensmith.physics import lens_model, point_source\n"
        "MASS['EPL'].deflection(1.0, 2.0, **MASS['EPL'].example)\n"
        "assert not {'jax', 'torch', 'lenstronomy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
