"""The lens-equation solver: every image, on the equation, as lenstronomy finds them."""

from functools import partial

import numpy as np
import pytest
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LensModel.Solver.lens_equation_solver import LensEquationSolver

from lensmith.physics import cosmology, lens_model, multi_plane
from lensmith.physics.critical_curves import critical_curves, cut
from lensmith.physics.point_source import point_images

LENS = [
    ("EPL", {"theta_E": 1.2, "gamma": 2.0, "e1": 0.12, "e2": -0.08, "center_x": 0.02, "center_y": 0.01}),
    ("SHEAR", {"gamma1": 0.04, "gamma2": -0.03}),
]
BEND, PSI = partial(lens_model.deflection, lens=LENS), partial(lens_model.potential, lens=LENS)


@pytest.mark.parametrize(
    ("beta", "count"), [((0.03, 0.02), 4), ((0.0, 0.06), 4), ((0.5, 0.3), 2), ((-0.3, 0.6), 2), ((2.5, 0.0), 1)]
)
def test_images_against_lenstronomy(beta, count):
    images = point_images(BEND, *beta, 4.0, potential=PSI)
    assert len(images) == count
    for a, b in zip(lens_model.ray_trace(images.x, images.y, LENS), beta):
        np.testing.assert_allclose(a, b, atol=1e-9)
    reference = LensModel([name for name, _ in LENS])
    values = [parameters for _, parameters in LENS]
    x, y = LensEquationSolver(reference).image_position_from_source(
        *beta, values, search_window=8.0, min_distance=0.02, precision_limit=1e-12, num_iter_max=200,
        arrival_time_sort=False, magnification_limit=1e-5,
    )  # fmt: skip
    assert len(x) == count
    order, expected = np.argsort(images.x), np.argsort(x)
    np.testing.assert_allclose(images.x[order], x[expected], atol=1e-6)
    np.testing.assert_allclose(images.y[order], y[expected], atol=1e-6)
    np.testing.assert_allclose(images.magnification, lens_model.magnification(images.x, images.y, LENS), rtol=1e-5)
    assert (np.diff(images.fermat) >= 0).all()
    if count > 1:
        assert images.magnification[0] > 0 > images.magnification[-1]


def test_the_number_of_images_follows_from_the_caustics():
    """Sources inside the tangential caustic have four images, between it and the cut two, outside one."""
    curves = critical_curves(BEND, 3.0)
    random = np.random.default_rng(5)
    for beta in random.uniform(-1.6, 1.6, (40, 2)):
        inside = sum(
            abs(winding(line - beta)) for line in (curves.tangential_caustics[0], cut(BEND, (0.02, 0.01), 2000))
        )
        assert len(point_images(BEND, *beta, 4.5)) == 1 + inside + int(
            winding(curves.tangential_caustics[0] - beta) != 0
        )


def winding(line):
    """How often a closed line goes around the origin."""
    angle = np.unwrap(np.arctan2(line[:, 1], line[:, 0]))
    return round((angle[-1] - angle[0]) / (2 * np.pi))


@pytest.mark.parametrize("nearness", [1e-2, 1e-3, 1e-4])
def test_merging_pairs_beside_a_fold_are_told_apart(nearness):
    curves = critical_curves(BEND, 3.0)
    caustic = curves.tangential_caustics[0]
    middle = caustic[:-1].mean(0)
    fold = caustic[np.argmin(np.hypot(*(caustic - middle).T))]
    inside, outside = fold + nearness * (middle - fold), fold - nearness * (middle - fold)
    assert len(point_images(BEND, *inside, 4.0)) == 4
    assert len(point_images(BEND, *outside, 4.0)) == 2


def test_a_shallow_lens_has_a_central_image():
    lens = [("EPL", {"theta_E": 1.0, "gamma": 1.6, "e1": 0.05, "e2": 0.0})]
    images = point_images(partial(lens_model.deflection, lens=lens), 0.02, 0.01, 3.0)
    assert len(images) == 5
    assert np.hypot(images.x, images.y).min() < 0.05
    assert (np.diff(np.abs(images.magnification)) <= 0).all()


def test_sis_images_where_theory_puts_them():
    images = point_images(partial(lens_model.deflection, lens=[("SIS", {"theta_E": 1.0})]), 0.3, 0.0, 3.0)
    np.testing.assert_allclose(np.sort(images.x), [-0.7, 1.3], atol=1e-9)
    np.testing.assert_allclose(np.sort(images.magnification), [1 - 1 / 0.3, 1 + 1 / 0.3], rtol=1e-6)


def test_images_through_two_planes():
    planes = [[("SIS", {"theta_E": 0.3, "center_x": 0.7})], LENS]
    scaling = cosmology.plane_scaling([0.3, 0.5], 2.0)

    def bend(x, y):
        beta_x, beta_y = multi_plane.ray_trace_planes(x, y, planes, scaling)
        return x - beta_x, y - beta_y

    images = point_images(bend, 0.1, 0.05, 4.0)
    assert len(images) >= 2
    beta_x, beta_y = multi_plane.ray_trace_planes(images.x, images.y, planes, scaling)
    np.testing.assert_allclose(np.hypot(beta_x - 0.1, beta_y - 0.05), 0.0, atol=1e-9)


def test_no_image_outside_the_window():
    assert len(point_images(BEND, 30.0, 0.0, 2.0)) == 0
