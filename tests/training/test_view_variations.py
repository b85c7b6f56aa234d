"""How training views are varied: what is asked for stays visible, and nothing tells the classes apart."""

import numpy as np
import pytest

from lensmith.training.view_variations import FARTHEST, RING_IN_FRAME, add_rays, blemish, framing, varied

RANDOM = np.random.default_rng


@pytest.mark.parametrize("theta_E", [0.0, 20.0, 46.0])
def test_a_ring_stays_in_the_frame(theta_E):
    for seed in range(30):
        rows, columns = framing(100, theta_E, RANDOM(seed))
        side = rows.stop - rows.start
        assert side == columns.stop - columns.start
        assert 60 <= side <= 100
        assert side / 2 * RING_IN_FRAME >= theta_E - 1
        assert all(cut.start >= 0 and cut.stop <= 100 for cut in (rows, columns))
        assert all(abs(cut.start + cut.stop - 100) <= 2 * FARTHEST for cut in (rows, columns))


def test_rays_are_bright_and_few():
    image = np.zeros((128, 128))
    add_rays(image, 1.0, RANDOM(3))
    assert 0.001 < (image > 0).mean() < 0.05
    assert image.max() > 10
    assert image.min() == 0


def test_added_noise_lowers_the_signal_to_noise_as_it_says():
    sky = RANDOM(0).normal(size=(1, 80, 80))
    for seed in range(40):
        seen, snr, _ = varied(sky, np.ones(1), 0.8, 100.0, RANDOM(seed))
        # Drizzling makes the noise smaller by up to a half; bright tracks are told by the median of the differences.
        scatter = 1.4826 * np.median(np.abs(seen - np.median(seen)))
        assert scatter == pytest.approx(100.0 / snr, rel=0.1) or scatter < 100.0 / snr
        assert 20 <= snr <= 100


def test_faint_arcs_get_no_noise():
    for seed in range(20):
        assert varied(np.zeros((1, 40, 40)), np.ones(1), 0.8, 15.0, RANDOM(seed))[1] == 15.0


def test_blemishes_are_rare_and_leave_most():
    shares = [blemish((50, 60), RANDOM(seed)).mean() for seed in range(300)]
    assert 0.01 < np.mean(np.array(shares) < 1) < 0.15
    assert min(shares) > 0.6


def test_drizzling_says_by_how_much_it_moved_what_is_seen():
    rows, columns = np.indices((41, 41))
    star = 1e4 * np.exp(-0.5 * ((rows - 20) ** 2 + (columns - 20) ** 2) / 9)
    moved = []
    for seed in range(12):
        seen, _, part = varied(star[None], np.full(1, 1e-6), 0.8, 15.0, RANDOM(seed))
        light = seen[0] / seen[0].sum()
        assert (light * columns).sum() - 20 == pytest.approx(part[0], abs=0.02)
        assert (light * rows).sum() - 20 == pytest.approx(part[1], abs=0.02)
        moved.append(np.any(part))
    assert 0 < sum(moved) < 12
