"""Laws of the transients: the lens equation, delays, copies of one light curve, conservation of flux."""

import numpy as np
import pytest
from scipy import stats

from lensmith.physics import cosmology, lens_model
from lensmith.physics.imaging import convolve, gaussian_psf
from lensmith.physics.point_source import point_images
from lensmith.simulate.render import map_samples, sky_components
from lensmith.simulate.survey import load_survey
from lensmith.simulate.transient import TransientSettings, TransientSimulator, deepzipper
from lensmith.simulate.transient.lensed_images import lensed_images
from lensmith.simulate.transient.observe import noise_free
from lensmith.simulate.transient.simulator import image_fluxes
from lensmith.simulate.transient.spectra import blackbody_magnitude, galaxy_magnitudes, wavelengths
from lensmith.simulate.transient.supernovae import TEMPLATES, Supernova
from lensmith.simulate.transient.systems import system_of
from lensmith.units import FWHM_PER_SIGMA

GRIZ = wavelengths(("g", "r", "i", "z"))


@pytest.fixture(scope="module")
def simulator():
    return TransientSimulator(load_survey("des-deep"), TransientSettings())


@pytest.fixture(scope="module")
def lensed(simulator):
    """Truth of lensed supernovae, one dict each."""
    wanted = [i for i in range(200) if system_of(3, i).supernova and system_of(3, i).source][:16]
    truth = simulator.samples(3, wanted).truth
    return [{name: values[k] for name, values in truth.items()} for k in range(len(wanted))]


def lens_of(row) -> list:
    return [
        ("EPL", {name: row[name] for name in ("theta_E", "gamma", "e1", "e2")}),
        ("SHEAR", {name: row[name] for name in ("gamma1", "gamma2")}),
    ]


def images_of(row) -> dict[str, np.ndarray]:
    return {
        name: np.array([row[f"image_{name}_{k + 1}"] for k in range(row["n_images"])])
        for name in ("x", "y", "mu", "dt")
    }


def test_images_satisfy_the_lens_equation(lensed):
    for row in lensed:
        images = images_of(row)
        beta = lens_model.ray_trace(images["x"], images["y"], lens_of(row))
        assert np.hypot(beta[0] - row["sn_x"], beta[1] - row["sn_y"]).max() < 1e-6
        magnification = np.abs(lens_model.magnification(images["x"], images["y"], lens_of(row)))
        np.testing.assert_allclose(images["mu"], magnification, rtol=1e-6)


def test_all_images_are_found_as_the_slow_solver_finds_them(lensed):
    for row in lensed[:4]:
        found = point_images(
            lambda x, y, row=row: lens_model.deflection(x, y, lens_of(row)),
            row["sn_x"],
            row["sn_y"],
            3 * row["theta_E"],
            potential=lambda x, y, row=row: lens_model.potential(x, y, lens_of(row)),
            magnification_limit=1e-2,
        )
        images = images_of(row)
        np.testing.assert_allclose(found.x, images["x"], atol=1e-6)
        np.testing.assert_allclose(found.y, images["y"], atol=1e-6)


def test_a_quad_and_its_order_of_arrival():
    lens = {"theta_E": 1.0, "gamma": 2.0, "e1": 0.15, "e2": 0.0, "gamma1": 0.02, "gamma2": 0.0}
    found = lensed_images({name: [value] for name, value in lens.items()}, [0.03], [0.02])
    there = np.isfinite(found["x"][0])
    assert there.sum() == 4
    assert found["fermat"][0, 0] == 0
    assert (np.diff(found["fermat"][0, there]) > 0).all()
    # Two minima arrive before two saddles (Schneider, Ehlers & Falco 1992, sect. 5.5).
    assert (found["magnification"][0, :2] > 0).all()
    assert (found["magnification"][0, 2:4] < 0).all()


