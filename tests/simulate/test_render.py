"""The renderer: lenstronomy's pixels, conserved flux, and one sample the same whatever is drawn beside it."""

import numpy as np
import pytest
from lenstronomy_reference import closeness, lenstronomy_image
from scipy.special import ndtr

from lensmith.physics.imaging import gaussian_psf, moffat_psf
from lensmith.simulate.lens_scene import empty_scenes, put, take
from lensmith.simulate.render import Camera, map_samples, render_components
from lensmith.simulate.survey import SURVEYS, load_survey
from lensmith.units import FWHM_PER_SIGMA

EPL = {"theta_E": 0.9, "gamma": 1.93, "e1": 0.12, "e2": -0.08, "center_x": 0.03, "center_y": -0.05}
SIE = EPL | {"gamma": 2.0}
NFW = {"Rs": 4.0, "alpha_Rs": 0.8, "center_x": 0.4, "center_y": 0.2}
SHEAR = {"gamma1": 0.04, "gamma2": -0.02}
LENS_LIGHT = {"R_sersic": 0.7, "n_sersic": 4.0, "e1": 0.1, "e2": -0.06, "center_x": 0.03, "center_y": -0.05}
SOURCE = {"R_sersic": 0.2, "n_sersic": 1.0, "e1": 0.1, "e2": 0.15, "center_x": 0.08, "center_y": -0.1}
CLUMP = {"R_sersic": 0.06, "n_sersic": 1.0, "e1": 0.0, "e2": 0.0, "center_x": 0.2, "center_y": 0.0}
CAMERA = Camera(side=40, pixel_scale=0.1, supersampling=2, point_taps=2)
PSF = moffat_psf(0.17, 0.1, size=15)
SLOTS = {"epl": 3, "nfw": 1, "shear": 1, "light": 2, "source": 2, "points": 3}


def one_scene(mass, light=(), source=(), points=(), bands=1, n=1, slots=SLOTS):
    scenes = empty_scenes(n, bands, **slots)
    for sample in range(n):
        used = {"epl": 0, "nfw": 0}
        for name, parameters in mass:
            if name == "SHEAR":
                for key, value in parameters.items():
                    scenes.shear[key][sample] = value
                continue
            group = "nfw" if name == "NFW" else "epl"
            put(scenes, group, sample, used[group], **parameters)
            used[group] += 1
        for group, profiles in (("light", light), ("source", source)):
            for slot, profile in enumerate(profiles):
                put(scenes, group, sample, slot, **profile)
        for slot, (x, y, flux) in enumerate(points):
            put(scenes, "points", sample, slot, flux, x=x, y=y)
    return scenes


MASSES = {
    "EPL": [("EPL", EPL)],
    "SIE": [("EPL", SIE)],
    "NFW": [("NFW", NFW)],
    "EPL + SHEAR": [("EPL", EPL), ("SHEAR", SHEAR)],
    "group": [("EPL", EPL), ("NFW", NFW), ("EPL", SIE | {"theta_E": 0.2, "center_x": 1.2}), ("SHEAR", SHEAR)],
}


@pytest.mark.parametrize("name", MASSES)
def test_a_lensed_source_has_lenstronomys_pixels_for_each_mass(name):
    source = [SOURCE | {"flux": 30.0}, CLUMP | {"flux": 5.0}]
    drawn = render_components(one_scene(MASSES[name], source=source), CAMERA, PSF[None])["source"][0, 0]
    worst, rms = closeness(drawn, lenstronomy_image(CAMERA, PSF, lens=MASSES[name], source=source))
    assert worst < 1e-3
    assert rms < 1e-4


@pytest.mark.parametrize("n_sersic", [0.5, 1.0, 2.5, 4.0, 7.0])
def test_light_in_front_has_lenstronomys_pixels(n_sersic):
    light = [LENS_LIGHT | {"flux": 100.0, "n_sersic": n_sersic}]
    drawn = render_components(one_scene([], light=light), CAMERA, PSF[None])["lens"][0, 0]
    worst, rms = closeness(drawn, lenstronomy_image(CAMERA, PSF, lens_light=light))
    assert worst < 1e-3
    assert rms < 1e-4


def test_points_have_lenstronomys_pixels_where_they_are_shared_linearly():
    points = [(0.234, -0.611, 40.0), (-0.5, 0.77, 20.0)]
    drawn = render_components(one_scene([], points=points), CAMERA, PSF[None])["points"][0, 0]
    worst, rms = closeness(drawn, lenstronomy_image(CAMERA, PSF, points=points))
    assert worst < 1e-3
    assert rms < 1e-4


