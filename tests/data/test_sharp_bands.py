"""Bands much more blurred than the sharpest are left out, and the note and the frame say so."""

import numpy as np
import pytest

from lensmith.data import Band, Cutout, Steering, effective_fwhm, gaussian_psf, sharp_bands, with_sharp_bands


def band(name, fwhm, scale=0.1, side=40):
    image = np.zeros((side, side))
    psf = gaussian_psf(fwhm, scale, 61)
    return Band(name, image, image + 1, psf, np.ones(image.shape, bool), scale * np.eye(2))


def test_effective_width_of_a_gaussian_is_its_own():
    assert effective_fwhm(band("r", 0.9)) == pytest.approx(0.9, rel=0.05)


def test_what_differs_little_stays_and_the_candidate_is_itself():
    cutout = Cutout("a", (band("g", 1.2, 0.26), band("r", 1.0, 0.26), band("i", 0.9, 0.26)))
    assert with_sharp_bands(cutout) is cutout


def test_what_resolves_the_arcs_stays_beside_something_sharper():
    cutout = Cutout("a", (band("F160W", 0.18, 0.06), band("F390W", 0.07, 0.04)))
    assert with_sharp_bands(cutout) is cutout
    assert [one.name for one in sharp_bands(cutout, resolved=0.0)] == ["F390W"]


def test_blurred_bands_are_named_and_left_out():
    cutout = Cutout("a", (band("DES_R", 1.1), band("VIS", 0.25), band("NIR_H", 0.5)), notes=("read",))
    kept = with_sharp_bands(cutout)
    assert [one.name for one in kept.bands] == [one.name for one in sharp_bands(cutout)] == ["VIS"]
    assert kept.notes[0] == "read"
    assert "VIS: DES_R (1.1" in kept.notes[1]
    assert "NIR_H (0.5" in kept.notes[1]


def test_a_place_that_a_person_gave_stays_where_it_is():
    steering = Steering(x_lens=0.4, y_lens=-0.2, theta_E_max=2.0)
    cutout = Cutout("a", (band("DES_R", 1.1, 0.26), band("VIS", 0.25)), steering=steering)
    kept = with_sharp_bands(cutout).steering
    assert (kept.x_lens, kept.y_lens, kept.theta_E_max) == pytest.approx((0.4, -0.2, 2.0))