@pytest.mark.filterwarnings("ignore:Use ``angular_diameter_distance")  # lenstronomy 1.13 with a newer astropy
def test_delays_are_those_of_lenstronomy(lensed):
    from lenstronomy.LensModel.lens_model import LensModel

    for row in lensed:
        images, lens = images_of(row), lens_of(row)
        model = LensModel(["EPL", "SHEAR"], z_lens=row["z_lens"], z_source=row["z_source"], cosmo=cosmology.DEFAULT)
        arrival = model.arrival_time(images["x"], images["y"], [parameters for _, parameters in lens])
        delay = arrival - arrival.min()
        np.testing.assert_allclose(images["dt"][1:], delay[1:], rtol=1e-3)
        assert images["dt"][0] == 0


def test_images_are_one_curve_shifted_and_scaled(simulator):
    index = next(i for i in range(100) if system_of(3, i).supernova and system_of(3, i).source)
    (draw,), _ = simulator._draw(3, np.array([index]), [_conditions(simulator)])
    time = np.linspace(-30, 150, 40)[:, None]
    images = draw.images
    flux = image_fluxes(draw, time, simulator.wavelengths, simulator.visits)
    for k in range(1, len(images.x)):
        shifted = image_fluxes(draw, time + images.delay[k], simulator.wavelengths, simulator.visits)
        np.testing.assert_allclose(shifted[k], flux[0] * images.magnification[k] / images.magnification[0], rtol=1e-9)
    assert flux.max() > 0


def test_lensing_multiplies_the_supernova_by_the_sum_of_magnifications_without_delay(simulator):
    index = next(i for i in range(100) if system_of(3, i).supernova and system_of(3, i).source)
    (draw,), _ = simulator._draw(3, np.array([index]), [_conditions(simulator)])
    draw.images.delay[:] = 0
    time = np.full((1, 1), draw.peak_time + 5)
    flux = image_fluxes(draw, time, simulator.wavelengths, simulator.visits).sum(0)
    unlensed = simulator.visits.flux(draw.supernova.magnitudes(np.array(5.0), simulator.wavelengths))
    np.testing.assert_allclose(flux[0], draw.images.magnification.sum() * unlensed)


def test_time_dilation_and_dimming():
    near, far = (Supernova("Ia", -19.36, 1.0, 0.0, z, 40.0) for z in (0.1, 0.9))
    reference = TEMPLATES["Ia"].reference
    one, other = (sn.magnitudes(10.0 * (1 + sn.z), reference * (1 + sn.z)) for sn in (near, far))
    assert other - one == pytest.approx(-2.5 * np.log10(1.9 / 1.1))


@pytest.mark.parametrize("kind", sorted(TEMPLATES))
def test_templates_peak_at_zero_cool_and_end(kind):
    template = TEMPLATES[kind]
    days = np.arange(-40, 200, 0.5)
    curve = template.magnitude(days, template.reference)
    assert days[np.argmin(curve)] == 0
    assert curve.min() == pytest.approx(0, abs=1e-12)
    assert np.isinf(curve[0])
    assert (np.diff(curve[days > 0]) > 0).all()
    early, late = (template.magnitude(np.array(day), np.array([4800.0, 7800.0])) for day in (-3.0, 40.0))
    assert late[0] - late[1] > early[0] - early[1] + 0.5


def test_type_ia_declines_as_a_normal_one():
    template = TEMPLATES["Ia"]
    assert template.magnitude(np.array(15.0), 4400.0) == pytest.approx(1.1, abs=0.02)
    v_below_b = template.magnitude(np.array([0.0, 30.0]), 5500.0) - template.magnitude(np.array([0.0, 30.0]), 4400.0)
    assert abs(v_below_b[0]) < 0.2
    assert v_below_b[1] < -0.8


def test_colours_redden_with_redshift_and_cooling():
    colour = [np.diff(galaxy_magnitudes(-21, 0.0, z, 40.0, GRIZ))[0] for z in (0.05, 0.4)]
    assert colour[0] == pytest.approx(-0.8, abs=0.15)
    assert colour[1] == pytest.approx(-1.8, abs=0.2)
    hot, cool = (blackbody_magnitude(4400.0, kelvin, 5500.0, 3000.0, 2.0) for kelvin in (12000.0, 5000.0))
    assert cool > hot + 0.5


