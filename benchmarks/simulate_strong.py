"""A strong lens of 64 x 64 pixels in one band, with PSF and noise: lensmith's renderer and lenstronomy's SimAPI."""

import time

import numpy as np

from benchmarks.simulate_speed import SCENES, take_turns, worst_difference

SIDE = 64
KINDS = (("hst-acs", {}), ("euclid-vis", {}), ("des", {}), ("lsst", {}))
"""Surveys, with settings, of which whole samples of the kind `strong` are timed."""

LENS = {"theta_E": 1.1, "gamma": 1.95, "e1": 0.1, "e2": -0.05, "center_x": 0.0, "center_y": 0.0}
SHEAR = {"gamma1": 0.03, "gamma2": -0.02}
LIGHT = {"R_sersic": 0.8, "n_sersic": 4.0, "e1": 0.08, "e2": -0.04, "center_x": 0.0, "center_y": 0.0}
SOURCE = {"R_sersic": 0.15, "n_sersic": 1.0, "e1": 0.1, "e2": 0.1, "center_x": 0.06, "center_y": -0.08}


def measure(fine: int, rounds: int) -> dict:
    """Seconds a noisy image ``[round]`` of either code with `fine` sub-pixels along a pixel, and how they differ."""
    from lensmith.simulate.render import Camera
    from lensmith.simulate.strong.observing import observe
    from lensmith.simulate.survey import load_survey

    band = load_survey("hst-acs").bands[0]
    psf = band.psf_kernel(side=21)
    camera = Camera(SIDE, band.pixel_scale, fine)
    arguments = _arguments(band, psf)
    simulation, image_model, keywords = _lenstronomy(band, psf, fine)

    def theirs():
        image = image_model.image(**keywords)
        return image, image + simulation.noise_for_model(image)

    seen = observe(camera, arguments)
    difference = worst_difference((seen["lens"] + seen["source"])[0, 0], theirs()[0])
    codes = {"lensmith": (lambda: observe(camera, arguments), SCENES), "lenstronomy": (theirs, 1)}
    return {"fine": fine, "seconds": take_turns(codes, rounds), "difference": difference}


def measure_kind(survey: str, settings: dict, n: int = 192) -> dict:
    """Samples a second of the whole kind: scenes, selection, images, noise, truth."""
    from lensmith.simulate.strong import StrongSettings, StrongSimulator
    from lensmith.simulate.survey import load_survey

    simulator = StrongSimulator(load_survey(survey), StrongSettings(**settings))
    simulator.samples(0, range(64))
    began = time.perf_counter()
    made = simulator.samples(1, range(n))
    seconds = time.perf_counter() - began
    drawing = _drawing_seconds(simulator, n)
    return {
        "survey": survey,
        "bands": len(simulator.bands),
        "side": simulator.camera.side,
        "fine": simulator.camera.supersampling,
        "attempts": 1 + float(made.truth["attempt"].mean()),
        "seconds": seconds / n,
        "drawing": drawing,
    }


def _drawing_seconds(simulator, n: int) -> float:
    """Seconds that the drawing of one scene takes on the host, without images."""
    from lensmith.simulate.randomness import rng
    from lensmith.simulate.strong.draw import choose_class, draw_scene
    from lensmith.simulate.strong.sky import new_scenes

    scenes = new_scenes(n, len(simulator.bands), False)
    began = time.perf_counter()
    for index in range(n):
        name = choose_class(simulator.settings, rng(1, index, "class"))
        draw_scene(name, scenes, index, simulator.canvas.sky, simulator.settings, rng(1, index, "scene"))
    return (time.perf_counter() - began) / n


def _arguments(band, psf) -> dict:
    import jax

    from lensmith.simulate.lens_scene import empty_scenes, put
    from lensmith.simulate.randomness import noise_keys

    scenes = empty_scenes(SCENES, 1, epl=1, shear=1, light=1, source=1)
    for sample in range(SCENES):
        put(scenes, "epl", sample, 0, **LENS)
        put(scenes, "light", sample, 0, band.flux(19.0), **LIGHT)
        put(scenes, "source", sample, 0, band.flux(23.5), **SOURCE)
        for name, value in SHEAR.items():
            scenes.shear[name][sample] = value

    def each(value):
        return np.broadcast_to(np.asarray(value, np.float32), (SCENES, *np.shape(value)))

    return {
        "scene": scenes,
        "psf": each(psf[None]),
        "key": np.asarray(jax.random.key_data(noise_keys(1, np.arange(SCENES)))),
        "background": each(np.zeros((1, 1, 1))),
        "rms": each(np.full((1, 1, 1), band.background_rms)),
        "added_rms": each([band.background_rms]),
        "electrons": each([band.electrons_per_unit]),
        "ceiling": each([np.inf]),
    }


def _lenstronomy(band, psf, fine: int):
    from lenstronomy.SimulationAPI.sim_api import SimAPI

    from lensmith.physics.light import sersic

    single_band = {
        "pixel_scale": band.pixel_scale,
        "exposure_time": band.exposure,
        "num_exposures": band.n_exposures,
        "magnitude_zero_point": band.zero_point,
        "read_noise": band.read_noise,
        "ccd_gain": band.gain,
        "sky_brightness": band.sky_brightness,
        "seeing": float(band.psf.fwhm.at(0.5)),
        "psf_type": "PIXEL",
        "kernel_point_source": psf,
    }
    model = {
        "lens_model_list": ["EPL", "SHEAR"],
        "lens_light_model_list": ["SERSIC_ELLIPSE"],
        "source_light_model_list": ["SERSIC_ELLIPSE"],
    }
    simulation = SimAPI(SIDE, single_band, model)
    image_model = simulation.image_model_class({"supersampling_factor": fine, "supersampling_convolution": False})

    def bright(magnitude, parameters):
        return parameters | {"amp": float(band.flux(magnitude) / sersic.total_flux(1.0, **parameters))}

    keywords = {
        "kwargs_lens": [LENS, SHEAR],
        "kwargs_lens_light": [bright(19.0, LIGHT)],
        "kwargs_source": [bright(23.5, SOURCE)],
    }
    return simulation, image_model, keywords
