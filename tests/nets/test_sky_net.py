"""sky-net and its maps: they are the likelihood's sums, turn with the sky, and find a halo before any training."""

import numpy as np
import pytest
import torch

from lensmith.data.galaxy_field import GalaxyField
from lensmith.data.shear_grid import CELLS, HALO_CELLS, grid_of_field, halo_grid, shear_grid
from lensmith.nets import NetworkSpec, build_network
from lensmith.nets.shear_maps import shear_maps
from lensmith.nets.sky_net import most_likely_place
from lensmith.physics.weak_lensing import halo_ellipticity

TEMPLATES = ((0.118, 0.26), (0.5, 0.08))
HALO = (0.31, 0.69, 0.5, 0.08)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def sky(halo=None, n=400, seed=0, noise=0.2):
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, n))
    e = noise * rng.standard_normal((2, n))
    if halo is not None:
        e += np.array(halo_ellipticity("nfw", x, y, *halo))
    return x, y, *(e * np.minimum(1, 0.95 / np.hypot(*e)))


def net(**settings):
    torch.manual_seed(0)
    spec = NetworkSpec(name="sky-net", settings=settings, shape=(4, CELLS, CELLS), classes=("none", "halo"))
    return build_network(spec)


def test_maps_are_the_sums_of_the_likelihood():
    x, y, e1, e2 = sky(HALO)
    matched, power = (maps[0] for maps in shear_maps(shear_grid(x, y, e1, e2)[None], TEMPLATES))
    for row, column in ((88, 40), (20, 100), (0, HALO_CELLS - 1)):
        place = (np.array([column, row]) + 0.5) / HALO_CELLS
        for number, (amplitude, scale) in enumerate(TEMPLATES):
            g1, g2 = halo_ellipticity("nfw", x, y, *place, amplitude, scale)
            size = np.sqrt((g1**2 + g2**2).sum())
            assert matched[number, row, column] == pytest.approx((e1 * g1 + e2 * g2).sum(), abs=0.1 * size)
            assert power[number, row, column] == pytest.approx(size**2, rel=0.1)


TURNS = {
    "quarter turn": (lambda x, y, e1, e2: (1 - y, x, -e1, -e2), lambda m: np.rot90(m, -1, axes=(-2, -1))),
    "flip of x": (lambda x, y, e1, e2: (1 - x, y, e1, -e2), lambda m: m[..., ::-1]),
    "transposition": (lambda x, y, e1, e2: (y, x, -e1, e2), lambda m: np.swapaxes(m, -1, -2)),
}


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_sky_with_its_shapes_has_turned_maps(turn):
    of_sky, of_map = TURNS[turn]
    galaxies = sky(HALO)
    before, after = (shear_maps(shear_grid(*g)[None], TEMPLATES) for g in (galaxies, of_sky(*galaxies)))
    for old, new in zip(before, after):
        np.testing.assert_allclose(new, of_map(old), atol=2e-5 * np.abs(old).max())


def test_turning_positions_alone_does_not_keep_the_maps():
    x, y, e1, e2 = sky(HALO)
    before, wrong = (shear_maps(shear_grid(*g)[None], TEMPLATES)[0] for g in ((x, y, e1, e2), (1 - y, x, e1, e2)))
    assert np.abs(wrong - np.rot90(before, -1, axes=(-2, -1))).max() > 0.1 * np.abs(before).max()


def test_before_training_it_is_a_bayesian_detector():
    network = net()
    grids = np.stack([shear_grid(*sky(HALO if k % 2 else None, seed=k)) for k in range(8)])
    log_odds, shares = network.places({"shear": grids})
    assert log_odds[1::2].min() > 5
    assert log_odds[::2].max() < 2
    np.testing.assert_allclose(shares.sum((1, 2)), 1, atol=1e-4)
    for one in shares[1::2]:
        x, y, radius = most_likely_place(one)
        assert np.hypot(x - HALO[0], y - HALO[1]) < 0.04
        assert 0.4 / HALO_CELLS < radius < 0.1
    chances = network.probabilities({"shear": grids})
    np.testing.assert_allclose(chances[:, 1], 1 / (1 + np.exp(-log_odds)), atol=1e-5)


def test_the_loss_wants_the_halo_in_its_place():
    network = net()
    grid = shear_grid(*sky(HALO))[None]
    right, wrong = (halo_grid(np.array([place]))[None] for place in ((0.31, 0.69), (0.8, 0.2)))
    label, losses = torch.tensor([1]), []
    for target in (right, wrong):
        inputs = {k: torch.from_numpy(v) for k, v in network.prepare({"shear": grid, "halo_map": target}).items()}
        losses.append(network.classification_loss(inputs, label, torch.nn.CrossEntropyLoss()).item())
    assert losses[0] + 5 < losses[1]


def test_shares_of_haloes_add_up_and_lie_where_they_are():
    grid = halo_grid(np.array([[0.25, 0.5], [0.999, 0.001]]))
    assert grid.shape == (1, HALO_CELLS, HALO_CELLS)
    assert grid.sum() == pytest.approx(1)
    rows, columns = np.nonzero(grid[0])
    assert (grid[0][rows, columns] > 0).all()
    assert {(0, HALO_CELLS - 1)} <= set(zip(rows.tolist(), columns.tolist()))
    assert not halo_grid(np.empty((0, 2))).any()


def test_a_wide_sky_keeps_its_proportions_and_weights_their_mean():
    x, y, e1, e2 = sky(n=100)
    field = GalaxyField("wide", 10 + 2 * x, y, e1, e2, weight=np.full(100, 7.0), extent=(10, 12, 0, 1))
    grid = grid_of_field(field)
    assert not grid[:, CELLS // 2 :].any()
    assert grid[2].sum() == pytest.approx(100)
