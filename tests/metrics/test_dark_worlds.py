"""The score of Observing Dark Worlds."""

import numpy as np
import pytest

from lensmith.errors import InputError
from lensmith.metrics.dark_worlds import bootstrap_scores, dark_worlds_score, match_haloes


def test_haloes_are_paired_by_the_least_total_distance():
    true = np.array([[0.0, 0.0], [100.0, 0.0]])
    np.testing.assert_array_equal(match_haloes(np.array([[90.0, 0.0], [5.0, 0.0]]), true), [[5, 0], [90, 0]])


def test_f_and_g_by_hand():
    one, step = np.array([[100.0, 100.0]]), np.array([3.0, 4.0])
    score = dark_worlds_score([one + step, one - step], [one, one], [one[0], one[0]])
    assert pytest.approx(5) == score.F
    assert pytest.approx(0, abs=1e-12) == score.G
    assert score.score == pytest.approx(0.005)


def test_angles_of_several_haloes_are_measured_from_the_reference_point():
    true = np.array([[0.0, 0.0], [10.0, 0.0]])
    reference = np.array([5.0, 0.0])
    away = np.array([[-1.0, 0.0], [11.0, 0.0]])
    spread = dark_worlds_score([away], [true], [reference]).G
    assert spread == pytest.approx(1)
    same = np.array([[1.0, 0.0], [11.0, 0.0]])
    spread = dark_worlds_score([same], [true], [reference]).G
    assert spread == pytest.approx(0, abs=1e-12)


def test_a_bootstrap_spreads_about_the_score():
    rng = np.random.default_rng(1)
    true = [rng.random((2, 2)) * 100 for _ in range(40)]
    found = [sky + rng.normal(0, 5, (2, 2)) for sky in true]
    centre = [sky.mean(axis=0) for sky in true]
    drawn = bootstrap_scores(found, true, centre, n=200, seed=3)
    assert drawn.shape == (200, 3)
    assert abs(drawn[:, 1].mean() - dark_worlds_score(found, true, centre).F) < 3 * drawn[:, 1].std()
    np.testing.assert_array_equal(drawn, bootstrap_scores(found, true, centre, n=200, seed=3))


def test_what_does_not_pair_is_an_error():
    sky = np.zeros((1, 2))
    with pytest.raises(InputError, match="2 predicted haloes"):
        dark_worlds_score([np.zeros((2, 2))], [sky], [np.zeros(2)])
    with pytest.raises(InputError, match="0 predicted skies"):
        dark_worlds_score([], [], [])
