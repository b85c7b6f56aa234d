"""Painting into the real DES cutouts, where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from lensmith.data import find_candidates, read_candidate
from lensmith.errors import InputError
from lensmith.simulate.double_plane.cutouts import read_backgrounds
from lensmith.simulate.survey import load_survey

DES = Path(os.environ.get("LENSMITH_REAL_DATA", "../shared/real")) / "des"
SURVEY = load_survey("des").select(("g", "r", "i"))


@pytest.fixture(autouse=True)
def _needs_the_files():
    if not DES.is_dir():
        pytest.skip(f"real DES cutouts are not in {DES}")


def test_backgrounds_are_the_cutouts_around_their_galaxies():
    backgrounds = read_backgrounds(DES / "manifest.csv", SURVEY, 45)
    assert len(backgrounds) == 10
    cutout = read_candidate(find_candidates([DES / "manifest.csv"])[0])
    assert backgrounds[0].name == cutout.id
    for k, band in enumerate(cutout.bands):
        places = [(i, j) for i in range(6) for j in range(6)]
        assert any(np.array_equal(backgrounds[0].image[k], band.image[i : i + 45, j : j + 45]) for i, j in places)
    for one in backgrounds:
        assert np.abs(one.centre).max() <= 0.5 * 0.263
        middle = one.image[2, 19:26, 19:26]
        brightest = np.array(np.unravel_index(middle.argmax(), middle.shape)) - 3
        assert np.hypot(*(brightest[::-1] * 0.263 - one.centre)) < 0.4, one.name
        assert one.psf.shape == (3, 25, 25)
        np.testing.assert_allclose(one.psf.sum((1, 2)), 1, atol=1e-5)
        assert (one.zero_points == 30).all()


def test_cutouts_without_a_zero_point_are_refused_by_name():
    with pytest.raises(InputError, match="DES_galaxy_00, band g: it has no zero-point"):
        read_backgrounds(DES / "galaxies", SURVEY, 45)


def test_cutouts_that_are_too_small_are_refused():
    with pytest.raises(InputError, match="64 a side are needed"):
        read_backgrounds(DES / "manifest.csv", SURVEY, 64)
