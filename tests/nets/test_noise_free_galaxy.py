"""A galaxy taken off noise-free images, and ranks of pixels."""

import numpy as np
import pytest
import torch

from lensmith.data.labels import normalised, padded, percentile_masks, pixels_above
from lensmith.errors import SettingsError
from lensmith.nets import NetworkSpec, build_network
from lensmith.nets.blurred_galaxy import take_galaxy_off
from lensmith.nets.level_channels import galaxy_channels, level_images, log_ranks, masks_of_ranks, rank_channels
from lensmith.nets.noise_free_galaxy import fit_law
from lensmith.nets.percentile_rule import counted_masks
from lensmith.nets.settings import InputSettings
from lensmith.physics.ellipticity import components
from lensmith.physics.imaging import bin_pixels, convolve, moffat_psf, pixel_grid
from lensmith.physics.light import sersic

SIDE = 125
LEVEL = {"units": "level", "left_over": True, "width": 0.125, "exclusive": False}


def scene(index=4.0, axis_ratio=0.7, angle=0.6, centre=(0.4, -0.3), arcs=True, fwhm=2.05):
    """Noise-free galaxy and arcs ``[y, x]`` under a PSF: a radius of 25 pixels, two arcs 20 pixels from it."""
    e1, e2 = components(axis_ratio, angle)
    shape = {"R_sersic": 25.0, "n_sersic": index, "e1": e1, "e2": e2, "center_x": centre[0], "center_y": centre[1]}
    galaxy = bin_pixels(sersic.surface_brightness(*pixel_grid((SIDE, SIDE), 1.0, 2), 1.0, **shape), 2)
    x, y = (grid - middle for grid, middle in zip(pixel_grid((SIDE, SIDE), 1.0), centre))
    distance, direction = np.hypot(x, y), np.arctan2(y, x)
    wide = np.exp(-0.5 * (np.angle(np.exp(1j * (direction - 2.0))) / 0.5) ** 2)
    counter = 0.5 * np.exp(-0.5 * (np.angle(np.exp(1j * (direction - 5.0))) / 0.3) ** 2)
    light = 2.0 * np.exp(-0.5 * ((distance - 20) / 2.5) ** 2) * (wide + counter)
    galaxy, light = (convolve(one, moffat_psf(fwhm, 1.0, 2.5, 31)) for one in (galaxy, light))
    return galaxy, np.maximum(light, 0) if arcs else 0 * light


SCENES = pytest.mark.parametrize(
    ("index", "axis_ratio", "angle", "fwhm"), [(4.0, 0.7, 0.6, 2.05), (2.6, 0.9, 2.0, 1.87), (6.0, 0.5, -1.0, 2.2)]
)


@SCENES
def test_the_galaxy_is_found_under_arcs(index, axis_ratio, angle, fwhm):
    """The law is that of the scene: what is found is its light, to far less than the arcs' mask ends at."""
    galaxy, arcs = scene(index, axis_ratio, angle, fwhm=fwhm)
    image = padded((galaxy + arcs)[None])
    found = take_galaxy_off(image)
    truth = padded(galaxy[None])
    known = image > 0
    assert np.abs(found.light[known] / truth[known] - 1).max() < 2e-4
    assert not found.light[~known].any()
    assert found.light + found.left == pytest.approx(image)


@SCENES
def test_the_first_look_knows_place_and_shape(index, axis_ratio, angle, fwhm):
    galaxy, arcs = scene(index, axis_ratio, angle, fwhm=fwhm)
    law = fit_law((galaxy + arcs)[None])[0]
    assert law[3:5] == pytest.approx([0.4, -0.3], abs=0.1)
    assert np.exp(-np.hypot(*law[5:7])) == pytest.approx(axis_ratio, abs=0.03)
    assert 1 / law[2] == pytest.approx(index, rel=0.25)


def test_a_galaxy_is_the_same_whatever_stands_beside_it():
    images = np.stack([np.add(*scene(index)) for index in (3.0, 4.0, 5.0)])
    together = take_galaxy_off(images).light
    for image, light in zip(images, together):
        assert np.array_equal(take_galaxy_off(image[None]).light[0], light)


@pytest.mark.parametrize("shape", [(1, 64, 64), (2, 64, 50)])
def test_any_image_has_finite_light(shape):
    for images in (np.zeros(shape), np.ones(shape), np.random.default_rng(1).normal(size=shape)):
        assert np.isfinite(take_galaxy_off(images).light).all()