def test_galaxies_are_convolved_with_the_psf_of_each_epoch(simulator):
    index = next(i for i in range(100) if system_of(4, i).name == "galaxy_galaxy_lens")
    one = simulator.exposures(4, [index])
    still = _clean(simulator, one)[0][0]
    static = map_samples(_static(simulator.camera), one)[0]
    scale = simulator.camera.pixel_scale
    for epoch, band in ((0, 0), (7, 2), (13, 3)):
        psf = gaussian_psf(float(one.sigma[0, epoch, band]) * scale * FWHM_PER_SIGMA, scale, 45)
        expected = convolve(static[band].astype(float), psf)
        np.testing.assert_allclose(still[epoch, band], expected, atol=1e-4 * expected.max())


def test_point_sources_keep_their_flux_and_place(simulator):
    index = next(i for i in range(100) if system_of(4, i).name == "unlensed_snia")
    one = simulator.exposures(4, [index])
    changing = _clean(simulator, one)[1][0]
    epoch, band = np.unravel_index(np.argmax(one.flux[0, 0]), one.flux.shape[2:])
    light = changing[epoch, band]
    assert light.sum() == pytest.approx(one.flux[0, 0, epoch, band], rel=1e-3)
    columns, rows = np.meshgrid(*2 * [np.arange(45) - 22])
    assert (light * columns).sum() / light.sum() == pytest.approx(one.place[0, 0, 0], abs=1e-3)
    assert (light * rows).sum() / light.sum() == pytest.approx(one.place[0, 0, 1], abs=1e-3)


def test_noise_of_empty_sky_is_the_surveys(simulator):
    """Pixels of an empty sky have the variance of sky and read-out, epoch by epoch."""
    settings = TransientSettings(cubes=True, observing={"sky_scatter": 0.0})
    simulator = TransientSimulator(load_survey("des-deep"), settings)
    index = next(i for i in range(100) if system_of(4, i).name == "empty_sky")
    epochs = simulator.samples(4, [index]).arrays["epochs"][0]
    measured = epochs.std(axis=(-2, -1))
    expected = [band.visit().background_rms for band in simulator.survey.bands]
    # 2025 pixels: 1.6 % each.
    np.testing.assert_allclose(measured / expected, 1, atol=0.08)
    np.testing.assert_allclose((measured / expected).mean(), 1, atol=0.01)
    assert stats.kstest((epochs[0, 0] / measured[0, 0]).ravel(), "norm").pvalue > 1e-4


def test_photometry_scatters_as_its_errors_say(simulator):
    quiet = [i for i in range(120) if not system_of(6, i).supernova][:24]
    arrays = simulator.samples(6, quiet).arrays
    ratio = arrays["flux"] / arrays["flux_error"]
    # Epochs share the reference image's noise and a place chosen where it stood out: the scatter about the mean is free
    # of both but for one degree of freedom.
    scatter = (ratio - ratio.mean(axis=1, keepdims=True)).std(axis=1, ddof=1)
    assert 0.9 < np.median(scatter) < 1.05


def test_processing_is_deepzippers():
    rng = np.random.default_rng(1)
    epochs = rng.normal(3, 1, (5, 4, 45, 45)).astype(np.float32)
    y, x = np.mgrid[:45, :45]
    inside = np.hypot(x - 22, y - 22) <= 15
    flux = np.array(
        [[band[inside].sum() - np.median(band[~inside]) * inside.sum() for band in epoch] for epoch in epochs]
    )
    np.testing.assert_allclose(deepzipper.aperture_flux(epochs), flux, rtol=1e-4, atol=0.05)
    scaled = (flux - flux.min()) / np.ptp(flux)
    np.testing.assert_allclose(deepzipper.light_curve(epochs), scaled, atol=1e-3)
    mean = epochs.mean(0)
    np.testing.assert_allclose(deepzipper.mean_image(epochs), (mean - mean.min()) / np.ptp(mean), atol=1e-6)


def _conditions(simulator):
    from lensmith.simulate.transient.conditions import draw_conditions

    return draw_conditions(simulator.visits, simulator.settings.observing, 3, 0)


def _clean(simulator, exposures):
    camera = simulator.camera
    return map_samples(lambda one: noise_free(one, camera), exposures)


def _static(camera):
    return lambda one: sum(image for image in sky_components(one.scene, camera, 4)[0].values() if image is not None)
