"""A galaxy taken off noise-free images, and ranks of pixels."""

import numpy as np
import pytest

from lensmith.data.labels import normalised, padded, percentile_masks
from lensmith.nets import NetworkSpec, build_network
from lensmith.nets.level_channels import galaxy_channels, level_images, log_ranks, masks_of_ranks
from lensmith.nets.noise_free_galaxy import take_galaxy_off
from lensmith.nets.settings import InputSettings

SIDE = 125


def scene(index=4.0, axis_ratio=0.7, angle=0.6, centre=(0.4, -0.3), arcs=True):
    """Noise-free galaxy and arcs ``[y, x]``: a Sersic law with a radius of 25 pixels, two arcs 20 pixels from it."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    x, y = x - centre[0], y - centre[1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    radius = np.sqrt(axis_ratio * along**2 + across**2 / axis_ratio + 0.5)
    galaxy = np.exp(-(2 * index - 1 / 3) * ((radius / 25) ** (1 / index) - 1))
    distance, direction = np.hypot(x, y), np.arctan2(y, x)
    wide = np.exp(-0.5 * (np.angle(np.exp(1j * (direction - 2.0))) / 0.5) ** 2)
    counter = 0.5 * np.exp(-0.5 * (np.angle(np.exp(1j * (direction - 5.0))) / 0.3) ** 2)
    light = 2.0 * np.exp(-0.5 * ((distance - 20) / 2.5) ** 2) * (wide + counter)
    return galaxy, light if arcs else 0 * light


@pytest.mark.parametrize(("index", "axis_ratio", "angle"), [(4.0, 0.7, 0.6), (2.6, 0.9, 2.0), (6.0, 0.5, -1.0)])
def test_the_galaxy_is_found_under_arcs(index, axis_ratio, angle):
    galaxy, arcs = scene(index, axis_ratio, angle)
    image = padded((galaxy + arcs)[None])
    found = take_galaxy_off(image)
    truth = padded(galaxy[None])
    y, x = np.mgrid[:128, :128] - 63.0
    judged = (np.hypot(x, y) > 5) & (np.hypot(x, y) < 50)
    assert np.abs(found.light[0] / np.where(truth[0] > 0, truth[0], 1) - 1)[judged].max() < 0.05
    assert np.array_equal(found.light[image == 0], np.zeros(np.sum(image == 0)))
    assert found.light + found.left == pytest.approx(image)


def test_ranks_end_masks_where_percentiles_do():
    random = np.random.default_rng(3)
    images = random.random((2, 100, 100))
    known = np.ones(images.shape, bool)
    known[1, :50] = False
    ranks = log_ranks(images, known)
    for image, rank, seen in zip(images, ranks, known):
        wanted = seen & (image >= np.quantile(image[seen], 0.99))
        assert abs(int((rank >= 2 - 1e-6)[seen].sum()) - int(wanted.sum())) <= 1
        assert not rank[~seen].any()
        assert np.array_equal(np.argsort(rank[seen]), np.argsort(image[seen]))


def test_channels_know_the_masks():
    """Without a network: masks cut out of the ranks are near the true ones already; each image is by itself."""
    galaxy, arcs = scene()
    truth = padded(percentile_masks(galaxy[None], arcs[None]))[0]
    images = padded(normalised(np.stack([galaxy + arcs, galaxy])))[:, None]
    channels = galaxy_channels(images)
    assert channels.shape == (2, 4, 128, 128)
    assert np.array_equal(galaxy_channels(images[:1]), channels[:1])
    for found, mask in zip(masks_of_ranks(channels)[0], truth):
        assert (found & mask).sum() / (found | mask).sum() > 0.8
    assert level_images(np.ones((1, 1, 2, 2))) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(galaxy_channels(np.zeros((1, 1, 64, 64)))).all()


def test_a_segmenter_takes_the_channels():
    settings = {"units": "level", "left_over": True, "width": 0.125, "exclusive": False}
    spec = NetworkSpec(
        name="isnet", settings=settings, inputs=InputSettings(scale="none"), shape=(1, 64, 64), classes=("lens", "arc")
    )
    network = build_network(spec)
    assert network.bands == 4
    images = np.random.default_rng(1).random((2, 1, 64, 64)).astype(np.float32)
    assert network.probabilities({"image": images}).shape == (2, 2, 64, 64)
    assert np.array_equal(network.without_learning({"image": images}), masks_of_ranks(galaxy_channels(images)))
    plain = build_network(spec.model_copy(update={"settings": settings | {"left_over": False}}))
    assert plain.bands == 1
    assert plain.without_learning({"image": images}) is None
