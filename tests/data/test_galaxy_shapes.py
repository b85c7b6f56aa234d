"""Galaxies of crowded pictures: touching ones are told apart and measured with each other's light off."""

import numpy as np
import pytest

from lensmith.data.galaxy_shapes import measure_image, read_fits_image
from lensmith.data.galaxy_sources import background, separate_sources
from lensmith.errors import InputError
from lensmith.simulate.sky import SkySettings
from lensmith.simulate.sky.picture import paint_sky

SIDE = 300
PSF = 0.8


def painted(catalogue, noise=2.0):
    picture = {"side": SIDE, "radius": 2.4, "psf": PSF, "peak": 140, "noise": noise, "colour_scatter": 0}
    return paint_sky(0, 0, np.asarray(catalogue, float), SkySettings(side=SIDE, picture=picture)).mean(axis=2)


def pairs(apart: float):
    """Twenty-five pairs of galaxies `apart` pixels from each other."""
    rng = np.random.default_rng(0)
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(30, 300, 56.0), np.arange(30, 300, 56.0)))
    e = np.clip(0.2 * rng.standard_normal((4, x.size)), -0.4, 0.4)
    angle = 2 * np.pi * rng.random(x.size)
    first = np.column_stack([x, y, e[0], e[1]])
    second = np.column_stack([x + apart * np.cos(angle), y + apart * np.sin(angle), e[2], e[3]])
    return np.concatenate([first, second])


def test_touching_galaxies_keep_their_own_shapes():
    pytest.importorskip("galsim")
    catalogue = pairs(8.0)
    field = measure_image(painted(catalogue), "pairs", PSF)
    distance = np.hypot(field.x[:, None] + 0.5 - catalogue[:, 0], field.y[:, None] + 0.5 - catalogue[:, 1])
    nearest = distance.argmin(axis=0)
    found = distance.min(axis=0) < 1
    assert found.mean() > 0.9
    off = np.stack([field.e1, field.e2], axis=1)[nearest[found]] - catalogue[found, 2:]
    assert np.median(np.abs(off)) < 0.03
    assert abs(off.mean()) < 0.02


def test_galaxies_less_than_three_sigma_apart_keep_their_shapes_too():
    pytest.importorskip("galsim")
    catalogue = pairs(7.0)
    field = measure_image(painted(catalogue), "pairs", PSF)
    distance = np.hypot(field.x[:, None] + 0.5 - catalogue[:, 0], field.y[:, None] + 0.5 - catalogue[:, 1])
    found = distance.min(axis=0) < 1
    off = np.stack([field.e1, field.e2], axis=1)[distance.argmin(axis=0)[found]] - catalogue[found, 2:]
    assert found.mean() > 0.8
    assert np.median(np.abs(off)) < 0.03


def test_the_border_does_not_make_galaxies_longer():
    pytest.importorskip("galsim")
    along = np.arange(15, 270, 30.0)
    edge = [(place, 3.0) for place in along] + [(297.0, place) for place in along]
    catalogue = np.array([(x, y, 0.1, 0.0) for x, y in edge] + [(x, 150.0, 0.1, 0.0) for x in along])
    field = measure_image(painted(catalogue), "border", PSF)
    near = (field.y < 20) | (field.x > 280)
    assert near.sum() == 18
    np.testing.assert_allclose(field.e1[near], 0.1, atol=0.05)
    np.testing.assert_allclose(field.e2[near], 0.0, atol=0.05)


def test_an_empty_image_has_no_source():
    noise = 10 + 3 * np.random.default_rng(1).standard_normal((128, 128))
    level, sigma = background(noise)
    assert level == pytest.approx(10, abs=0.3)
    assert sigma == pytest.approx(3, rel=0.1)
    assert len(separate_sources(noise, lambda *_: None)) < 5
    pytest.importorskip("galsim")
    with pytest.raises(InputError, match="cannot tell"):
        measure_image(noise, "empty")


def test_a_fits_image_brings_its_wcs(tmp_path):
    from astropy.io import fits
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [10.0, -5.0], [-1e-4, 1e-4]
    fits.writeto(tmp_path / "sky.fits", painted(pairs(20.0)).astype(np.float32), wcs.to_header())
    image, found = read_fits_image(tmp_path / "sky.fits")
    assert image.shape == (SIDE, SIDE)
    np.testing.assert_allclose(found.pixel_to_world_values(30, 40), wcs.pixel_to_world_values(30, 40))
    fits.writeto(tmp_path / "plain.fits", image)
    assert read_fits_image(tmp_path / "plain.fits")[1] is None
