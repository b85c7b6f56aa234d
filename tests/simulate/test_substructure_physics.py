"""Held against lenstronomy, against the noise that is promised, and against the published code's slips."""

import warnings

import jax
import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from lenstronomy.Data.pixel_grid import PixelGrid
from lenstronomy.Data.psf import PSF
from lenstronomy.ImSim.image_model import ImageModel
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LightModel.light_model import LightModel
from lenstronomy.SimulationAPI.ObservationConfig.Euclid import Euclid
from lenstronomy.SimulationAPI.ObservationConfig.HST import HST
from lenstronomy.SimulationAPI.sim_api import SimAPI

from lensmith.simulate.substructure import SubstructureSettings, SubstructureSimulator
from lensmith.simulate.substructure.image import published_noise
from lensmith.simulate.substructure.strength import published_strength, strength

COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)
COLUMNS_OF_SOURCE = {"amp": "source_amp", "e1": "source_e1", "e2": "source_e2"}


def draw(n=3, **settings):
    simulator = SubstructureSimulator(None, SubstructureSettings(clean=True, substructure_arrays=True, **settings))
    return simulator.samples(11, range(n))


def lens_of(samples, i):
    """lenstronomy's model list and parameters of sample `i`."""
    truth = {name: values[i] for name, values in samples.truth.items()}
    masses = zip(*(samples.arrays[f"subhalo_{name}"][i].astype(float) for name in ("theta_E", "x", "y")))
    points = [{"theta_E": t, "center_x": x, "center_y": y} for t, x, y in masses if t > 0]
    smooth = {name: truth[name] for name in ("theta_E", "e1", "e2", "center_x", "center_y")}
    shear = {"gamma1": truth["gamma1"], "gamma2": truth["gamma2"]}
    return ["SIE", "SHEAR"] + ["POINT_MASS"] * len(points), [smooth, shear, *points]


def source_of(samples, i):
    truth = {name: values[i] for name, values in samples.truth.items()}
    return {
        "amp": truth["source_amp"],
        "R_sersic": truth["R_sersic"],
        "n_sersic": truth["n_sersic"],
        "e1": truth["source_e1"],
        "e2": truth["source_e2"],
        "center_x": truth["source_x"],
        "center_y": truth["source_y"],
    }


def lenstronomy_image(samples, i, side=150, pixel_scale=0.05, fwhm=0.087, truncation=3):
    names, lens = lens_of(samples, i)
    corner = -(side - 1) / 2 * pixel_scale
    grid = PixelGrid(side, side, np.eye(2) * pixel_scale, corner, corner)
    psf = PSF("GAUSSIAN", fwhm=fwhm, pixel_size=pixel_scale, truncation=truncation)
    model = ImageModel(grid, psf, LensModel(names), LightModel(["SERSIC_ELLIPSE"]))
    return model.image(lens, [source_of(samples, i)])


def test_model_i_is_lenstronomys_image_of_the_same_masses():
    samples = draw(macro="random")
    assert set(samples.truth["class"]) == {"no", "sphere", "vort"}
    for i in range(3):
        difference = samples.arrays["clean"][i, 0] - lenstronomy_image(samples, i)
        peak = samples.arrays["clean"][i].max()
        assert np.abs(difference).max() < 1e-3 * peak, samples.truth["class"][i]
        assert np.sqrt((difference**2).mean()) < 1e-4 * peak


@pytest.mark.parametrize(("model", "observation"), [("II", Euclid()), ("III", HST("WFC3_F160W", "GAUSSIAN"))])
def test_models_ii_and_iii_are_lenstronomys_instruments(model, observation):
    samples = draw(model=model)
    band = observation.kwargs_single_band()
    names, lens = lens_of(samples, 1)
    simulation = SimAPI(64, band, {"lens_model_list": names, "source_light_model_list": ["SERSIC_ELLIPSE"]})
    source = source_of(samples, 1)
    del source["amp"]
    _, source, _ = simulation.magnitude2amplitude(None, [source | {"magnitude": 20}])
    wanted = simulation.image_model_class({}).image(lens, source)
    assert np.abs(samples.arrays["clean"][1, 0] - wanted).max() < 1e-3 * wanted.max()
    assert samples.truth["exposure"][0] == pytest.approx(simulation.exposure_time)
    assert samples.truth["background_rms"][0] == pytest.approx(simulation.background_noise)


