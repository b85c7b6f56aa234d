"""The smooth lens that is fitted, held against the simulator, and its fits against the truth."""

import numpy as np
import pytest
import torch

from lensmith.nets import InputSettings, NetworkSpec, build_network
from lensmith.nets.published_units import flux_of_scaled
from lensmith.nets.smooth_fit import Substructure, fit_smooth_lenses
from lensmith.nets.smooth_lens import NAMES, PRIOR_SIGMA, Detector, Noise, flux, mean_and_variance
from lensmith.simulate import samples

ALL = tuple(range(len(NAMES)))
DETECTOR = Detector(noise="photon-twice")


def simulated(n: int, **settings):
    chosen = {"variant": "published", "macro": "random", "clean": True, "classes": ["no"], **settings}
    return next(samples("substructure", 5, None, chosen, 0, n, n))


def parameters(truth) -> np.ndarray:
    """Parameters of the fit: there the shear acts about the lens's centre, in the simulator about the image's."""
    x, y, gamma1, gamma2 = (truth[name] for name in ("center_x", "center_y", "gamma1", "gamma2"))
    source_x = truth["source_x"] - x + gamma1 * x + gamma2 * y
    source_y = truth["source_y"] - y + gamma2 * x - gamma1 * y
    columns = [
        *(np.log(truth["theta_E"]), truth["e1"], truth["e2"], truth["gamma1"], truth["gamma2"]),
        *(x, y, source_x, source_y, np.log(truth["R_sersic"]), np.log(truth["n_sersic"])),
        *(truth["source_e1"], truth["source_e2"], np.log(truth["source_amp"])),
    ]
    return np.stack(columns, 1).astype(np.float32)


def cropped(images: np.ndarray, side: int = 96) -> np.ndarray:
    start = (images.shape[-1] - side) // 2
    return np.ascontiguousarray(images[:, 0, start : start + side, start : start + side])


@pytest.fixture(scope="module")
def lenses():
    return simulated(24)


def test_model_is_the_simulators(lenses):
    for truth, clean in zip(parameters(lenses.truth)[:4], cropped(lenses.arrays["clean"])):
        difference = np.asarray(flux(truth, DETECTOR, 96)) - clean
        # Beyond its edge the cropped model goes on as at the edge.
        assert np.abs(difference[3:-3, 3:-3]).max() < 2e-4 * clean.max()


def test_mean_and_variance_are_those_of_the_noise(lenses):
    """Residuals in noise units of the true model have mean 0 and variance 1, in faint and in bright pixels."""
    for detector, settings in ((DETECTOR, {}), (Detector(), {"variant": "right"})):
        made = lenses if not settings else simulated(12, **settings)
        clean = made.arrays["clean"][:, 0]
        noise = Noise(made.truth["background_rms"][:, None, None], made.truth["exposure"][:, None, None])
        mean, variance = (np.asarray(part) for part in mean_and_variance(clean.astype(np.float32), noise, detector))
        residual = (made.arrays["image"][:, 0] - mean) / np.sqrt(variance)
        bright = clean > 0.05
        for chosen in (bright, ~bright):
            sigma = 1 / np.sqrt(chosen.sum())
            assert abs(residual[chosen].mean()) < 5 * sigma
            assert abs(residual[chosen].var() - 1) < 8 * sigma


@pytest.mark.slow
def test_fits_converge_to_the_truth_from_a_rough_start(lenses):
    truth = parameters(lenses.truth)
    start = truth + 0.3 * PRIOR_SIGMA * np.random.default_rng(0).normal(size=truth.shape)
    given = cropped(lenses.arrays["image"]), start, lenses.truth["background_rms"], lenses.truth["exposure"]
    rough = fit_smooth_lenses(*given, DETECTOR, ALL, 0, Substructure())
    fits = fit_smooth_lenses(*given, DETECTOR, ALL, 5, Substructure())
    assert np.median(rough.chi2) > 1.5
    assert np.median(np.abs(fits.chi2 - 1)) < 0.03
    good = fits.chi2 < 1.06
    assert good.mean() > 0.8
    assert np.abs(fits.parameters - truth)[good, 0].max() < 0.01
    assert np.abs(fits.residual[good].std() - 1) < 0.03
    again = fit_smooth_lenses(*(values[3:5] for values in given), DETECTOR, ALL, 5, Substructure())
    assert np.array_equal(again.chi2, fits.chi2[3:5])


@pytest.mark.slow
def test_fits_reach_the_bottom(lenses):
    """They are better than the truth by what 14 free parameters take from the noise: chi-square of 14."""
    truth = parameters(lenses.truth)
    start = truth + 0.3 * PRIOR_SIGMA * np.random.default_rng(1).normal(size=truth.shape)
    images, noise = cropped(lenses.arrays["image"]), (lenses.truth["background_rms"], lenses.truth["exposure"])
    fits = fit_smooth_lenses(images, start, *noise, DETECTOR, ALL, 5, Substructure())
    clean = cropped(lenses.arrays["clean"]).astype(np.float32)
    mean, variance = mean_and_variance(clean, Noise(*(values[:, None, None] for values in noise)), DETECTOR)
    gain = (((images - mean) ** 2 - (images - fits.model) ** 2) / variance).sum((1, 2))
    assert np.mean(gain > 2) > 0.95
    assert 9 < np.median(gain) < 19


@pytest.mark.slow
def test_what_is_given_stays(lenses):
    truth = parameters(lenses.truth)[:4]
    start = truth.copy()
    start[:, 7:9] += 0.05
    given = cropped(lenses.arrays["image"][:4]), start, lenses.truth["background_rms"][:4], lenses.truth["exposure"][:4]
    fits = fit_smooth_lenses(*given, DETECTOR, (7, 8), 5, Substructure())
    fixed = [k for k in ALL if k not in (7, 8)]
    assert np.array_equal(fits.parameters[:, fixed], start[:, fixed])
    assert np.abs(fits.parameters[:, 7:9] - truth[:, 7:9]).max() < 0.01


def test_flux_and_exposure_come_back_from_scaled_images(lenses):
    images = lenses.arrays["image"][:, 0]
    high = images.max((1, 2), keepdims=True)
    back, exposure = flux_of_scaled(images / high, DETECTOR)
    assert np.abs(back.max((1, 2)) / high.ravel() - 1).max() < 0.1
    assert np.abs(exposure / lenses.truth["exposure"] - 1).max() < 0.12
    rounded = np.round(images / high * 255) / 255
    assert flux_of_scaled(rounded, DETECTOR)[1] == pytest.approx(DETECTOR.exposure)


@pytest.mark.slow
def test_lens_physics_prepares_image_residual_and_model(lenses):
    torch.set_num_threads(1)
    settings = {"lessons": 2, "width": 8, "proposal_width": 8, "detector": {"noise": "photon-twice"}, "steps": 1}
    network = build_network(NetworkSpec(name="lens-physics", settings=settings, inputs=InputSettings(side=96)))
    before = network.preparation()
    network.learn_to_prepare(lambda line: None)
    assert network.preparation() != before
    arrays = {"image": lenses.arrays["image"][:3]} | {
        name: lenses.truth[name][:3].astype(np.float32) for name in ("background_rms", "exposure")
    }
    prepared = network.prepare(arrays)
    assert prepared["image"].shape == (3, 3, 48, 48)
    assert prepared["told"].shape == (3, 34)
    assert all(np.isfinite(values).all() for values in prepared.values())
    known = network.prepare({"image": arrays["image"]})
    assert np.array_equal(known["image"][:, 0], prepared["image"][:, 0])
