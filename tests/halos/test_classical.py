"""Matched filter, aperture mass, mass map and their null tests."""

import numpy as np
import pytest

from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.galaxy_shapes import measure_image, without_psf
from lensmith.halos.aperture import FILTERS, filter_bank, grid_axes
from lensmith.halos.inference import Posterior
from lensmith.halos.mass_map import kaiser_squires
from lensmith.halos.null_tests import peak_test
from lensmith.halos.residual import modelled_shear, residual_shapes
from lensmith.physics.weak_lensing import halo_ellipticity
from lensmith.simulate.sky import SkySettings
from lensmith.simulate.sky.picture import covariance, paint_sky

from .mock_sky import SIDE, mock_sky

HALO = (1300.0, 2900.0, 0.5, 400.0)


def peak_of(field, image):
    row, column = np.unravel_index(image.argmax(), image.shape)
    x, y = grid_axes(field, 32)
    return x[column], y[row]


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_filters_peak_on_a_halo_and_not_on_shapes_turned_by_45_degrees(name):
    field = mock_sky([HALO], n=500)
    test = peak_test(field, filter_bank(field, name, 32), grid_axes(field, 32))
    assert np.hypot(test.x - HALO[0], test.y - HALO[1]) < 200
    assert test.false_alarm < 0.02
    assert test.peak > test.threshold
    turned = field.with_shapes(-field.e2, field.e1)
    rotated = peak_test(turned, filter_bank(field, name, 32), grid_axes(field, 32))
    assert rotated.b_peak == pytest.approx(test.peak, rel=1e-4)


def test_a_halo_that_is_taken_out_leaves_no_b_mode_and_a_true_b_mode_stays():
    """A heavy halo at the border leaks into turned shapes; its model takes that out, and nothing else."""
    halo = (250.0, 300.0, 0.6, 900.0)
    field = mock_sky([halo], n=500, seed=2)
    shear = np.array(halo_ellipticity("nfw", field.x, field.y, *halo))
    rest = field.e1 - shear[0] + 1j * (field.e2 - shear[1])
    bank, axes = filter_bank(field, "matched_filter", 32), grid_axes(field, 32)
    assert peak_test(field, bank, axes).b_false_alarm < 0.05
    assert peak_test(field, bank, axes, residual=rest).b_false_alarm > 0.05
    wrong = field.with_shapes(*np.clip([field.e1 - 0.5 * shear[1], field.e2 + 0.5 * shear[0]], -0.65, 0.65))
    both = wrong.e1 - shear[0] + 1j * (wrong.e2 - shear[1])
    assert peak_test(wrong, bank, axes, residual=both).b_false_alarm < 0.02


def test_the_expected_shear_is_weighed_with_the_number_of_haloes():
    field = mock_sky(n=60)
    draws = np.tile(np.array([[HALO]]), (5, 1, 1))
    found = {1: Posterior(draws, 0.0, 0.0)}
    g1, g2 = halo_ellipticity("nfw", field.x, field.y, *HALO)
    np.testing.assert_allclose(modelled_shear(field, draws, "nfw"), g1 + 1j * g2, atol=1e-12)
    left = residual_shapes(field, found, np.array([0.25, 0.75, 0, 0]), "nfw")
    np.testing.assert_allclose(left, field.e1 - 0.75 * g1 + 1j * (field.e2 - 0.75 * g2), atol=1e-12)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_signal_to_noise_of_random_shapes_has_unit_scatter(name):
    field = mock_sky(n=400)
    rng = np.random.default_rng(1)
    e = 0.2 * (rng.standard_normal((400, 40)) + 1j * rng.standard_normal((400, 40)))
    bank = filter_bank(field, name, 16)
    one = type(bank)(bank.weights[:1], bank.shape).signal_to_noise(e)
    assert one.shape == (40, 16, 16)
    assert one.std() == pytest.approx(1, abs=0.1)
    assert one.mean() == pytest.approx(0, abs=0.2)


def test_an_aperture_without_galaxies_has_no_signal():
    rng = np.random.default_rng(4)
    xy = np.concatenate([300 * rng.random((30, 2)), [[4000.0, 4000.0]]])
    e = 0.2 * rng.standard_normal((2, 31))
    field = GalaxyField("corners", *xy.T, *e, extent=(0, SIDE, 0, SIDE))
    signal = filter_bank(field, "aperture_mass", 32).signal_to_noise(field.e1 + 1j * field.e2)
    assert np.abs(signal).max() < np.sqrt(2 * len(field))


def test_the_mass_map_peaks_on_the_halo_and_its_b_mode_does_not():
    field = mock_sky([HALO], n=3000, noise=0.05)
    kappa, b_mode = kaiser_squires(field, 32)
    assert np.hypot(*np.subtract(peak_of(field, kappa), HALO[:2])) < 200
    assert kappa.max() > 3 * np.abs(b_mode).max()


def test_turning_shapes_by_45_degrees_swaps_the_modes_of_the_map():
    field = mock_sky([HALO])
    kappa, b_mode = kaiser_squires(field, 32)
    turned_e, turned_b = kaiser_squires(field.with_shapes(-field.e2, field.e1), 32)
    np.testing.assert_allclose(turned_b, kappa, atol=1e-12)
    np.testing.assert_allclose(turned_e, -b_mode, atol=1e-12)


def test_a_sky_that_is_not_square_has_square_cells():
    field = mock_sky(n=100)
    wide = type(field)("wide", field.x, field.y / 2, field.e1, field.e2, extent=(0, SIDE, 0, SIDE / 2))
    x, y = grid_axes(wide, 32)
    assert (len(x), len(y)) == (32, 16)
    assert x[1] - x[0] == pytest.approx(y[1] - y[0])
    assert kaiser_squires(wide, 32)[0].shape == (16, 32)


def test_the_psf_comes_out_of_the_moments():
    e1, e2, radius, psf = 0.25, -0.15, 2.0, 1.3
    m = covariance(e1, e2, radius, psf)
    trace, sigma = np.trace(m), np.linalg.det(m) ** 0.25
    found = without_psf((m[0, 0] - m[1, 1]) / trace, 2 * m[0, 1] / trace, sigma, psf)
    assert found == pytest.approx((e1, e2), rel=1e-6)
    assert not np.isfinite(without_psf(0.0, 0.0, 1.0, 1.1)[0])


def test_shapes_measured_in_a_picture_are_those_painted():
    pytest.importorskip("galsim")
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(20, 300, 40.0), np.arange(20, 300, 40.0))
    e = 0.2 * rng.standard_normal((2, x.size))
    catalogue = np.column_stack([x.ravel(), y.ravel(), *e])
    picture = {"side": 320, "radius": 2.5, "psf": 0.8, "peak": 150, "noise": 2}
    image = paint_sky(0, 0, catalogue, SkySettings(side=320, picture=picture)).mean(axis=2)
    field = measure_image(image, "picture", psf_sigma=0.8)
    assert len(field) == x.size
    order = np.lexsort((np.round(field.x / 40), np.round(field.y / 40)))
    np.testing.assert_allclose(field.x[order], x.ravel() - 0.5, atol=0.5)
    assert np.std(field.e1[order] - e[0]) < 0.03
    assert np.std(field.e2[order] - e[1]) < 0.03
