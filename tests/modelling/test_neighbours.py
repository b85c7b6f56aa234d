"""Neighbours are masked, drawn ones too where they are apart; what would take most of the field is no neighbour."""

from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.data.labels import CLASSES
from lensmith.modelling import refine, unexplained
from lensmith.modelling.drawn_neighbours import drawn_neighbours

Y, X = np.indices((40, 40)) - 19.5
radius = np.hypot(X, Y)


@pytest.mark.parametrize(("share", "kept"), [(0.1, True), (0.9, False)])
def test_a_mask_that_leaves_nothing_to_fit_is_dropped(monkeypatch, share, kept):
    blob = radius < 10 * np.sqrt(share)
    monkeypatch.setattr(refine, "unexplained_blobs", lambda *_: blob)
    monkeypatch.setattr(refine, "band_images", lambda *_: [(None, None)])
    field = SimpleNamespace(prepared=SimpleNamespace(use=np.ones(radius.shape, bool), radius=radius))
    objective = SimpleNamespace(bands=[field], core=lambda theta, index: theta)
    (mask,) = refine.mask_neighbours(objective, None, None, None, radius=10.0)
    assert mask.any() == kept
    assert not (mask & ~blob).any()


def scene(arcs=0.0):
    """A stamp of 40 pixels of 0.1 arcsec around a lens of theta_E 0.5 arcsec, its source's light at one place."""
    light = np.where(np.hypot(X - 12, Y) < 3, arcs, 0.0)
    band = SimpleNamespace(x=0.1 * X, y=0.1 * Y, noise=np.ones(X.shape), fwhm=0.1, pixel_scale=0.1)
    return SimpleNamespace(prepared=band), np.array([np.log(0.5), 2.0, 0, 0, 0, 0]), light


def test_a_drawn_object_well_outside_the_arcs_is_masked():
    field, core, light = scene()
    drawn = np.hypot(X - 12, Y) < 3
    assert np.array_equal(unexplained.apart_from_arcs(field, core, light, drawn), drawn)


def test_a_drawn_object_with_the_solutions_own_light_is_kept():
    field, core, light = scene(arcs=20.0)
    assert not unexplained.apart_from_arcs(field, core, light, np.hypot(X - 12, Y) < 3).any()


def test_a_drawn_object_that_reaches_the_arcs_is_kept():
    field, core, light = scene()
    drawn = (np.abs(Y) < 2) & (X > 3) & (X < 18)
    assert not unexplained.apart_from_arcs(field, core, light, drawn).any()


def test_what_was_drawn_is_found_again_on_a_turned_and_moved_stamp():
    """A pixel of the first image and the place on a stamp of half its scale, turned by 90 degrees, that shows it."""
    classes = np.zeros((50, 60), np.uint8)
    classes[30:33, 40:43] = CLASSES.index("other")
    first = SimpleNamespace(
        band=SimpleNamespace(shape=classes.shape), matrix=0.1 * np.eye(2), centre_pixel=(35.0, 28.0),
        x=0.1 * (X + 0.5), y=0.1 * (Y + 0.5),
    )  # fmt: skip
    turned = SimpleNamespace(band=None, x=-0.05 * Y, y=0.05 * X)
    found = SimpleNamespace(classes=classes)
    masks = drawn_neighbours(found, SimpleNamespace(bands=(first, turned)))
    for band, mask in zip((first, turned), masks, strict=True):
        # The middle of the object lies at (41, 31) - (35, 28) pixels of 0.1 arcsec; masks are a pixel wider.
        inside = (np.abs(band.x - 0.6) < 0.14) & (np.abs(band.y - 0.3) < 0.14)
        assert mask[inside].all()
        assert not mask[np.hypot(band.x - 0.6, band.y - 0.3) > 0.4].any()


@pytest.mark.parametrize("classes", [None, np.zeros((5, 5), np.uint8)])
def test_nothing_is_masked_where_nothing_was_drawn_on_these_pixels(classes):
    first = SimpleNamespace(band=SimpleNamespace(shape=(50, 60)))
    assert drawn_neighbours(SimpleNamespace(classes=classes), SimpleNamespace(bands=(first,))) == ()
    assert drawn_neighbours(None, SimpleNamespace(bands=(first,))) == ()
