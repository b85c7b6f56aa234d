"""Neighbours are masked, drawn ones too where they are apart; what would take most of the field is no neighbour."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.data.labels import CLASSES
from lensmith.modelling import drawn_neighbours as drawn_module
from lensmith.modelling import judged, refine, unexplained
from lensmith.modelling.drawn_neighbours import drawn_neighbours, mask_drawn
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.solve import SAME_RADIUS, Run, Solved

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


@pytest.fixture
def solved(monkeypatch):
    """(solution whose fit has nothing masked yet, what `again` it is fitted to without what was drawn)."""
    field, core, arcs = scene()
    band = SimpleNamespace(use=np.ones(X.shape, bool), radius=0.1 * radius, **vars(field.prepared))
    objective = SimpleNamespace(
        bands=[SimpleNamespace(prepared=band)], core=lambda theta, index: theta, n_evaluations=7
    )
    fit = refine.Refined(core, None, objective, None, None, (np.zeros(X.shape, bool),), (arcs,))
    run = Run(ModelSettings(), SimpleNamespace(bands=(band,)), 2.6, (0.4, 2.8))
    chosen = SimpleNamespace(theta=core)
    again = {"log_radius": core[0]}
    monkeypatch.setattr(drawn_module, "band_images", lambda *_: [(None, arcs)])
    monkeypatch.setattr(drawn_module, "drawn_neighbours", lambda *_: (np.hypot(X - 12, Y) < 3,))
    refitted = lambda *a: replace(fit, theta=np.array([again["log_radius"], *core[1:]]), masks=a[3])
    monkeypatch.setattr(drawn_module, "fit_smooth", refitted)
    monkeypatch.setattr(drawn_module, "fit_structured", lambda aligned, smooth, *_: smooth)
    return Solved(run, [chosen], fit, fit), again


def test_the_chosen_solution_is_fitted_again_without_what_was_drawn(solved):
    before, _ = solved
    after = mask_drawn(before, "findings")
    assert after.n_drawn == after.final.masks[0].sum() > 20
    assert after.run.n_like == 14


def test_a_fit_that_leaves_for_another_radius_is_dropped(solved):
    before, again = solved
    again["log_radius"] += np.log(1 + 2 * SAME_RADIUS)
    after = mask_drawn(before, "findings")
    assert after.n_drawn == 0
    assert after.final is before.final


def test_a_held_mass_and_a_drawing_outside_the_field_leave_the_fit(solved, monkeypatch):
    before, _ = solved
    held = replace(before, free=before.final)
    assert mask_drawn(held, "findings") is held
    monkeypatch.setattr(drawn_module, "drawn_neighbours", lambda *_: (radius > 24,))
    assert mask_drawn(before, "findings") is before


@pytest.mark.parametrize(("doubtful", "kept"), [((False, True), False), ((True, True), True), ((False, False), True)])
def test_masks_that_raise_doubts_are_dropped(solved, monkeypatch, doubtful, kept):
    before, _ = solved
    monkeypatch.setattr(judged, "_weighed", lambda cutout, one: ((), doubtful[1]))
    monkeypatch.setattr(judged, "is_doubtful", lambda evidence: evidence)
    after, _, evidence = judged._without_drawn(None, before, (), doubtful[0], "findings")
    assert (after.n_drawn > 0) == kept
    assert (after.final is before.final) != kept
    assert evidence == (doubtful[1] if kept else doubtful[0])
