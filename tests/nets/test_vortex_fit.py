"""The fitted vortex: held against simulated vortices and subhaloes in the published lens, whose shape is given."""

import numpy as np
import pytest

from lensmith.nets.smooth_fit import Substructure, fit_smooth_lenses
from lensmith.nets.smooth_lens import NAMES, Detector
from lensmith.nets.vortex_fit import ANGLE, LENGTH, VortexSteps, starting_points
from lensmith.nets.vortex_scan import Vortex
from lensmith.simulate import samples
from lensmith.training import load_recipe

N = 12
FREE = (NAMES.index("source_x"), NAMES.index("source_y"))


@pytest.fixture(scope="module")
def fits():
    """Vortices longer than the ring is wide, and subhaloes: truth, and the fits."""
    chosen = {"variant": "published", "classes": ["sphere", "vort"], "axion_mass": {"loguniform": [1e-24, 2.5e-24]}}
    made = next(samples("substructure", 7, None, chosen, 0, 2 * N, 2 * N))
    settings = load_recipe("lens-physics-given", []).net.settings
    start = np.zeros((2 * N, len(NAMES)), np.float32)
    for name, value in settings["given"].items():
        start[:, NAMES.index(name)] = value
    images = np.ascontiguousarray(made.arrays["image"][:, 0, 27:-27, 27:-27])
    detector, tried = Detector(**settings["detector"]), Substructure(vortex_fit=VortexSteps())
    noise = made.truth["background_rms"], made.truth["exposure"]
    return made.truth, fit_smooth_lenses(images, start, *noise, detector, FREE, 5, tried)


@pytest.mark.slow
def test_a_vortex_explains_what_a_vortex_did_and_not_what_subhaloes_did(fits):
    truth, found = fits
    vortex = truth["label"] == 2
    assert np.median(found.chi2[vortex]) > 1.05
    assert np.median(np.abs(found.vortex.chi2[vortex] - 1)) < 0.03
    assert np.median(found.vortex.chi2[~vortex]) > 1.03
    left = found.vortex.subhaloes.max(1)
    assert np.median(left[vortex]) < 1
    assert np.median(left[~vortex]) > 20
    assert np.all(found.vortex.gain[vortex] > 0)


@pytest.mark.slow
def test_length_direction_and_source_come_back(fits):
    truth, found = fits
    vortex = truth["label"] == 2
    parameters = found.vortex.parameters[vortex]
    ratio = np.exp(parameters[:, LENGTH]) / truth["vortex_half_length"][vortex]
    assert np.median(np.abs(ratio - 1)) < 0.1
    turned = (parameters[:, ANGLE] - truth["vortex_angle"][vortex] + np.pi / 2) % np.pi - np.pi / 2
    assert np.median(np.abs(turned)) < 0.08
    for place, name in zip(FREE, ("source_x", "source_y")):
        assert np.median(np.abs(parameters[:, place] - truth[name][vortex])) < 0.01
    assert np.array_equal(parameters[:, 0], found.parameters[vortex][:, 0])


def test_fits_start_from_separate_maxima_of_the_scan_and_directions_close_on_themselves():
    vortex = Vortex(half_length=(0.1, 10.0), lengths=3, directions=8)
    gains = np.zeros((3, 8), np.float32)
    # The second best is a neighbour of the best across the end of the half circle, and no maximum of its own.
    gains[1, 0], gains[1, 7], gains[2, 4] = 9, 8, 5
    smooth = np.arange(14, dtype=np.float32)
    found = np.asarray(starting_points(smooth, gains, vortex, 2))
    assert np.array_equal(found[:, :14], [smooth, smooth])
    assert np.exp(found[:, LENGTH]) == pytest.approx([1, 10], rel=1e-5)
    assert found[:, ANGLE] == pytest.approx([0, np.pi / 2], abs=1e-6)
