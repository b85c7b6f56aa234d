"""What must hold for every mass profile of the registry, on every array library."""

import numpy as np
import pytest

from lensmith.physics.mass import MASS

every_profile = pytest.mark.parametrize("name", MASS)

CENTERS = (("center_x", "center_y"), ("ra_0", "dec_0"))
SPIN_2 = (("e1", "e2"), ("gamma1", "gamma2"))
LENGTHS = {"theta_E", "Rs", "alpha_Rs", *(key for pair in CENTERS for key in pair)}


def turn(x, y, angle):
    return np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y


def turned(parameters, angle):
    """The parameters of the profile turned by `angle` around the origin."""
    out = dict(parameters)
    for pairs, spin in ((CENTERS, 1), (SPIN_2, 2)):
        for a, b in pairs:
            if a in parameters:
                out[a], out[b] = turn(parameters[a], parameters[b], spin * angle)
    return out


@every_profile
def test_gradient_of_the_potential_is_the_deflection(name, library, positions):
    profile = MASS[name]
    slopes = library.gradient(lambda x, y: profile.potential(x, y, **profile.example), *positions)
    alpha = profile.deflection(*map(library.array, positions), **profile.example)
    for slope, component in zip(slopes, alpha):
        np.testing.assert_allclose(slope, np.asarray(component), rtol=0, atol=library.tolerance)


@every_profile
def test_half_the_divergence_of_the_deflection_is_the_convergence(name, library, positions):
    profile = MASS[name]
    xx, _ = library.gradient(lambda x, y: profile.deflection(x, y, **profile.example)[0], *positions)
    _, yy = library.gradient(lambda x, y: profile.deflection(x, y, **profile.example)[1], *positions)
    kappa = profile.convergence(*map(library.array, positions), **profile.example)
    np.testing.assert_allclose((xx + yy) / 2, np.asarray(kappa), rtol=0, atol=10 * library.tolerance)


@every_profile
def test_hessian_is_the_derivative_of_the_deflection(name, library, positions):
    profile = MASS[name]
    xx, xy = library.gradient(lambda x, y: profile.deflection(x, y, **profile.example)[0], *positions)
    yx, yy = library.gradient(lambda x, y: profile.deflection(x, y, **profile.example)[1], *positions)
    hessian = [np.asarray(part) for part in profile.hessian(*map(library.array, positions), **profile.example)]
    for numeric, analytic in zip((xx, xy, yx, yy), (hessian[0], hessian[1], hessian[1], hessian[2])):
        np.testing.assert_allclose(numeric, analytic, rtol=0, atol=10 * library.tolerance)


@every_profile
def test_libraries_agree(name, library, positions):
    profile = MASS[name]
    arrays = tuple(map(library.array, positions))
    for function in (profile.potential, profile.deflection, profile.convergence, profile.hessian):
        here, numpy = function(*arrays, **profile.example), function(*positions, **profile.example)
        for a, b in zip(here if isinstance(here, tuple) else [here], numpy if isinstance(numpy, tuple) else [numpy]):
            assert type(a) is type(arrays[0])
            assert a.shape == positions[0].shape
            np.testing.assert_allclose(np.asarray(a), b, rtol=1e-12, atol=1e-13)


@every_profile
def test_rotation(name, library, positions):
    profile, angle = MASS[name], 0.7
    x, y = map(library.array, positions)
    around = tuple(map(library.array, turn(*positions, angle)))
    parameters = turned(profile.example, angle)
    expected = turn(*(np.asarray(part) for part in profile.deflection(x, y, **profile.example)), angle)
    for a, b in zip(profile.deflection(*around, **parameters), expected):
        np.testing.assert_allclose(np.asarray(a), b, atol=1e-12)
    for function in (profile.potential, profile.convergence):
        a, b = function(*around, **parameters), function(x, y, **profile.example)
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-12)


@every_profile
def test_scaling(name, library, positions):
    """All angles twice as large: the deflection doubles, psi is four times as large (up to a constant), kappa stays."""
    profile = MASS[name]
    x, y = map(library.array, positions)
    doubled = {key: 2 * value if key in LENGTHS else value for key, value in profile.example.items()}
    for a, b in zip(profile.deflection(2 * x, 2 * y, **doubled), profile.deflection(x, y, **profile.example)):
        np.testing.assert_allclose(np.asarray(a), 2 * np.asarray(b), rtol=1e-12)
    big, small = profile.potential(2 * x, 2 * y, **doubled), profile.potential(x, y, **profile.example)
    np.testing.assert_allclose(np.asarray(big - big[0, 0]), 4 * np.asarray(small - small[0, 0]), atol=1e-7)
    big, small = profile.convergence(2 * x, 2 * y, **doubled), profile.convergence(x, y, **profile.example)
    np.testing.assert_allclose(np.asarray(big), np.asarray(small), atol=1e-12)


@every_profile
def test_translation(name, library, positions):
    profile = MASS[name]
    x, y = map(library.array, positions)
    moved = dict(profile.example)
    for a, b in CENTERS:
        if a in moved:
            moved[a], moved[b] = moved[a] + 0.4, moved[b] - 0.3
    for function in (profile.deflection, profile.hessian):
        for a, b in zip(function(x + 0.4, y - 0.3, **moved), function(x, y, **profile.example)):
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-12)


@pytest.mark.parametrize("library", ["jax", "torch"], indirect=True)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_profile
def test_derivatives_are_finite_where_they_might_not_be(name, dtype, library):
    """At the centre of the profile, of a round profile, at zero shear: by position and by every parameter."""
    library.dtype = dtype
    profile = MASS[name]
    zero = {key for pairs in (CENTERS, SPIN_2) for pair in pairs for key in pair}
    flat = {key: 0.0 if key in zero else value for key, value in profile.example.items()}
    for function in (profile.potential, profile.deflection, profile.convergence):
        for x in (0.0, 0.5):

            def total(*values, function=function):
                out = function(*values)
                return sum(out) if isinstance(out, tuple) else out

            for slope in library.gradient(total, x, x, *flat.values()):
                assert np.isfinite(slope).all(), (function.__name__, x)


def test_a_numpy_grid_meets_traced_parameters(positions):
    import jax

    from lensmith.physics.mass import epl

    def total(theta_E):
        return sum(part.sum() for part in epl.deflection(*positions, theta_E, 2.0, 0.1, 0.0))

    value = jax.jit(total)(1.0)
    assert isinstance(value, jax.Array)
    np.testing.assert_allclose(jax.jit(jax.grad(total))(1.0), value, rtol=1e-5)


@pytest.mark.parametrize("library", ["jax"], indirect=True)
def test_forward_reverse_and_batched_derivatives_of_the_series_agree(library, positions):
    import jax
    import jax.numpy as jnp

    from lensmith.physics.mass import epl

    x, y = map(library.array, positions)
    parameters = library.array([1.2, 2.1, 0.2, -0.1, 0.01, 0.02])

    @jax.jit
    def bend(parameters):
        return jnp.stack(epl.deflection(x, y, *parameters, terms=10))

    forward, reverse = jax.jacfwd(bend)(parameters), jax.jacrev(bend)(parameters)
    batched = jax.vmap(jax.jacfwd(bend))(jnp.stack([parameters, parameters]))[1]
    steps = 1e-5 * np.eye(6)
    numeric = np.stack([(bend(parameters + step) - bend(parameters - step)) / 2e-5 for step in steps], axis=-1)
    for other in (reverse, batched):
        np.testing.assert_allclose(forward, other, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(forward, numeric, atol=1e-8)