@pytest.mark.parametrize("name", SURVEYS)
def test_every_survey_has_lenstronomys_pixels_in_every_band(name):
    # A survey differs in its pixels and its PSF, and each is compiled anew: the scene is the least that shows both.
    survey = load_survey(name)
    camera = Camera(24, survey.pixel_scale, supersampling=2, point_taps=2)
    mass, slots = MASSES["EPL"], {"epl": 1, "light": 1, "source": 1}
    light, source = [LENS_LIGHT | {"flux": 80.0}], [SOURCE | {"flux": 30.0}]
    psf = np.array([band.psf_kernel(side=15) for band in survey.bands])
    drawn = render_components(one_scene(mass, light, source, bands=len(psf), slots=slots), camera, psf)
    for band, kernel in enumerate(psf):
        reference = lenstronomy_image(camera, kernel, mass, light, source)
        worst, rms = closeness(drawn["lens"][0, band] + drawn["source"][0, band], reference)
        assert worst < 1e-3
        assert rms < 1e-4


def test_flux_is_conserved():
    """An extended profile on a wide grid keeps its flux, and the PSF moves flux about."""
    camera = Camera(120, 0.1, supersampling=3)
    light = [LENS_LIGHT | {"n_sersic": 1.0, "flux": 100.0}]
    points = [(0.31, 0.17, 40.0)]
    drawn = render_components(one_scene([], light, light, points), camera, PSF[None])
    # The half-light constant of the profile is linear in n, and off by 6e-4 at n = 1 in the flux inside R_sersic only.
    assert drawn["lens"].sum() == pytest.approx(100, rel=1e-3)
    assert drawn["points"].sum() == pytest.approx(40, rel=1e-3)
    assert drawn["source"].sum() == pytest.approx(drawn["lensed_flux"][0, 0], rel=1e-3)
    assert drawn["lensed_flux"][0, 0] == pytest.approx(100, rel=1e-3)  # without mass nothing is magnified


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.5])
def test_a_point_keeps_the_shape_of_the_psf_between_pixels(shift):
    """With Lanczos shares it is the Gaussian over displaced pixels to 1.5 % of the peak (linear shares: 15 %)."""
    fwhm, scale, side = 0.24, 0.1, 31
    camera = Camera(side, scale, 1, point_taps=6)
    scene = one_scene([], points=[(shift * scale, -shift * scale, 1.0)], slots={"points": 1})
    psf = gaussian_psf(fwhm, scale, 31)[None]
    drawn = render_components(scene, camera, psf)["points"][0, 0]
    edges = (np.arange(side + 1) - side / 2) / (fwhm / scale / FWHM_PER_SIGMA)
    step = shift / (fwhm / scale / FWHM_PER_SIGMA)
    truth = np.outer(np.diff(ndtr(edges + step)), np.diff(ndtr(edges - step)))
    worst, _ = closeness(drawn, truth)
    assert worst < 0.015
    if shift:
        linear = render_components(scene, camera._replace(point_taps=2), psf)
        assert closeness(linear["points"][0, 0], truth)[0] > 5 * worst


def test_a_sample_is_the_same_alone_and_in_company():
    scenes = one_scene(MASSES["group"], [LENS_LIGHT | {"flux": 80.0}], [SOURCE | {"flux": 30.0}], n=21)
    scenes.epl["theta_E"][:, 0] += np.linspace(0, 0.5, 21, dtype=np.float32)
    together = render_components(scenes, CAMERA, PSF[None])
    for sample in (0, 7, 20):
        alone = render_components(take(scenes, [sample]), CAMERA, PSF[None])
        for name, images in together.items():
            assert (alone[name][0] == images[sample]).all()


def test_slots_that_are_not_used_change_nothing():
    source = [SOURCE | {"flux": 30.0}]
    wide = one_scene([("EPL", EPL)], source=source)
    narrow = empty_scenes(1, 1, epl=1, shear=1, source=1)
    put(narrow, "epl", 0, 0, **EPL)
    put(narrow, "source", 0, 0, **source[0])
    first, second = (render_components(scenes, CAMERA, PSF[None])["source"] for scenes in (wide, narrow))
    assert closeness(first, second)[0] < 1e-6
    assert first.max() > 0


def test_chunks_cover_every_sample_once():
    for n in (1, 16, 17):
        doubled = map_samples(_double, np.arange(n, dtype=np.float32))
        assert (doubled == 2 * np.arange(n)).all()


def _double(one):
    return 2 * one