def test_ranks_end_masks_where_percentiles_do():
    random = np.random.default_rng(3)
    images = random.random((2, 100, 100))
    known = np.ones(images.shape, bool)
    known[1, :50] = False
    for percentile in (99.0, 95.0):
        ranks = log_ranks(images, known, percentile)
        for image, rank, seen in zip(images, ranks, known):
            wanted = seen & (image >= np.percentile(image[seen], percentile))
            assert np.array_equal(rank > 0, wanted)
            assert wanted.sum() == pixels_above(percentile, seen.sum())
            assert not rank[~seen].any()
            assert np.array_equal(np.argsort(rank[seen]), np.argsort(image[seen]))


@pytest.mark.parametrize("pixels", [1, 20, 21, 100, 101, 15625, 16384])
def test_pixels_above_a_percentile_are_counted(pixels):
    values = np.random.default_rng(pixels).permutation(pixels)
    for percentile in (95.0, 99.0):
        assert pixels_above(percentile, pixels) == np.sum(values >= np.percentile(values, percentile))
    assert pixels_above(95.0, 0) == 0


def test_channels_know_the_masks():
    """Without a network: masks cut out of the ranks are near the true ones already; each image is by itself."""
    galaxy, arcs = scene()
    truth = padded(percentile_masks(galaxy[None], arcs[None]))[0]
    images = padded(normalised(np.stack([galaxy + arcs, galaxy])))[:, None]
    channels = galaxy_channels(images)
    assert channels.shape == (2, 4, 128, 128)
    assert np.array_equal(galaxy_channels(images[:1]), channels[:1])
    for found, mask in zip(masks_of_ranks(channels)[0], truth):
        assert (found & mask).sum() / (found | mask).sum() > 0.98
    assert level_images(np.ones((1, 1, 2, 2))) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(galaxy_channels(np.zeros((1, 1, 64, 64)))).all()


def level_network(shape=(1, 64, 64), classes=("lens", "arc"), name="isnet", **settings):
    inputs = InputSettings(scale="none")
    return build_network(NetworkSpec(name=name, settings=LEVEL | settings, inputs=inputs, shape=shape, classes=classes))


def test_a_segmenter_takes_the_channels():
    network = level_network()
    assert network.bands == 4
    images = np.random.default_rng(1).random((2, 1, 64, 64)).astype(np.float32)
    assert network.probabilities({"image": images}).shape == (2, 2, 64, 64)
    assert np.array_equal(
        network.without_learning(network.prepare({"image": images})), masks_of_ranks(galaxy_channels(images))
    )
    plain = level_network(left_over=False)
    assert plain.bands == 1
    assert plain.without_learning(plain.prepare({"image": images})) is None


@pytest.mark.parametrize("name", ["isnet", "msrfnet"])
def test_a_network_that_says_nothing_leaves_what_ranks_say(name):
    torch.manual_seed(0)
    network = level_network(name=name, from_ranks=True).eval()
    for layer in network.sides if name == "isnet" else [network.head[-1]]:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    images = np.random.default_rng(1).random((2, 1, 64, 64)).astype(np.float32)
    arrays = {"image": images}
    shares = network.probabilities(arrays)
    prepared = network.prepare(arrays)
    ranks = rank_channels(prepared["image"])
    assert np.array_equal(shares > 0.5, ranks > 0)
    assert np.array_equal(network.masks(arrays, shares), network.without_learning(prepared))


@pytest.mark.parametrize(
    "settings", [{"from_ranks": True, "units": "stored"}, {"from_ranks": True, "exclusive": True}, {"counted": True}]
)
def test_settings_of_the_rule_are_refused_elsewhere(settings):
    classes = ("lens", "other") if "counted" in settings else ("lens", "arc")
    with pytest.raises(SettingsError, match="percentile"):
        level_network(classes=classes, **settings)


def test_masks_have_as_many_pixels_as_the_rule_gives():
    random = np.random.default_rng(2)
    shares = random.random((2, 2, 40, 40)).astype(np.float32)
    shares[:, :, :, :10] = 1
    shares[0, 1] *= 0.3
    known = np.zeros((2, 40, 40), bool)
    known[:, 5:35, 10:] = True
    masks = counted_masks(shares, known)
    counts = pixels_above(np.array([99.0, 95.0]), 900)
    assert masks.sum((2, 3)).tolist() == [[counts[0], 0], counts.tolist()]
    assert not masks[:, :, ~known[0]].any()
    kept = masks[1, 1]
    assert shares[1, 1][kept].min() >= shares[1, 1][known[1] & ~kept].max()
    assert np.array_equal(level_network(counted=True).masks({"image": known[:, None] * 1.0}, shares), masks)
