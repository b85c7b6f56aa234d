"""The fitted vortex: held against simulated vortices and subhaloes in the published lens, whose shape is given."""

import numpy as np
import pytest

from lensmith.nets.smooth_fit import Substructure, fit_smooth_lenses
from lensmith.nets.smooth_lens import NAMES, Detector
from lensmith.nets.vortex_fit import ANGLE, LENGTH, VortexSteps
from lensmith.simulate import samples
from lensmith.training import load_recipe

pytestmark = pytest.mark.slow
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


def test_a_vortex_explains_what_a_vortex_did_and_not_what_subhaloes_did(fits):
    truth, found = fits
    vortex = truth["label"] == 2
    assert np.median(found.chi2[vortex]) > 1.05
    assert np.median(np.abs(found.vortex.chi2[vortex] - 1)) < 0.03
    assert np.median(found.vortex.chi2[~vortex]) > 1.03
    left = found.vortex.subhaloes.max(1)
    assert np.median(left[vortex]) < 1
    assert np.median(left[~vortex]) > 20
    # Never worse than the smooth lens, which is where it starts, and 9216 pixels' worth of it says so.
    assert np.all(found.vortex.gain[vortex] > 0)


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
