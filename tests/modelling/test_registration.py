"""Bands without a WCS are put on top of each other by their pictures."""

import numpy as np
import pytest

from lensmith.modelling.registration import register

from .mock_lens import mock_band


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.31, -0.22), (-0.64, 0.48)])
@pytest.mark.parametrize("lens_flux", [120.0, 15.0])
def test_shift_is_found_within_half_a_pixel(shift, lens_flux):
    reference = mock_band("F814W", 100, 0.05, seed=1)
    # `centre` is where the middle of the image lies in the frame: the offset that `register` is to find.
    other = mock_band("F555W", 120, 0.05, 0.12, seed=2, centre=shift, lens_flux=lens_flux)
    matrix = 0.05 * np.eye(2)
    found = register(other, matrix, reference, matrix, np.zeros(2))
    np.testing.assert_allclose(found, shift, atol=0.025)


def test_pictures_that_share_nothing_give_no_shift_beyond_the_search():
    reference = mock_band("F814W", 100, 0.05, seed=1)
    noise = mock_band("F555W", 100, 0.05, seed=2, lens_flux=0.0, source_flux=0.0)
    found = register(noise, 0.05 * np.eye(2), reference, 0.05 * np.eye(2), np.zeros(2))
    assert np.abs(found).max() <= 1.05
