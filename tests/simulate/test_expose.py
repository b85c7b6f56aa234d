"""The noise of a simulated image: variance against signal, rare photons, and the same draw in every batch."""

import jax
import numpy as np
import pytest

from lensmith.simulate.expose import add_survey_noise
from lensmith.simulate.randomness import noise_keys, rng
from lensmith.simulate.survey import SURVEYS, load_survey

N_DRAWS = 1000
N_PIXELS = 128
EXPOSE = jax.jit(jax.vmap(add_survey_noise, in_axes=(0, None, None, None)))


@pytest.fixture(scope="module")
def measured():
    """Light, its expected variance, and mean offset and variance of noisy draws, each ``[band, level]``, by survey."""
    found = {}
    keys = noise_keys(5, range(N_DRAWS))
    for name in SURVEYS:
        bands = (load_survey(name).bands * 5)[:5]
        rms, electrons = (
            np.array([getattr(b, key) for b in bands]) for key in ("background_rms", "electrons_per_unit")
        )
        # From no light at all over a thousandth of the sky's variance to ten thousand times it.
        light = np.array([0, 1e-3, 0.1, 1, 10, 100, 1e3, 1e4]) * (rms**2 * electrons)[:, None]
        clean = np.broadcast_to(light[..., None], (5, 8, N_PIXELS)).astype(np.float32)
        noisy = np.asarray(EXPOSE(keys, clean, rms, electrons))
        assert noisy.dtype == np.float32
        offset = noisy.astype(float) - clean
        found[name] = rms[:, None] ** 2 + light / electrons[:, None], offset.mean(axis=(0, 3)), offset.var(axis=(0, 3))
    return found


@pytest.mark.parametrize("name", SURVEYS)
def test_variance_against_signal_is_that_of_the_settings(measured, name):
    """Each survey, band and level of light: within 2 % over 1,000 draws (of 128 pixels, which scatter by 0.4 %)."""
    expected, _, variance = measured[name]
    assert np.abs(variance / expected - 1).max() < 0.02


@pytest.mark.parametrize("name", SURVEYS)
def test_noise_has_no_bias(measured, name):
    expected, offset, _ = measured[name]
    assert np.abs(offset / np.sqrt(expected)).max() < 5 / np.sqrt(N_DRAWS * N_PIXELS)


@pytest.mark.parametrize("mean", [0.02, 0.5, 3.0, 5.9, 6.1, 15.0, 300.0])
def test_photons_follow_the_poisson_law(mean):
    """Without background: mean, variance, skewness, and the share of pixels that caught nothing."""
    clean = np.full((1, 100, 100), mean, np.float32)
    counts = np.asarray(EXPOSE(noise_keys(1, range(20)), clean, np.zeros(1), np.ones(1)), float).ravel()
    error = 5 / np.sqrt(counts.size)
    assert abs(counts.mean() / mean - 1) < error / np.sqrt(mean)
    assert abs(counts.var() / mean - 1) < error * np.sqrt(2 + 1 / mean) + 1e-3
    if mean < 6:
        assert abs(np.mean(np.abs(counts) < 1e-6) - np.exp(-mean)) < error
        assert np.allclose(counts, np.rint(counts), atol=1e-5)
    skewness = np.mean((counts - counts.mean()) ** 3) / counts.var() ** 1.5
    assert abs(skewness * np.sqrt(mean) - 1) < 0.15 + 5 * np.sqrt(6 * mean / counts.size)


def test_negative_pixels_keep_their_mean_and_have_background_only():
    clean = np.full((1, 100, 100), -3.0, np.float32)
    noisy = np.asarray(EXPOSE(noise_keys(2, range(20)), clean, np.full(1, 0.1), np.ones(1)))
    assert abs(noisy.mean() + 3) < 5e-3
    assert abs(noisy.std() / 0.1 - 1) < 0.05


def test_the_noise_of_a_sample_depends_on_seed_and_index_alone():
    clean = np.ones((1, 8, 8), np.float32)
    images = np.asarray(EXPOSE(noise_keys(7, [3, 4, 9, 3]), clean, np.ones(1), np.ones(1)))
    again = np.asarray(EXPOSE(noise_keys(7, [9, 0, 3, 1]), clean, np.ones(1), np.ones(1)))
    assert np.array_equal(images[0], images[3])
    assert np.array_equal(images[2], again[0])
    assert np.array_equal(images[0], again[2])
    assert not np.array_equal(images[0], images[1])


def test_keys_tell_large_seeds_and_purposes_apart_and_do_not_heed_the_precision():
    seeds = [0, 1, 2**32, 2**32 + 1, 2**63]
    data = [np.asarray(jax.random.key_data(noise_keys(seed, [0]))).tobytes() for seed in seeds]
    data.append(np.asarray(jax.random.key_data(noise_keys(0, [0], "other"))).tobytes())
    assert len(set(data)) == len(data)
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        assert np.asarray(jax.random.key_data(noise_keys(2**32, [0]))).tobytes() == data[2]


def test_host_streams_are_told_apart_by_all_four():
    names = [
        (1, 0, "a", 0),
        (2, 0, "a", 0),
        (1, 1, "a", 0),
        (1, 0, "b", 0),
        (1, 0, "a", 1),
        (11, 0, "a", 0),
        (1, 10, "a"),
    ]
    assert len({rng(*name).random() for name in names}) == len(names)
    assert rng(1, 0, "a").random() == rng(1, 0, "a", 0).random()
