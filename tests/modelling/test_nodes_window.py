"""The nodes of the source's grid are drawn on a part of the stamp, and that changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from lensmith.modelling.joint import SourceGrid, field_band
from lensmith.modelling.lens_light import fit_lens_light
from lensmith.modelling.nodes_window import is_held, whole_window, window_of
from lensmith.modelling.prepare import prepare_band
from lensmith.modelling.settings import ModelSettings

from .mock_lens import mock_band

CORE = np.array([np.log(0.6), 2.0, 0.1, -0.05, 0, 0, 0.03, 0.02, 0.1, -0.08, 0.02, 0.01, np.log(0.03)])
SPACING = 0.02
"""A small source in a wide stamp."""


@pytest.fixture(scope="module")
def prepared():
    band = mock_band(side=128)
    return prepare_band(band, band.pixel_scale * np.eye(2), ((128 - 1) / 2, (128 - 1) / 2))


@pytest.fixture(scope="module")
def light(prepared):
    return fit_lens_light(prepared, ModelSettings())


def drawn(prepared, light, window):
    grid = SourceGrid(SPACING, np.eye(144))
    projected = field_band(prepared, light, ModelSettings(), 3.0, None, grid=grid, window=window).projected
    return projected, projected.columns(CORE, projected.select)


def test_a_window_is_smaller_than_the_stamp_and_holds_the_images(prepared):
    window = window_of(prepared, CORE, SPACING)
    assert window.side < prepared.side
    assert window.x.shape == (window.side * prepared.supersampling,) * 2
    assert is_held(window, prepared, CORE, SPACING)


def test_images_are_those_on_the_whole_stamp(prepared, light):
    _, whole = drawn(prepared, light, whole_window(prepared))
    _, part = drawn(prepared, light, window_of(prepared, CORE, SPACING))
    np.testing.assert_array_equal(part[:5], whole[:5])
    # What is left out are the far wings of the PSF.
    np.testing.assert_allclose(part[5:], whole[5:], atol=1e-3 * whole[5:].max())
    assert np.abs(part[5:]).sum() == pytest.approx(np.abs(whole[5:]).sum(), rel=0.04)


def test_a_psf_stamp_may_be_larger_than_the_window(prepared, light):
    """Small arcs and a wide stamp of a sharp PSF: the window follows the PSF's light, not its stamp."""
    wide = replace(prepared, kernel=np.pad(prepared.kernel, 20))
    tiny = CORE.copy()
    tiny[0], spacing = np.log(0.1), 0.004
    window = window_of(wide, tiny, spacing)
    assert window.side < len(wide.kernel) <= window.fft_side
    grid = SourceGrid(spacing, np.eye(144))
    part, whole = (
        field_band(wide, light, ModelSettings(), 3.0, None, grid=grid, window=one).projected
        for one in (window, whole_window(wide))
    )
    expected = whole.columns(tiny, whole.select)[5:]
    np.testing.assert_allclose(part.columns(tiny, part.select)[5:], expected, atol=5e-3 * expected.max())


def test_gradients_are_those_on_the_whole_stamp(prepared, light):
    projected, _ = drawn(prepared, light, whole_window(prepared))
    other, _ = drawn(prepared, light, window_of(prepared, CORE, SPACING))
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((144, 16)).astype(np.float32)
    cotangent = rng.standard_normal((16, projected.n_pixels)).astype(np.float32)
    pulls = [one.pullback(CORE, vectors, cotangent, one.select) for one in (projected, other)]
    np.testing.assert_allclose(*pulls, rtol=0.01, atol=0.01 * np.abs(pulls[0]).max())


def test_a_lens_that_has_grown_out_of_its_window_is_seen(prepared):
    window = window_of(prepared, CORE, SPACING)
    grown = CORE.copy()
    grown[0] += 0.8
    assert not is_held(window, prepared, grown, SPACING)
    assert is_held(whole_window(prepared), prepared, grown, SPACING)
