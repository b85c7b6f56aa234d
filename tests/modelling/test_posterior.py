"""The density that is sampled, its samplers and what follows from the draws, on one simulated lens."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import solve_triangular

from lensmith.fitting import Bounds, GaussianPrior, r_hat
from lensmith.modelling import ModelSettings
from lensmith.modelling.alignment import align
from lensmith.modelling.derived import trace_images
from lensmith.modelling.named import deflection_of, effective_ratios, prior_decides
from lensmith.modelling.parameters import bounds, prior
from lensmith.modelling.posterior import posterior
from lensmith.modelling.refine import fit_grid, fit_smooth
from lensmith.modelling.sampling import Samples, mix, sample
from lensmith.modelling.target import target_of
from lensmith.physics.critical_curves import theta_E_eff
from lensmith.physics.point_source import point_images

from .mock_lens import TRUTH, mock_band, mock_cutout

SETTINGS = ModelSettings(
    sampler="importance", light_error=0.0, arc_error=0.0, min_ess=250.0, round_draws=256, max_rounds=5
)


@pytest.fixture(scope="module")
def final():
    """The final fit of a small mock, from near the truth."""
    band = replace(mock_band(side=64, pixel_scale=0.06), zero_point=25.0)
    aligned = align(mock_cutout(band), SETTINGS)
    light = aligned.lights[0]
    offset = aligned.bands[0].matrix @ (np.array(aligned.bands[0].centre_pixel) - 31.5)
    centre = np.array([TRUTH["x_lens"], TRUTH["y_lens"]]) - offset
    t = TRUTH
    start = [np.log(t["theta_E"]), 2.0, t["e1"], t["e2"], *centre, 0.03, 0.02, 0.1, -0.083, 0.0, 0.0, np.log(0.08)]
    limits = bounds(0.4, 2.0, ())
    around = prior(SETTINGS, light.ellipticity, light.theta[:2], (), (), SETTINGS.slope_sigma)
    nothing = (np.zeros(aligned.bands[0].image.shape, bool),)
    smooth = fit_smooth(aligned, np.array(start), (None,), nothing, 2.0, SETTINGS, around, limits)
    return fit_grid(aligned, smooth, 2.0, SETTINGS)


@pytest.fixture(scope="module")
def target(final):
    return target_of(final)


@pytest.fixture(scope="module")
def importance(final):
    return sample(final, SETTINGS, np.random.default_rng(0))


def covariance_matrix(final, theta, freedom):
    """Mean and covariance of the data with all amplitudes integrated, by their definition, dense."""
    field, state = final.objective.bands[0], final.state.bands[0]
    projected = field.projected
    n_fixed = projected.n_fixed
    used = np.concatenate([np.ones(n_fixed, bool), state.passive[n_fixed:]])
    source = np.asarray(projected.columns(theta, projected.select), float)
    columns = np.vstack([projected.fixed / projected.root_weight, source])[used]
    precision = projected.prior.copy()
    profile = np.r_[0, 11:n_fixed]
    precision[np.ix_(profile, profile)] /= freedom
    total = np.maximum(state.amplitudes[n_fixed : n_fixed + 5], 0).sum()
    gaussians = np.arange(n_fixed, n_fixed + 5)
    precision[gaussians, gaussians] += 1 / total**2
    amplitude_covariance = np.linalg.inv(precision[np.ix_(used, used)])
    noise = projected.robust / projected.root_weight**2
    residual = np.maximum(np.abs(state.residual) / np.sqrt(projected.robust) / projected.cauchy, 1)
    noise = noise * residual**2
    mean = projected.prior_mean[used] @ columns
    return mean, columns.T @ amplitude_covariance @ columns + np.diag(noise)


def test_likelihood_is_that_of_the_full_covariance_matrix(final, target):
    """Against the definition, at the source size at which both prior and grid are as the fit made them."""
    projected = final.objective.bands[0].projected
    data = projected.data / projected.root_weight
    sigma = np.array([0.1, 2, 0.5, 0.5, 0.2, 0.2, 0.4, 0.4, 0.5, 0.5, 2, 2, 0]) * 1e-3
    thetas = final.theta + sigma * np.stack([np.zeros(13), np.random.default_rng(0).normal(size=13)])
    expected = []
    for theta in thetas:
        mean, covariance = covariance_matrix(final, theta, target.bands[0].light_freedom)
        away = data - mean
        root = np.linalg.cholesky(2 * np.pi * covariance)
        chi2 = 2 * np.pi * np.sum(solve_triangular(root, away, lower=True) ** 2)
        expected.append(-0.5 * chi2 - np.sum(np.log(np.diag(root))))
    found = target.evaluate(thetas)[0].log_likelihood
    np.testing.assert_allclose(found - found[0], np.array(expected) - expected[0], atol=0.05)
    assert abs(found[1] - found[0]) > 0.5
    assert found[0] == pytest.approx(expected[0], abs=2.0)  # modes of which the data say little are left out


def test_gradient_is_the_derivative(final, target):
    z = target.box.from_box(final.theta)
    step = 0.02 * final.prior.sigma
    value, gradient = target.value_and_gradient(z)
    ahead, behind = (target.log_density(z + sign * np.diag(step)) for sign in (1, -1))
    curvature = np.abs(ahead + behind - 2 * value)
    np.testing.assert_allclose(gradient * step, (ahead - behind) / 2, atol=0.02 + 0.03 * curvature.max())
    assert target.log_density(z[None])[0] == pytest.approx(value, abs=1e-3)
    assert float(target.traceable()(z)) == pytest.approx(value, abs=1e-3)


def test_importance_sampling_reaches_the_posterior(importance):
    assert importance.doubts == ()
    assert importance.diagnostics["k_hat"] < 0.7
    assert importance.diagnostics["ess"] >= SETTINGS.min_ess
    assert importance.vectors.shape == (SETTINGS.n_draws, 13)
    assert np.exp(importance.weighted["log_weight"]).sum() == pytest.approx(1)


def test_raised_noise_widens_what_the_data_decide_and_leaves_priors_alone(final):
    widths = []
    for inflation in (1.0, 1.5):
        settings = SETTINGS.model_copy(update={"sampler": "laplace", "noise_inflation": inflation})
        widths.append(sample(final, settings, np.random.default_rng(0)).vectors.std(0))
    ratio = widths[1] / widths[0]
    assert 1.3 < ratio[0] < 1.7, "theta_E"
    assert widths[1][1] < 1.05 * SETTINGS.slope_sigma, "the slope is no wider than its prior"


def test_a_warmer_posterior_is_wider_about_the_same_maximum(final):
    drawn = []
    for temperature in (1.0, 1.44):
        settings = SETTINGS.model_copy(update={"sampler": "laplace", "n_draws": 20000, "temperature": temperature})
        drawn.append(sample(final, settings, np.random.default_rng(0)).vectors)
    plain, warm = drawn
    np.testing.assert_allclose((warm.mean(0) - plain.mean(0)) / plain.std(0), 0, atol=0.1)
    assert warm.std(0)[:9] / plain.std(0)[:9] == pytest.approx(np.full(9, 1.2), rel=0.05)


def test_laplace_and_importance_agree_on_a_sharp_posterior(final, importance):
    laplace = sample(final, SETTINGS.model_copy(update={"sampler": "laplace"}), np.random.default_rng(0))
    width = importance.vectors.std(0)
    np.testing.assert_allclose((laplace.vectors.mean(0) - importance.vectors.mean(0)) / width, 0, atol=0.4)
    np.testing.assert_allclose(laplace.vectors.std(0) / width, 1, atol=0.3)


def test_the_second_order_finds_the_mean_that_importance_sampling_finds(final, importance):
    width, away = importance.vectors.std(0), {}
    for second_order in (False, True):
        settings = SETTINGS.model_copy(update={"sampler": "laplace", "second_order": second_order, "n_draws": 20000})
        mean = sample(final, settings, np.random.default_rng(0)).vectors.mean(0)
        away[second_order] = np.sqrt(np.mean(((mean - importance.vectors.mean(0)) / width) ** 2))
    assert away[True] < 0.7 * away[False]


def test_the_truth_is_inside(importance):
    named = {"log_theta_E": (0, np.log(TRUTH["theta_E"])), "gamma": (1, TRUTH["gamma"])}
    named |= {name: (index, TRUTH[name]) for name, index in (("e1", 2), ("e2", 3), ("gamma1", 6), ("gamma2", 7))}
    for name, (index, truth) in named.items():
        pull = (importance.vectors[:, index].mean() - truth) / importance.vectors[:, index].std()
        assert abs(pull) < 4, name


def test_record_of_the_posterior(final):
    found = posterior(final, (0.1, -0.2), SETTINGS, np.random.default_rng(0), redshifts=(0.4, 1.5))
    assert all(e.lo <= e.stat_lo <= e.median <= e.stat_hi <= e.hi for e in found.parameters.values())
    assert all(e.lo <= e.stat_lo <= e.median <= e.stat_hi <= e.hi for e in found.derived.values())
    assert set(found.weighted) == {*found.draws, "log_weight"}
    # 6.0 is the flux of the mock's source, 120 that of its lens, part of it outside the stamp
    assert found.derived["mag_source_F814W"].median == pytest.approx(25 - 2.5 * np.log10(6.0), abs=0.25)
    assert found.derived["mag_lens_F814W"].median == pytest.approx(25 - 2.5 * np.log10(120.0), abs=0.12)
    difference = found.derived["mag_source_F814W"].median - found.derived["mag_arcs_F814W"].median
    assert found.derived["magnification"].median == pytest.approx(10 ** (0.4 * difference), rel=0.03)
    radius = found.parameters["theta_E_eff"].median
    assert found.derived["R_E"].median == pytest.approx(radius * 5.373, rel=0.01)  # kpc an arcsec at z = 0.4
    assert found.derived["mass_E"].median == pytest.approx(3.0e11, rel=0.05)
    assert found.derived["mu_image_1"].median > 0 > found.derived["mu_image_2"].median


def test_images_of_every_draw_solve_the_lens_equation(importance):
    vectors = importance.vectors[:40]
    best = vectors.mean(0)
    beta = best[4:6] + np.exp(best[0]) * best[8:10]
    found = point_images(deflection_of(best), *beta, 3.0, tuple(best[4:6]))
    x, y, magnification = trace_images(vectors, found.x, found.y)
    assert np.isfinite(x).mean() > 0.8
    for index in (0, 17):
        here = np.isfinite(x[index])
        alpha = deflection_of(vectors[index])(x[index][here], y[index][here])
        own = vectors[index, 4:6] + np.exp(vectors[index, 0]) * vectors[index, 8:10]
        np.testing.assert_allclose(x[index][here] - alpha[0], own[0], atol=1e-5)
        exact = point_images(deflection_of(vectors[index]), *own, 3.0, tuple(vectors[index, 4:6]))
        np.testing.assert_allclose(np.sort(magnification[index][here]), np.sort(exact.magnification), rtol=1e-3)


def test_effective_radius_of_draws_near_the_best():
    rng = np.random.default_rng(1)
    best = np.array([0.2, 2.1, 0.15, -0.1, 0.1, 0.0, 0.06, -0.03])
    vectors = best + rng.normal(size=(5, 8)) * np.array([0.01, 0.05, 0.02, 0.02, 0.01, 0.01, 0.02, 0.02])
    exact = [theta_E_eff(deflection_of(v), 4.0, tuple(v[4:6])) for v in vectors]
    spread = best + rng.normal(size=(400, 8)) * np.array([0.01, 0.05, 0.02, 0.02, 0.01, 0.01, 0.02, 0.02])
    ratio = effective_ratios(best, np.concatenate([vectors, spread]))[:5]
    np.testing.assert_allclose(ratio * np.exp(vectors[:, 0]), exact, rtol=3e-3)


def test_parameters_that_their_prior_decides():
    around = GaussianPrior(np.zeros(13), np.full(13, 0.1))
    limits = Bounds(np.full(13, -1.0), np.full(13, 1.0), np.ones(13))
    vectors = np.random.default_rng(0).normal(0, 0.02, (2000, 13))
    vectors[:, 1] *= 4.8
    assert prior_decides(vectors, around, limits) == ("gamma",)
    cut = Bounds(np.full(13, -1.0), np.append([1.0, 0.0], np.ones(11)), np.ones(13))
    vectors[:, 1] = -np.abs(np.random.default_rng(1).normal(0, 0.09, 2000))
    assert prior_decides(vectors, around, cut) == ("gamma",)  # as wide as what the limit leaves of the prior


def part(place, **diagnostics):
    vectors = np.random.default_rng(0).normal(place, 0.1, (1000, 13))
    return Samples("importance", vectors, None, diagnostics=diagnostics)


def test_a_mixture_has_the_weights_it_was_given():
    parts = [part(0.0, k_hat=0.1, ess=400.0), part(5.0, k_hat=0.3, ess=200.0)]
    mixed = mix(parts, np.log([0.75, 0.25]) + 1000, 1000, np.random.default_rng(0))
    assert mixed.vectors.shape == (1000, 13)
    assert np.mean(mixed.vectors[:, 0] > 2.5) == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(mixed.stats["mode"] == 1, mixed.vectors[:, 0] > 2.5)
    assert mixed.diagnostics["k_hat"] == 0.3
    assert mixed.diagnostics["ess"] == 200.0


def test_a_part_without_weight_does_not_count():
    parts = [part(0.0, k_hat=0.1), replace(part(5.0, k_hat=2.0), doubts=("bad",))]
    mixed = mix(parts, [0.0, -50.0], 500, np.random.default_rng(0))
    assert mixed is parts[0]


@pytest.mark.slow
def test_nuts_and_importance_agree(final, importance):
    pytest.importorskip("numpyro")
    settings = SETTINGS.model_copy(update={"sampler": "nuts", "n_draws": 1200, "warm_up": 150})
    nuts = sample(final, settings, np.random.default_rng(3))
    assert nuts.chains == 4
    assert nuts.diagnostics["r_hat"] < 1.05
    assert r_hat(nuts.vectors[:, 0].reshape(4, -1)) < 1.05
    width = nuts.vectors.std(0)
    np.testing.assert_allclose((nuts.vectors.mean(0) - importance.vectors.mean(0)) / width, 0, atol=0.35)
    np.testing.assert_allclose(importance.vectors.std(0) / width, 1, atol=0.25)
