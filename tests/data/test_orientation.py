"""Where North is, how bands lie on one another, and positions on the sky."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_files import SCALE, header, psf, scene, tan_wcs

from lensmith.data import (
    Band,
    compass,
    frame_offset,
    frame_to_radec,
    frame_to_sky,
    north_angle,
    pixel_to_frame,
    position_angle,
)
from lensmith.data.orientation import read_orientation


def band(placed, name="b", side=40):
    return Band(
        name=name,
        image=scene(side),
        noise=np.ones((side, side)),
        psf=psf(),
        mask=np.ones((side, side), bool),
        pixel_to_sky=placed.pixel_to_sky,
        wcs=placed.wcs,
        oriented=placed.oriented,
    )


def wcs_band(side=40, **settings):
    return band(read_orientation(header(**tan_wcs(side, **settings)), (side, side)), side=side)


def test_north_up_east_left():
    made = wcs_band()
    np.testing.assert_allclose(made.pixel_to_sky, SCALE * np.diag([-1.0, 1.0]), atol=1e-9)
    north, east = compass(made)
    np.testing.assert_allclose(north, [0, 1], atol=1e-6)
    np.testing.assert_allclose(east, [-1, 0], atol=1e-6)
    assert north_angle(made) == pytest.approx(90)
    assert np.sin(np.radians(position_angle(made, 90.0))) == pytest.approx(0, abs=1e-6)
    assert position_angle(made, 180.0) == pytest.approx(90)  # +x is West: its axis lies East-West
    assert position_angle(made, 135.0) == pytest.approx(45)  # from North towards East, which is left


@settings(max_examples=25, deadline=None)
@given(angle=st.floats(-180, 180), other=st.floats(-180, 180), scale=st.floats(0.03, 0.3))
def test_one_direction_on_the_sky_is_one_in_the_frame(angle, other, scale):
    first, second = wcs_band(angle=angle), wcs_band(angle=other, scale=scale, side=50)
    to_frame = pixel_to_frame(second, first)
    assert np.sqrt(abs(np.linalg.det(to_frame))) == pytest.approx(scale, rel=1e-6)
    for vector in compass(second):
        in_frame = to_frame @ vector
        in_first = np.linalg.solve(pixel_to_frame(first, first), in_frame)
        sky_first, sky_second = first.pixel_to_sky @ in_first, second.pixel_to_sky @ vector
        np.testing.assert_allclose(sky_first, sky_second, atol=1e-9)


def test_pixel_matrix_and_parity():
    matrix = np.array([[-0.016, -0.0474], [-0.0474, 0.016]])
    cards = {f"PIX2A{i + 1}{j + 1}": matrix[i, j] for i in (0, 1) for j in (0, 1)}
    placed = read_orientation(header(**cards, PIXSCALE=0.05), (40, 40))
    np.testing.assert_allclose(placed.pixel_to_sky, matrix)
    assert placed.oriented
    assert placed.wcs is None
    mirrored = band(read_orientation(header(**cards | {"PIX2A11": 0.016, "PIX2A21": 0.0474}), (40, 40)))
    assert np.linalg.det(pixel_to_frame(mirrored, band(placed))) < 0


def test_without_orientation_axes_are_parallel():
    bare = band(read_orientation(header(PIXSCALE=0.1), (40, 40)))
    np.testing.assert_allclose(pixel_to_frame(bare, wcs_band()), 0.1 * np.eye(2))
    assert (north_angle(bare), compass(bare), frame_to_sky(bare)) == (None, None, None)
    assert (frame_to_radec(bare, 0, 0), frame_offset(bare, wcs_band()), position_angle(bare, 10.0)) == (None,) * 3


def test_offset_between_bands_and_positions():
    first = wcs_band(angle=30)
    second = wcs_band(angle=-50, ra=150.0 + 0.5 / 3600 / np.cos(np.radians(2.0)), dec=2.0)  # 0.5 arcsec East
    x, y = frame_offset(second, first)
    np.testing.assert_allclose(frame_to_sky(first) @ [x, y], [0.5, 0.0], atol=1e-5)
    ra, dec = frame_to_radec(first, x, y)
    assert (ra, dec) == pytest.approx((150.0 + 0.5 / 3600 / np.cos(np.radians(2.0)), 2.0), abs=1e-8)
    assert frame_offset(first, first) == (0.0, 0.0)


@pytest.mark.parametrize(
    "cards",
    [
        {},
        {"PIXSCALE": -1.0},
        {"PIXSCALE": "unknown"},
        {"PIXSCALE": 3600.0},
        {"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"},
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": 0.0, "CDELT2": 0.0},
        {"CTYPE1": "RA---XXX", "CTYPE2": "DEC--XXX", "CDELT1": 1e-5, "CDELT2": 1e-5},
        {"PIX2A11": 0.0, "PIX2A12": 0.0, "PIX2A21": 0.0, "PIX2A22": 0.0},
    ],
)
def test_headers_that_say_nothing_usable(cards):
    placed = read_orientation(header(**cards), (40, 40))
    assert placed.pixel_to_sky is None
    assert not placed.oriented


def test_a_placeholder_position_keeps_the_pixel_scale_only():
    placed = read_orientation(header(**tan_wcs(40, ra=0.0, dec=0.0)), (40, 40))
    np.testing.assert_allclose(placed.pixel_to_sky, SCALE * np.eye(2), rtol=1e-6)
    assert placed.wcs is None
    assert not placed.oriented
    assert "placeholder" in placed.notes[0]
