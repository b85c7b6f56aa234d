"""The posterior of haloes: where they are, how many, and that no evidence depends on the way it was computed."""

import numpy as np
import pytest
from scipy.special import logsumexp

from lensmith.errors import SettingsError
from lensmith.halos import HaloPrior, infer, load_prior, number_probabilities
from lensmith.halos.estimate import least_distance, pair_draws, radii
from lensmith.halos.likelihood import log_likelihood, no_halo, prepare_sky
from lensmith.halos.shear_table import ellipticity, shear_table
from lensmith.physics.weak_lensing import SHEAR_LAWS, halo_ellipticity

from .mock_sky import FAST, SIDE, mock_sky

PRIOR = load_prior("dark-worlds")
STRONG, FAINT = (1300.0, 2900.0, 0.5, 330.0), (3200.0, 900.0, 0.4, 300.0)


@pytest.fixture(scope="module")
def two_haloes():
    return infer(mock_sky([STRONG, FAINT]), PRIOR, effort=FAST)


@pytest.fixture(scope="module")
def none():
    return infer(mock_sky(seed=4), PRIOR, effort=FAST)


@pytest.mark.parametrize("law", sorted(SHEAR_LAWS))
def test_the_table_is_the_law(law):
    rng = np.random.default_rng(2)
    x, y = rng.random((2, 200)).astype(np.float32)
    halo = (0.4, 0.55, 0.3, 0.07)
    there = ellipticity(shear_table(law), x, y, np.array([*halo[:2], *np.log(halo[2:])], np.float32))
    np.testing.assert_allclose(there, halo_ellipticity(law, x.astype(float), y.astype(float), *halo), atol=2e-4)


def test_the_likelihood_is_the_gaussian_one_integrated_over_the_scatter():
    sky = prepare_sky(mock_sky(n=50), PRIOR)
    a, b = PRIOR.shape_noise_strength, PRIOR.shape_noise_strength * PRIOR.shape_noise**2
    log_s2 = np.linspace(np.log(0.005), np.log(0.5), 20001)
    s2 = np.exp(log_s2)

    def integrated(chi2):
        return logsumexp(-(a + 50) * log_s2 - (b + chi2 / 2) / s2) - logsumexp(-a * log_s2 - b / s2)

    shifted = (sky.e1 - 0.05) * (sky.weight > 0), sky.e2
    chi2 = [float((sky.weight * (r1**2 + r2**2)).sum()) for r1, r2 in (shifted, (sky.e1, sky.e2))]
    assert float(log_likelihood(sky, *shifted)) - no_halo(sky) == pytest.approx(
        integrated(chi2[0]) - integrated(chi2[1]), abs=1e-3
    )


def test_two_haloes_are_found_where_they_are(two_haloes):
    points, expected = least_distance(two_haloes[2].haloes[..., :2])
    nearest = [np.hypot(*(points - halo[:2]).T).min() for halo in (STRONG, FAINT)]
    assert max(nearest) < 150
    assert expected < 400
    assert number_probabilities(two_haloes, PRIOR)[2:].sum() > 0.95


def test_an_empty_sky_prefers_no_halo(none):
    p = number_probabilities(none, PRIOR)
    assert p.argmax() == 0
    assert p.sum() == pytest.approx(1)


def test_the_same_seed_gives_the_same_draws_whatever_was_done_before(two_haloes):
    again = infer(mock_sky([STRONG, FAINT]), PRIOR, effort=FAST)
    for count in (1, 2, 3):
        np.testing.assert_array_equal(again[count].haloes, two_haloes[count].haloes)
        assert again[count].log_evidence == two_haloes[count].log_evidence


def test_the_evidence_of_one_halo_is_the_mean_likelihood_over_the_prior():
    """A weak halo, so that plain draws from the prior see the peak."""
    field = mock_sky([(2000.0, 2000.0, 0.2, 200.0)], n=120, seed=6)
    rng = np.random.default_rng(0)
    n = 20000
    shape = np.exp(PRIOR.mixture(0).draw(rng, n)) * np.array([1, SIDE])
    place = rng.random((n, 2)) * SIDE
    g1, g2 = halo_ellipticity("nfw", field.x, field.y, place[:, :1], place[:, 1:], shape[:, :1], shape[:, 1:])
    a, b = PRIOR.shape_noise_strength, PRIOR.shape_noise_strength * PRIOR.shape_noise**2

    def log_l(r1, r2):
        return -(a + len(field)) * np.log1p((r1**2 + r2**2).sum(axis=-1) / (2 * b))

    weight = log_l(field.e1 - g1, field.e2 - g2) - log_l(field.e1, field.e2)
    plain, top = logsumexp(weight) - np.log(n), np.exp(weight - weight.max())
    error = np.sqrt(top.var() / n) / top.mean()
    found = infer(field, PRIOR, most=1, effort=FAST)[1]
    assert found.log_evidence == pytest.approx(plain, abs=4 * np.hypot(error, found.log_evidence_error) + 0.02)


