"""Views of cutouts: what they hold does not depend on instrument, unit or neighbours; what cannot be seen is said."""

import numpy as np
import pytest

from lensmith.data import Band, Cutout, gaussian_psf
from lensmith.errors import InputError
from lensmith.nets.lens_view import FWHM_RANGE, SIDE, view_factor, view_image, views_of
from lensmith.nets.view_channels import view_channels


def view_of(cutout):
    """The only view of a cutout whose bands share one grid."""
    (view,) = views_of(cutout)
    return view


def scene(side=100, seed=0, galaxy=True, ellipticity=0.0):
    y, x = np.indices((side, side)) - (side - 1) / 2
    noise = np.random.default_rng(seed).normal(size=(side, side))
    light = 300 * np.exp(-np.hypot(x * (1 + ellipticity), y / (1 + ellipticity)) / 4)
    return noise + galaxy * light


def cutout(image, scale=0.05, fwhm=0.1, mask=None, name="r", **more):
    psf = gaussian_psf(fwhm, scale, 31)
    mask = np.ones(image.shape, bool) if mask is None else mask
    band = Band(name, image, np.ones_like(image), psf, mask, scale * np.eye(2))
    return Cutout("lens", (band, *more.get("others", ())))


def test_unit_and_sky_do_not_matter():
    image = scene()
    one, other = (view_of(cutout(values)).image for values in (image, 1e-12 * image + 3e-11))
    assert np.allclose(one[0], other[0], atol=2e-2)


def test_blurred_bands_change_nothing_but_the_notes():
    blurred = cutout(scene(seed=3), fwhm=0.5, name="H").bands
    alone, both = view_of(cutout(scene())), view_of(cutout(scene(), others=blurred))
    assert np.array_equal(alone.image, both.image)
    assert both.notes == ("networks did not look at H: blurred",)


def test_noise_is_one_whatever_the_resampling():
    noise = scene(200, galaxy=False)
    for factor in (1.0, 0.7, 0.32):
        d, known = view_image(noise[None], np.ones((1, 200, 200), bool), factor)
        assert known.all()
        assert np.std(d) == pytest.approx(1, abs=0.08)


def test_field_and_resolution_stay_in_their_limits():
    for shape, scale, fwhm in (((120, 120), 0.05, 2.0), ((64, 64), 0.168, 3.6), ((400, 400), 0.03, 4.0)):
        factor = view_factor(shape, scale, fwhm)
        assert factor <= 1
        assert FWHM_RANGE[0] - 1e-9 <= factor * fwhm <= FWHM_RANGE[1] + 1e-9
    assert view_factor((120, 120), 0.05, 2.0) == pytest.approx(SIDE / 120)
    with pytest.raises(InputError, match="FWHM"):
        view_factor((64, 64), 0.1, 0.0)


def test_a_small_cutout_is_surrounded_by_the_unknown():
    image, known = view_of(cutout(scene(48), 0.2, 0.7)).image
    assert known.sum() == 48 * 48
    assert (image[known == 0] == 0).all()


def test_masked_pixels_are_unknown_and_change_nothing_else():
    image = scene(64)
    mask = np.ones((64, 64), bool)
    mask[:10] = False
    wild = np.where(mask, image, 1e9)
    seen = view_of(cutout(wild, 0.2, 0.7, mask)).image
    assert (seen[1, :10] == 0).all()
    assert np.abs(seen[0]).max() < 1000


@pytest.mark.parametrize(
    ("image", "scale", "fwhm", "why"),
    [
        (scene(12), 0.2, 0.7, "12x12 pixels"),
        (scene(30), 0.05, 0.1, "arcsec wide"),
        (scene(64), 0.05, 2.5, "FWHM"),
    ],
)
def test_what_cannot_be_seen_is_said(image, scale, fwhm, why):
    view = view_of(cutout(image, scale, fwhm))
    assert view.image is None
    assert why in view.notes[-1]


def test_a_masked_middle_is_said():
    mask = np.ones((64, 64), bool)
    mask[16:48] = False
    view = view_of(cutout(scene(64), 0.2, 0.7, mask))
    assert view.image is None
    assert "middle" in view.notes[-1]


def test_every_grid_has_a_view_of_its_own():
    other = cutout(scene(80), name="z").bands[0]
    first, second = views_of(cutout(scene(), others=(other, cutout(scene(seed=1), name="i").bands[0])))
    assert (first.bands, second.bands) == (("r", "i"), ("z",))
    assert np.array_equal(second.image, view_of(cutout(scene(80))).image)


def test_a_smooth_elliptical_galaxy_leaves_noise_only():
    view = view_of(cutout(scene(64, ellipticity=0.2), 0.2, 0.7)).image
    left = view_channels(view[None])[0, 1]
    assert np.std(left) < 0.55  # asinh(1 / 3) is 0.33


def test_channels_of_a_view_do_not_depend_on_the_others():
    views = np.stack([view_of(cutout(scene(seed=seed))).image for seed in range(3)])
    assert np.array_equal(view_channels(views)[1], view_channels(views[1:2])[0])


def test_nothing_known_is_no_crash():
    assert np.isfinite(view_channels(np.zeros((1, 2, SIDE, SIDE)))).all()


def test_colour_is_drawn_for_networks_that_read_it():
    blue = scene(seed=1, galaxy=False) + 0.4 * scene(seed=2) + 5 * (np.indices((100, 100)).sum(0) > 150)
    view = view_of(cutout(scene(), name="i", others=cutout(blue, name="g").bands))
    assert view.image.shape == (2, SIDE, SIDE)
    two, three = view.channels(2), view.channels(3)
    assert np.array_equal(two, three[:3])
    assert three[3, -12:, -12:].mean() > 0.5
    assert abs(three[3, :12, :12].mean()) < 0.3
    assert not view_of(cutout(scene(), name="i")).channels(3)[3].any()
