"""The plane of colour: a blue ring on a red galaxy stands out, and the galaxy is gone."""

import numpy as np
import pytest

from lensmith.nets.view_colour import colour_image

SIDE = 64
Y, X = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
R = np.hypot(X, Y)
GALAXY, RING = 200 * np.exp(-R / 4), 8 * np.exp(-0.5 * ((R - 15) / 1.5) ** 2)
KNOWN = np.ones((3, SIDE, SIDE), bool)


def bands(seed=0):
    """g, i and y: the galaxy is red, the ring is blue, the last band is mostly noise."""
    noise = np.random.default_rng(seed).normal(size=(3, SIDE, SIDE))
    return (
        np.stack([0.4 * GALAXY + 1.5 * RING, GALAXY + RING, GALAXY + RING])
        + noise * np.array([1, 1, 30])[:, None, None]
    )


def plane(images, names=("g", "i", "y"), known=KNOWN):
    return colour_image(images, known, names, np.full(len(images), 3.0), 1.0, SIDE)


def test_the_galaxy_is_gone_and_the_ring_stays():
    seen = plane(bands())
    assert abs(seen[R < 3].mean()) < 1.5
    assert seen[np.abs(R - 15) < 1].mean() > 3
    assert np.std(seen[R > 25]) == pytest.approx(1, abs=0.2)


def test_the_order_of_the_bands_does_not_matter():
    images = bands()
    assert np.allclose(plane(images), plane(images[::-1], ("y", "i", "g")))


@pytest.mark.parametrize("names", [("one", "two", "three"), ("i", "i", "i"), ("i", "VIS", "two")])
def test_without_two_known_colours_it_is_empty(names):
    assert not plane(bands(), names).any()


def test_what_is_unknown_in_either_band_is_empty():
    known, images = KNOWN.copy(), bands()
    known[0, :20] = False
    images[1, :, :10] = np.nan
    seen = plane(images, known=known)
    assert np.isfinite(seen).all()
    assert not seen[:19].any()
    assert not seen[:, :9].any()
    assert seen[np.abs(R - 15) < 1][-5:].mean() > 2
