import numpy as np
import pytest

from lensmith.modelling.quasar.choosing import choose_images
from lensmith.modelling.quasar.constraints import position_residuals
from lensmith.modelling.quasar.field import field_of
from lensmith.modelling.quasar.lens import lens_from_positions
from lensmith.modelling.quasar.parameters import LENS, N_LENS
from lensmith.modelling.quasar.prediction import predicted_images
from lensmith.modelling.quasar.scene import Scene
from lensmith.modelling.quasar.settings import QuasarSettings
from modelling.mock_quasar import LENS as TRUE_LENS
from modelling.mock_quasar import mock_quasar, point


def true_vector(truth):
    return np.array([*(TRUE_LENS[name] for name in LENS[:8]), *truth["beta"], np.log(0.15)])


def test_a_shifted_psf_is_the_integral_over_the_pixels():
    field = field_of(mock_quasar()[0], QuasarSettings())
    exact = point(0.613, -0.227)
    assert np.abs(field.point(0.613, -0.227) - exact).max() < 5e-3 * exact.max()
    assert field.point(0.613, -0.227).sum() == pytest.approx(1, abs=2e-3)


def test_derivatives_of_the_scene():
    cutout, truth = mock_quasar()
    field = field_of(cutout, QuasarSettings(field_radius=1.7))
    scene = Scene(field, 4, with_lens=True, with_host=True)
    theta = np.array([*true_vector(truth), 0.04, -0.03, 0.05, 0.02, *np.stack([truth["x"], truth["y"]], 1).ravel()])
    amplitudes = np.arange(1.0, scene.n_columns + 1)
    derivative = scene.jacobian(theta, amplitudes)
    assert derivative.shape == (len(theta), *field.image.shape)
    random = np.random.default_rng(0).standard_normal(len(theta))
    step = 2e-5
    ahead, behind = (np.tensordot(amplitudes, scene.columns(theta + s * random), 1) for s in (step, -step))
    along = np.tensordot(random, derivative, 1)
    assert along == pytest.approx((ahead - behind) / (2 * step), abs=2e-3 * np.abs(along).max())


def test_misses_are_distances_in_the_image_plane():
    truth = mock_quasar()[1]
    lens, points = true_vector(truth), np.stack([truth["x"], truth["y"]], 1)
    assert np.abs(position_residuals(lens, points, 0.003)).max() < 1e-4
    moved = points.copy()
    moved[0] += [0.002, -0.001]  # the first image lies away from the critical curve
    residuals = position_residuals(lens, moved, 0.003).reshape(2, -1)
    assert 0.003 * np.hypot(*residuals[:, 0]) == pytest.approx(np.hypot(0.002, 0.001), rel=0.2)
    assert np.abs(residuals[:, 1:]).max() < 1e-4


@pytest.mark.parametrize("kind", ["quad", "double"])
def test_the_lens_that_positions_tell(kind):
    truth = mock_quasar(kind)[1]
    points = np.stack([truth["x"], truth["y"]], 1)
    lens = lens_from_positions(points, [0.04, -0.03, 0.06, -0.03], QuasarSettings())
    assert len(lens) == N_LENS
    # Two positions leave the shear to its prior, and theta_E with it.
    assert lens[0] == pytest.approx(TRUE_LENS["theta_E"], rel=0.01 if kind == "quad" else 0.05)
    found = predicted_images(lens)
    assert len(found) == len(points)
    assert np.hypot(found.x - truth["x"], found.y - truth["y"]).max() < 0.005


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["quad", "double"])
@pytest.mark.parametrize("count", ["auto", "given"])
def test_a_knot_is_not_an_image(kind, count):
    truth = mock_quasar(kind)[1]
    n = len(truth["x"])
    points = np.stack([np.insert(truth["x"], 1, -0.62), np.insert(truth["y"], 1, -0.95)], 1)
    fluxes = np.insert(truth["flux"], 1, 0.8 * truth["flux"].min())
    settings = QuasarSettings(point_images="auto" if count == "auto" else n)
    chosen = choose_images(points, fluxes, [0.04, -0.03, 0.06, -0.03], settings)
    assert list(chosen) == [0, *range(2, n + 1)]


def test_two_points_that_no_lens_explains_are_handed_on():
    points = np.array([[0.5, 0.0], [0.9, 0.2], [1.3, -0.1]])
    chosen = choose_images(points, np.array([3.0, 1.0, 2.0]), [0.0, 0.0, 0.0, 0.0], QuasarSettings())
    assert list(chosen) == [0, 2]
