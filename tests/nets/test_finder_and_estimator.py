"""Finder and estimator: calibration, turns, units, and the same answer in whatever batch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import expit, logit

from lensmith.data import Band, Cutout, Findings, gaussian_psf
from lensmith.errors import SettingsError
from lensmith.nets import NetworkSpec, build_network
from lensmith.nets.estimating import estimate
from lensmith.nets.estimator import NAMES, SPREAD, scaled_truth, turned_truth, unscaled
from lensmith.nets.finding import find, p_lens_of_views
from lensmith.nets.lens_view import View
from lensmith.nets.pooling import pooled
from lensmith.nets.tails import deviates, from_gaussian, log_slope, to_gaussian
from lensmith.training.order import turned

SMALL = {"options": {"channels": [8, 8, 8, 8], "stem_width": 8}}


def network(name, **settings):
    torch.manual_seed(1)
    classes = ("impostor", "lens") if name == "finder" else NAMES
    spec = NetworkSpec(name=name, settings=SMALL | settings, shape=(2, 64, 64), classes=classes)
    return build_network(spec).eval()


def cutouts(n, side=64):
    rng = np.random.default_rng(3)
    psf = gaussian_psf(0.7, 0.2, 21)
    for k in range(n):
        image = rng.normal(size=(side, side))
        band = Band("r", image, np.ones_like(image), psf, image < 9, 0.2 * np.eye(2))
        yield Cutout(f"lens{k}", (band,))


@pytest.mark.parametrize(("name", "stage"), [("finder", find), ("estimator", estimate)])
def test_batches_change_nothing(name, stage):
    net, several = network(name), list(cutouts(5))
    together, alone = stage(net, several), [stage(net, [one])[0] for one in several]
    for one, other in zip(together, alone):
        assert {key: str(value) for key, value in one.items()} == {key: str(value) for key, value in other.items()}
        Findings(**one)


@pytest.mark.parametrize(("name", "stage"), [("finder", find), ("estimator", estimate)])
def test_what_is_too_small_has_a_note_alone(name, stage):
    good, small = next(cutouts(1)), next(cutouts(1, side=12))
    said = stage(network(name), [small, good])
    assert set(said[0]) == {"notes"}
    assert "12x12" in said[0]["notes"][-1]
    assert len(said[1]) > 1


def test_bands_on_several_grids_are_all_looked_at_by_the_finder():
    net, (one, other) = network("finder"), cutouts(2)
    larger = replace(next(cutouts(1, side=80)).bands[0], name="i")
    both = Cutout("both", (one.bands[0], larger))
    p = [find(net, [each])[0]["p_lens"] for each in (one, Cutout("larger", (larger,)), both)]
    assert p[2] == pytest.approx(expit((logit(p[0]) + logit(p[1])) / 2))
    assert find(net, [other, both, one])[1]["p_lens"] == p[2]
    small = next(cutouts(1, side=12)).bands[0]
    assert find(net, [Cutout("small first", (small, larger))])[0]["p_lens"] == p[1]


def test_bands_on_several_grids_are_pooled_by_the_estimator():
    net, (one, _) = network("estimator"), cutouts(2)
    larger = replace(next(cutouts(1, side=80)).bands[0], name="i")
    alone = [estimate(net, [each])[0] for each in (one, Cutout("larger", (larger,)))]
    both, small = (
        Cutout(name, bands) for name, bands in (("both", (one.bands[0], larger)), ("small", (_small(), larger)))
    )
    found = estimate(net, [one, both, small])
    mean, covariance = pooled(*(np.stack([each[key] for each in alone]) for key in ("mean", "covariance")))
    assert found[1]["mean"] == pytest.approx(mean)
    assert found[1]["covariance"] == pytest.approx(covariance)
    assert found[0]["mean"] == pytest.approx(alone[0]["mean"])
    assert found[2]["mean"] == pytest.approx(alone[1]["mean"])
    assert "12x12" in found[2]["notes"][-1]


def _small():
    return next(cutouts(1, side=12)).bands[0]


def test_a_view_that_is_dead_sure_does_not_outvote_all_others(monkeypatch):
    monkeypatch.setattr("lensmith.nets.finding.p_lens_of_channels", lambda net, channels: np.array([1.0, 0.1, 1.0]))
    view = View(np.zeros((2, 64, 64)))
    several, alone = p_lens_of_views(network("finder"), [[view, view], [view]])
    assert several == pytest.approx(expit((logit(1 - 1e-4) + logit(0.1)) / 2))
    assert alone == 1.0


def test_the_temperature_mends_overconfidence():
    net = network("finder")
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 4000)
    labels = torch.from_numpy((rng.random(4000) < 1 / (1 + np.exp(-logits))).astype(np.int64))
    overconfident = torch.from_numpy(np.stack([np.zeros(4000), 3 * logits], 1)).float()
    net.calibrate(overconfident, labels)
    assert float(net.temperature) == pytest.approx(3, rel=0.1)


def test_an_unknown_encoder_is_an_error():
    with pytest.raises(SettingsError, match="no encoder"):
        build_network(NetworkSpec(name="finder", settings={"encoder": "nosuchnet"}, classes=("impostor", "lens")))


def test_truths_turn_as_images_do():
    """A bright blob at (x, y), elongated along its position angle, after every flip and turn."""
    side, x0, y0 = 41, 9.0, 4.0
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    along = (columns * x0 + rows * y0) / np.hypot(x0, y0)
    across = (rows * x0 - columns * y0) / np.hypot(x0, y0)
    image = np.exp(-0.5 * ((along - np.hypot(x0, y0)) ** 2 / 9 + across**2))
    phi = np.arctan2(y0, x0)
    truth = torch.tensor(
        [[0.3, np.cos(2 * phi), np.sin(2 * phi), x0, y0, 0.5 * np.cos(2 * phi), 0.5 * np.sin(2 * phi)]]
    )
    for code in range(8):
        seen = turned(image[None, None], np.array([code]))[0, 0]
        light = seen / seen.sum()
        x, y = (light * columns).sum(), (light * rows).sum()
        xx, yy, xy = ((light * a).sum() for a in ((columns - x) ** 2, (rows - y) ** 2, (columns - x) * (rows - y)))
        size = np.hypot(xx - yy, 2 * xy)
        expected = [0.3, (xx - yy) / size, 2 * xy / size, x, y, 0.5 * (xx - yy) / size, xy / size]
        assert turned_truth(truth, torch.tensor([code]))[0].numpy() == pytest.approx(expected, abs=2e-2)


def test_scaled_and_back():
    values, scale = np.array([[1.2, 0.1, -0.2, 0.05, -0.1, 0.03, 0.01]]), np.array([0.1])
    mean, covariance = unscaled(scaled_truth(values, scale), np.eye(7)[None], scale)
    assert mean == pytest.approx(values)
    sigma = np.sqrt(np.diagonal(covariance[0]))
    assert sigma[0] == pytest.approx(SPREAD[0] * 1.2)
    assert sigma[3] == pytest.approx(SPREAD[3] * 0.1)


def test_the_loss_is_a_gaussians():
    net = network("estimator")
    inputs = {"image": torch.randn(4, 3, 64, 64)}
    truth = torch.randn(4, 7)
    mean, factor, tails = net(inputs)
    assert (tails == 1).all()
    gaussian = torch.distributions.MultivariateNormal(mean, precision_matrix=factor.mT @ factor)
    expected = -gaussian.log_prob(truth).mean() - 3.5 * np.log(2 * np.pi)
    assert net.loss(inputs, truth).item() == pytest.approx(expected.item(), rel=1e-4)


def test_widths_are_calibrated_on_what_they_are_shown():
    net = network("estimator")
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(20000, 7))
    covariance = np.tile(np.eye(7) / 4, (20000, 1, 1))
    net.calibrate(np.zeros((20000, 7)), covariance, np.ones((20000, 7)), truth)
    assert net.widening.numpy() == pytest.approx(np.full(7, 2), rel=0.03)


def test_tails_are_calibrated_on_what_they_are_shown():
    net = network("estimator", tails=True)
    truth = from_gaussian(np.random.default_rng(3).normal(size=(20000, 7)), 1.6)
    net.calibrate(np.zeros((20000, 7)), np.tile(np.eye(7), (20000, 1, 1)), np.ones((20000, 7)), truth)
    assert net.widening.numpy() == pytest.approx(np.full(7, 1), rel=0.03)
    assert net.lengthening.numpy() == pytest.approx(np.full(7, 1.6), rel=0.06)


def test_the_loss_with_tails_is_the_density_of_what_sampling_gives():
    """Deviates of the Gaussian pushed through the transform have the density that the loss takes the logarithm of."""
    net = network("estimator", tails=True).eval()
    inputs = {"image": torch.randn(1, 3, 64, 64)}
    mean, factor, tails = (values[0].detach().double() for values in net(inputs))
    inverse = torch.linalg.inv(factor)
    width = inverse.square().sum(1).sqrt()
    deviate = torch.from_numpy(np.random.default_rng(4).normal(size=7)) @ inverse.T / width
    push = lambda u: mean + width * torch.sinh(torch.asinh(u) * tails) / torch.sinh(np.arcsinh(1.0) * tails)
    jacobian = torch.autograd.functional.jacobian(push, deviate)
    before = torch.distributions.MultivariateNormal(torch.zeros(7).double(), precision_matrix=_of_widths(factor, width))
    expected = -before.log_prob(deviate) + torch.log(torch.diagonal(jacobian)).sum() - 3.5 * np.log(2 * np.pi)
    assert net.loss(inputs, push(deviate)[None].float()).item() == pytest.approx(expected.item(), rel=1e-3)


def _of_widths(factor, width):
    """Precision of a Gaussian counted in its widths."""
    precision = factor.T @ factor
    return width[:, None] * precision * width


@pytest.mark.parametrize("tails", [0.6, 1.0, 1.7])
def test_the_transform_keeps_one_and_has_the_slope_it_says(tails):
    away = torch.linspace(-300, 300, 1_200_001, dtype=torch.float64)
    long = torch.tensor(tails, dtype=torch.float64)
    deviate = to_gaussian(away, long)
    density = torch.exp(-0.5 * deviate**2 + log_slope(away, deviate, long)) / np.sqrt(2 * np.pi)
    assert torch.trapezoid(density, away).item() == pytest.approx(1, abs=1e-6)
    assert from_gaussian(1.0, tails) == pytest.approx(1)
    assert deviates(from_gaussian(2.3, tails), np.array(tails)) == pytest.approx(2.3)
