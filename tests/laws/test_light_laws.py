"""What must hold for every light profile of the registry, on every array library."""

import numpy as np
import pytest

from lensmith.physics.light import LIGHT, sersic

every_profile = pytest.mark.parametrize("name", LIGHT)
with_finite_flux = pytest.mark.parametrize("name", [name for name in LIGHT if LIGHT[name].total_flux])

LENGTHS = {"R_sersic", "sigma", "center_x", "center_y"}


def turn(x, y, angle):
    return np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y


@every_profile
def test_libraries_agree(name, library, positions):
    profile = LIGHT[name]
    arrays = tuple(map(library.array, positions))
    here = profile.surface_brightness(*arrays, **profile.example)
    assert type(here) is type(arrays[0])
    assert here.shape == positions[0].shape
    expected = profile.surface_brightness(*positions, **profile.example)
    np.testing.assert_allclose(np.asarray(here), expected, rtol=1e-12)


@with_finite_flux
def test_total_flux_is_the_integral(name, library):
    """On rings of equal area in ln r, out to 3,000 half-light radii: the plane's integral to 1e-5."""
    profile = LIGHT[name]
    log_r = np.linspace(np.log(1e-5), np.log(2000.0), 3000)[:, None]
    angle = (np.arange(64) + 0.5) * 2 * np.pi / 64
    center_x, center_y = profile.example["center_x"], profile.example["center_y"]
    x, y = center_x + np.exp(log_r) * np.cos(angle), center_y + np.exp(log_r) * np.sin(angle)
    light = profile.surface_brightness(library.array(x), library.array(y), **profile.example)
    ring = (np.asarray(light) * np.exp(2 * log_r)).mean(1) * 2 * np.pi
    integral = np.trapezoid(ring, log_r[:, 0])
    total = profile.total_flux(**{key: library.array(value) for key, value in profile.example.items()})
    np.testing.assert_allclose(float(total), integral, rtol=1e-5)


@with_finite_flux
def test_rotation_translation_and_scaling(name, library, positions):
    profile, angle = LIGHT[name], 0.7
    moved = dict(profile.example)
    if "e1" in moved:
        moved["e1"], moved["e2"] = turn(moved["e1"], moved["e2"], 2 * angle)
    moved["center_x"], moved["center_y"] = turn(moved["center_x"], moved["center_y"], angle)
    moved["center_x"] += 0.5
    moved = {key: 2 * np.asarray(value) if key in LENGTHS else value for key, value in moved.items()}
    x, y = turn(*positions, angle)
    # Total fluxes are kept, so brightness falls by the area; `amp` of a Sersic profile is a brightness already.
    fall = 1 if name.startswith("SERSIC") else 4
    here = profile.surface_brightness(library.array(2 * (x + 0.5)), library.array(2 * y), **moved)
    expected = profile.surface_brightness(*positions, **profile.example)
    np.testing.assert_allclose(fall * np.asarray(here), expected, rtol=1e-11)


@every_profile
def test_flux_is_linear_in_the_amplitude_and_not_negative(name, library, positions):
    profile = LIGHT[name]
    x, y = map(library.array, positions)
    once = np.asarray(profile.surface_brightness(x, y, **profile.example))
    brighter = profile.example | {"amp": 3 * np.asarray(profile.example["amp"])}
    assert (once >= 0).all()
    np.testing.assert_allclose(np.asarray(profile.surface_brightness(x, y, **brighter)), 3 * once, rtol=1e-13)


@pytest.mark.parametrize("library", ["jax", "torch"], indirect=True)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_profile
def test_derivatives_are_finite_at_the_centre_and_for_round_profiles(name, dtype, library):
    library.dtype = dtype
    profile = LIGHT[name]
    flat = {
        key: value if key in {"amp", "sigma", "R_sersic", "n_sersic"} else 0.0 for key, value in profile.example.items()
    }
    keys = list(flat)
    for x in (0.0, 0.5):
        slopes = library.gradient(
            lambda x, y, *values: profile.surface_brightness(x, y, **dict(zip(keys, values))), x, x, *flat.values()
        )
        assert all(np.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("n_sersic", [0.6, 1.0, 2.5, 4.0, 8.0])
def test_half_of_sersic_light_is_inside_its_radius(n_sersic):
    log_r = np.linspace(np.log(1e-7), 0.0, 4000)
    light = sersic.surface_brightness(np.exp(log_r), 0.0, 1.0, 1.0, n_sersic)
    inside = np.trapezoid(2 * np.pi * light * np.exp(2 * log_r), log_r)
    np.testing.assert_allclose(inside / float(sersic.total_flux(1.0, 1.0, n_sersic)), 0.5, atol=0.01)
