"""Weak lensing: laws against the mass profiles, and what shear does to shapes."""

import numpy as np
import pytest

from lensmith.physics.mass import MASS
from lensmith.physics.weak_lensing import (
    SHEAR_LAWS,
    halo_ellipticity,
    reduced_shear,
    shear_galaxies,
    tangential_to_components,
)

X = np.array([0.03, 0.4, 1.0, 1.7, 8.0])


@pytest.mark.parametrize(
    ("law", "profile", "parameters"),
    [
        ("nfw", "NFW", {"Rs": 1.0, "alpha_Rs": 4 * (1 - np.log(2))}),
        ("sis", "SIS", {"theta_E": 1.0}),
    ],
)
def test_laws_are_those_of_the_mass_profiles(law, profile, parameters):
    angle = 0.7
    x, y = X * np.cos(angle), X * np.sin(angle)
    psi_xx, psi_xy, psi_yy = MASS[profile].hessian(x, y, **parameters)
    gamma1, gamma2 = (psi_xx - psi_yy) / 2, psi_xy
    kappa, gamma = SHEAR_LAWS[law](X)
    np.testing.assert_allclose(kappa, (psi_xx + psi_yy) / 2, rtol=1e-6)
    np.testing.assert_allclose(gamma, -(gamma1 * np.cos(2 * angle) + gamma2 * np.sin(2 * angle)), rtol=1e-6)


def test_the_core_law_is_flat_inside_and_falls_outside():
    _, gamma = SHEAR_LAWS["core"](np.array([0.1, 1.0, 4.0]))
    np.testing.assert_allclose(gamma, [1.0, 1.0, 0.25])


def test_reduced_shear_turns_over_at_the_critical_curve():
    np.testing.assert_allclose(reduced_shear(np.array([0.1, 0.9, 1.0]), np.array([0.3, 0.5, 0.2])), [1 / 3, 0.2, 0.0])


def test_a_round_galaxy_above_a_halo_lies_along_x():
    e1, e2 = halo_ellipticity("sis", np.array([0.0]), np.array([2.0]), 0.0, 0.0, 0.1, 1.0)
    assert e1[0] > 0
    assert e2[0] == pytest.approx(0, abs=1e-12)
    assert halo_ellipticity("nfw", np.array([1.0]), np.array([1.0]), 1.0, 1.0, 0.5, 1.0)[0][0] == 0


def test_turning_the_sky_turns_the_shapes():
    angle = 0.4
    c, s = np.cos(angle), np.sin(angle)
    e = np.array(tangential_to_components(0.2, 1.3, -0.6))
    turned = np.array(tangential_to_components(0.2, c * 1.3 + s * 0.6, s * 1.3 - c * 0.6))
    expected = (e[0] + 1j * e[1]) * np.exp(2j * angle)
    np.testing.assert_allclose(turned, [expected.real, expected.imag], atol=1e-12)


def test_shear_of_galaxies_is_the_complex_formula_and_leaves_the_mean():
    rng = np.random.default_rng(0)
    e = 0.25 * (rng.standard_normal(4000) + 1j * rng.standard_normal(4000))
    e = e[np.abs(e) < 0.95]
    g = 0.15 - 0.1j
    e1, e2 = shear_galaxies(e.real, e.imag, g.real, g.imag)
    np.testing.assert_allclose(e1 + 1j * e2, (e + g) / (1 + np.conj(g) * e), rtol=1e-12)
    assert abs((e1 + 1j * e2).mean() - g) < 4 * 0.25 / np.sqrt(len(e))


@pytest.mark.parametrize("law", sorted(SHEAR_LAWS))
def test_laws_are_the_same_on_jax(law):
    import jax.numpy as jnp

    for there, here in zip(SHEAR_LAWS[law](jnp.asarray(X, jnp.float32)), SHEAR_LAWS[law](X)):
        np.testing.assert_allclose(np.asarray(there), here, rtol=2e-4, atol=1e-6)
