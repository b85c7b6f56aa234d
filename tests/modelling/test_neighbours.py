"""Neighbours are masked; what would take most of the field is no neighbour."""

from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling import refine

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