def test_a_posterior_without_data_is_the_prior():
    """Shape noise so large that the likelihood is flat: positions uniform, amplitudes as drawn."""
    prior = HaloPrior(first=PRIOR.first, others=PRIOR.others, shape_noise=50.0, shape_noise_strength=1e4)
    found = infer(mock_sky(n=30), prior, most=2, effort=FAST)
    assert found[2].log_evidence == pytest.approx(0, abs=0.1)
    for halo in (0, 1):
        drawn = found[2].haloes[:, halo]
        assert drawn[:, :2].mean(axis=0) == pytest.approx([SIDE / 2] * 2, rel=0.1)
        assert drawn[:, :2].std(axis=0) == pytest.approx([SIDE / 12**0.5] * 2, rel=0.1)
        expected = prior.mixture(halo).draw(np.random.default_rng(1), 20000)
        np.testing.assert_allclose(np.log(drawn[:, 2]).mean(), expected[:, 0].mean(), atol=0.1)
        np.testing.assert_allclose(np.log(drawn[:, 3] / SIDE).mean(), expected[:, 1].mean(), atol=0.12)


@pytest.mark.parametrize("law", ["sis", "core"])
def test_other_laws_find_their_haloes(law):
    prior = load_prior(f"general-{law}")
    truth = (1500.0, 1700.0, 0.4, 0.06 * SIDE)
    draws = infer(mock_sky([truth], law=law), prior, most=1, effort=FAST)[1].haloes
    points, _ = least_distance(draws[..., :2])
    assert np.hypot(*(points[0] - truth[:2])) < 150
    if law == "sis":  # any scale gives the same halo, so it is fixed
        np.testing.assert_allclose(draws[:, 0, 3], 0.06 * SIDE, rtol=0.01)


def test_padding_weighs_nothing():
    sky = prepare_sky(mock_sky(n=300), PRIOR)
    assert len(sky.x) == 512
    assert sky.noise[2] == 300
    assert (sky.weight[300:] == 0).all()
    g1, g2 = ellipticity(shear_table("nfw"), sky.x, sky.y, np.array([0.5, 0.5, -1.0, -2.0], np.float32))
    assert np.isfinite(g1).all()
    assert np.isfinite(g2).all()


def test_scaling_all_weights_changes_nothing():
    plain = infer(mock_sky([STRONG]), PRIOR, most=1, effort=FAST)[1]
    heavy = infer(mock_sky([STRONG], weight=np.full(240, 7.0)), PRIOR, most=1, effort=FAST)[1]
    np.testing.assert_allclose(heavy.haloes, plain.haloes)


def test_the_estimate_is_the_geometric_median_whatever_the_order_of_haloes():
    rng = np.random.default_rng(3)
    true = np.array([[100.0, 100.0], [900.0, 300.0]])
    draws = true + rng.normal(0, 20, (600, 2, 2))
    swap = rng.random(600) < 0.5
    draws[swap] = draws[swap][:, ::-1]
    points, expected = least_distance(draws)
    assert sorted(np.hypot(*(points[:, None] - true[None]).transpose(2, 0, 1)).min(axis=0)) == pytest.approx(
        [0, 0], abs=5
    )
    assert expected == pytest.approx(20 * np.sqrt(np.pi / 2), rel=0.05)
    order = pair_draws(draws, true)
    np.testing.assert_array_equal(order[:, 0], swap)


def test_radii_hold_the_share_of_draws_they_say():
    draws = np.random.default_rng(3).normal(0, 1, (20000, 1, 2))
    np.testing.assert_allclose(radii(draws, np.zeros((1, 2)))[0], np.sqrt(-2 * np.log([0.32, 0.05])), rtol=0.03)


def test_unknown_prior_or_law_is_one_sentence():
    with pytest.raises(SettingsError, match="no prior dark"):
        load_prior("dark")
    with pytest.raises(SettingsError, match="no halo law king"):
        shear_table("king")