def test_published_model_ii_is_what_the_published_calls_give():
    """Einstein radii handed to a multi-plane tracer as if for redshift 2.5, the source at 1.0; no noise."""
    samples = draw(model="II", variant="published")
    assert np.array_equal(samples.arrays["image"], samples.arrays["clean"])
    names, lens = lens_of(samples, 2)
    factor = published_strength(0.5, 1.0, "II").reduction
    for name, parameters in zip(names, lens):
        for key in ("gamma1", "gamma2", "theta_E"):
            if key in parameters:
                parameters[key] /= factor**0.5 if name == "POINT_MASS" else factor
    assert lens[0]["theta_E"] == pytest.approx(1.2816, abs=1e-3)
    assert lens[1]["gamma1"] == pytest.approx(0.05)
    model = {
        "lens_model_list": names,
        "lens_redshift_list": [0.5] * len(names),
        "source_light_model_list": ["SERSIC_ELLIPSE"],
        "source_redshift_list": [1.0],
        "z_source": 1.0,
        "z_source_convention": 2.5,
        "cosmo": COSMOLOGY,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulation = SimAPI(64, Euclid().kwargs_single_band(), model)
    wanted = simulation.image_model_class({}).image(lens, [source_of(samples, 2)])
    assert np.abs(samples.arrays["clean"][2, 0] - wanted).max() < 1e-3 * wanted.max()


def test_einstein_radii_by_the_law_and_as_published():
    near, far = COSMOLOGY.angular_diameter_distance([0.5, 1.0]).to_value("m")
    between = COSMOLOGY.angular_diameter_distance(0.5, 1.0).to_value("m")
    four_gm = 4 * 1.32712440018e20 / 299792458.0**2 * 1e12
    law = np.degrees(np.sqrt(four_gm * between / (near * far))) * 3600
    assert strength(0.5, 1.0).isothermal(1e12) == pytest.approx(law, rel=1e-4)
    assert strength(0.5, 1.0).point(1e8) == pytest.approx(law / 100, rel=1e-4)
    near, far = COSMOLOGY.luminosity_distance([0.5, 1.0]).to_value("m")
    slip = np.degrees(np.sqrt(four_gm * (far - near) / (near * far))) * 3600
    published = published_strength(0.5, 1.0, "I")
    assert published.isothermal(1e12) == pytest.approx(slip, rel=1e-4)
    assert law / slip > 1.2
    weaker = published_strength(0.5, 1.0, "II")
    assert weaker.isothermal(1e12) / slip == pytest.approx(0.633, abs=2e-3)
    assert weaker.point(1e8) / published.point(1e8) == pytest.approx(np.sqrt(0.633), abs=2e-3)


@pytest.mark.parametrize(("variant", "slope"), [("right", -1.9), ("published", -0.9)])
def test_masses_follow_the_slope(variant, slope):
    simulator = SubstructureSimulator(None, SubstructureSettings(classes=("sphere",), variant=variant, model="II"))
    totals = simulator.samples(4, range(200)).truth["subhalo_mass"]
    # Mean of m over dN/dm ~ m^slope from 1e6 to 1e10, by hand.
    a, b = slope + 1, slope + 2
    mean = (1e10**b - 1e6**b) / b / ((1e10**a - 1e6**a) / a)
    error = totals.std() / np.sqrt(len(totals))
    assert abs(totals.mean() - 25 * mean) < 4 * error
    assert error < 0.2 * 25 * mean


@pytest.mark.parametrize("model", ["I", "III"])
def test_noise_has_the_variance_of_light_and_background(model):
    """1,000 draws of one scene: the fixed macro model and a source that stands still."""
    settings = SubstructureSettings(model=model, classes=("no",), source_offset=0.1, clean=True)
    simulator = SubstructureSimulator(None, settings)
    centre = np.s_[:, 0, 5:-5, 5:-5]
    total, count = 0.0, 1000 if model == "III" else 300
    for start in range(0, count, 100):
        samples = simulator.samples(9, range(start, start + 100))
        residual = (samples.arrays["image"] - samples.arrays["clean"]).astype(float)
        light = samples.arrays["clean"].astype(float) / samples.truth["exposure"][:, None, None, None]
        expected = light + samples.truth["background_rms"][0] ** 2
        total = total + (residual**2 / expected)[centre].sum(axis=0)
    assert (total / count).mean() == pytest.approx(1, abs=0.005)
    brightest = samples.arrays["clean"][centre][0] > 0.5 * samples.arrays["clean"][0].max()
    assert (total / count)[brightest].mean() == pytest.approx(1, abs=0.02)


def test_published_noise_counts_the_light_twice():
    clean = np.repeat(np.array([0.0, 0.05, 0.2, 0.8], np.float32), 40_000).reshape(4, -1)
    exposure = np.float32(2000)
    noisy = np.asarray(jax.jit(published_noise)(jax.random.key(3), clean, 0.01, exposure), float)
    expected = 2 * clean[1:, 0] / exposure + 0.01**2
    np.testing.assert_allclose(noisy[1:].var(axis=1), expected, rtol=0.03)
    np.testing.assert_allclose(noisy[1:].mean(axis=1), clean[1:, 0], rtol=2e-3)
    # Clipped at zero: without light, the mean is that of half a Gaussian.
    assert noisy[0].mean() == pytest.approx(0.01 / np.sqrt(2 * np.pi), rel=0.03)
    assert noisy[0].min() == 0


def test_variants_differ_in_noise_as_the_slips_say():
    right, published = (draw(n=30, variant=variant, model="I") for variant in ("right", "published"))
    assert (right.arrays["image"] < 0).mean() > 0.2
    assert published.arrays["image"].min() == 0
    assert right.truth["theta_E"][0] / published.truth["theta_E"][0] == pytest.approx(1.662 / 1.2816, rel=5e-3)
    counts = published.arrays["image"][0] * published.truth["exposure"][0]
    np.testing.assert_allclose(counts, np.round(counts), atol=5e-3)
    assert counts.max() > 100
