"""Candidates in, classes of their pixels out: whatever the grid, the bands, and what else is in the batch."""

import numpy as np
import pytest
import torch

from lensmith.data import Band, Cutout, gaussian_psf
from lensmith.data.labels import CLASSES
from lensmith.errors import InputError
from lensmith.nets import NetworkSpec, build_network
from lensmith.nets.cutout_input import noise_units, working_image
from lensmith.nets.segmenting import segment

SETTINGS = {"encoder": "regnetx_002", "decoder": [16, 16, 8], "refine": 4, "left_over": True}


@pytest.fixture(scope="module")
def network():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    spec = NetworkSpec(name="unet", settings=SETTINGS, inputs={"scale": "none"}, shape=(1, 64, 64), classes=CLASSES)
    return build_network(spec)


def band(name="r", shape=(50, 50), scale=0.25, fwhm=0.8, at=(0.0, 0.0), matrix=None, seed=0, **more):
    """A galaxy of noise 1 at `at` (x, y, pixels from the middle) with a companion to its upper right."""
    y, x = np.indices(shape) - (np.array(shape)[:, None, None] - 1) / 2
    width = 0.8 / scale
    image = 100 * np.exp(-0.5 * ((x - at[0]) ** 2 + (y - at[1]) ** 2) / width**2)
    image += 30 * np.exp(-0.5 * ((x - at[0] - 2 / scale) ** 2 + (y - at[1] - 3 / scale) ** 2) / width**2)
    image += np.random.default_rng(seed).normal(size=shape)
    fields = {
        "image": image,
        "noise": np.ones(shape),
        "psf": gaussian_psf(fwhm, scale, 25),
        "mask": np.ones(shape, bool),
        "pixel_to_sky": scale * np.eye(2) if matrix is None else matrix,
    }
    return Band(name, **(fields | more))


def test_batch_and_single_are_identical_whatever_the_sizes(network):
    shapes = [(50, 50), (64, 64), (45, 51), (50, 50), (101, 99)]
    cutouts = [Cutout(str(k), (band(shape=shape, seed=k),)) for k, shape in enumerate(shapes)]
    together = segment(network, cutouts)
    for cutout, found in zip(cutouts, together):
        (alone,) = segment(network, [cutout])
        shape = cutout.bands[0].shape
        assert found["classes"].shape == shape
        assert found["probabilities"].shape == (len(CLASSES), *shape)
        assert found["probabilities"].sum(0) == pytest.approx(np.ones(shape), abs=1e-5)
        assert np.array_equal(found["classes"], found["probabilities"].argmax(0))
        assert np.array_equal(alone["classes"], found["classes"])
        assert np.array_equal(alone["probabilities"], found["probabilities"])


def test_no_cutouts_no_answers(network):
    assert segment(network, []) == []


def test_weights_of_another_kind_are_refused():
    for name, settings, classes in (("resnet10", {}, ("no", "yes")), ("unet", SETTINGS, ("background", "lens"))):
        other = build_network(NetworkSpec(name=name, settings=settings, shape=(1, 64, 64), classes=classes))
        with pytest.raises(InputError, match="label --mix"):
            segment(other, [Cutout("a", (band(),))])


def test_the_working_grid_suits_the_psf():
    small = working_image(Cutout("a", (band(shape=(50, 40), fwhm=0.8),)))
    assert small.factor == 1
    assert small.image.shape == (50, 40)
    sharp = working_image(Cutout("b", (band(shape=(128, 128), scale=0.05, fwhm=0.1),)))
    assert 0.5 <= sharp.factor < 0.62
    assert max(sharp.image.shape) < 80


def test_masked_pixels_are_sky():
    plain = band()
    mask = np.ones((50, 50), bool)
    mask[10:14, 30:40] = False
    image = np.where(mask, plain.image, np.nan)
    units = noise_units(band(image=image, mask=mask))
    assert (units[~mask] == 0).all()
    assert np.isfinite(working_image(Cutout("a", (band(image=image, mask=mask),))).image).all()


def test_bands_of_one_grid_add_up_in_signal_to_noise():
    one = working_image(Cutout("a", (band(seed=1),)))
    three = working_image(Cutout("b", tuple(band(name, seed=k) for k, name in enumerate("gri"))))
    assert three.bands == ("g", "r", "i")
    corner = (slice(None), slice(0, 15))
    assert np.sinh(three.image[corner]).std() == pytest.approx(np.sinh(one.image[corner]).std(), rel=0.1)
    assert np.sinh(three.image).max() == pytest.approx(np.sqrt(3) * np.sinh(one.image).max(), rel=0.05)


def test_a_blurred_band_is_left_out(network):
    cutout = Cutout("a", (band("VIS", fwhm=0.6), band("H", fwhm=1.5)))
    assert working_image(cutout).bands == ("VIS",)
    assert "H" in segment(network, [cutout])[0]["notes"][0]


@pytest.mark.parametrize("oriented", [True, False])
def test_a_band_of_unknown_offset_goes_where_it_resembles_the_first(oriented):
    """A band of another size, and scale where known, off by some pixels: its galaxy comes to lie on the first one's."""
    first = band("r", oriented=oriented)
    moved = band("g", (56, 56), at=(4.0, -3.0), seed=3, oriented=oriented)
    both = np.sinh(working_image(Cutout("a", (first, moved))).image)
    alone = np.sinh(working_image(Cutout("a", (first,))).image)
    assert np.unravel_index(both.argmax(), both.shape) == np.unravel_index(alone.argmax(), alone.shape)
    assert both.max() == pytest.approx(np.sqrt(2) * alone.max(), rel=0.1)


def test_a_turned_band_is_turned_back():
    """Both matrices are known: the companion is at one place on the sky."""
    turn = 0.25 * np.array([[0.0, -1.0], [1.0, 0.0]])
    first = band("r", oriented=True)
    image = np.rot90(first.image, 1)
    turned = band("g", oriented=True, matrix=turn, image=image)
    both = np.sinh(working_image(Cutout("a", (first, turned))).image)
    alone = np.sinh(working_image(Cutout("a", (first,))).image)
    assert both == pytest.approx(np.sqrt(2) * alone, abs=float(1e-2 * alone.max()))
