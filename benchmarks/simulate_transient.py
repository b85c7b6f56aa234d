"""One transient sample, every epoch and band: lensmith's kind `transient`, and a loop of lenstronomy's images."""

import numpy as np

from benchmarks.simulate_speed import take_turns, worst_difference

SCENES = 16
SEED = 3


def measure(rounds: int) -> dict:
    """Seconds a sample ``[round]`` of either code: noise-free light, noise, and for lensmith photometry too."""
    import jax

    from lensmith.simulate.render import map_samples
    from lensmith.simulate.survey import load_survey
    from lensmith.simulate.transient import TransientSettings, TransientSimulator
    from lensmith.simulate.transient.observe import noise_free, observing

    simulator = TransientSimulator(load_survey("des-deep"), TransientSettings())
    exposures = simulator.exposures(SEED, np.arange(8 * SCENES))
    lensed = np.flatnonzero((exposures.flux[:, 1] != 0).any((-2, -1)))
    chosen = np.resize(lensed, SCENES)
    some = jax.tree.map(lambda values: np.asarray(values)[chosen], exposures)
    first = jax.tree.map(lambda values: values[0], some)
    models = _lenstronomy(first, simulator.camera)
    random = np.random.default_rng(1)

    def theirs():
        for epoch_models, rms in zip(models, first.rms):
            for band, (model, keywords) in enumerate(epoch_models):
                image = model.image(**keywords)
                variance = rms[band] ** 2 + np.maximum(image, 0) / first.exposure[band]
                image += np.sqrt(variance) * random.standard_normal(image.shape)

    still, changing = jax.jit(lambda one: noise_free(one, simulator.camera))(first)
    worst = max(
        worst_difference((still + changing)[epoch, band], model.image(**keywords))
        for epoch, epoch_models in enumerate(models[:3])
        for band, (model, keywords) in enumerate(epoch_models)
    )
    function = observing(simulator.camera)
    codes = {"lensmith": (lambda: map_samples(function, some), SCENES), "lenstronomy": (theirs, 1)}
    epochs, bands = first.rms.shape
    return {"epochs": epochs, "bands": bands, "seconds": take_turns(codes, rounds), "difference": worst}


def _lenstronomy(one, camera) -> list[list[tuple]]:
    """For each epoch and band the image model, made beforehand, and the arguments of its image."""
    from lenstronomy.Data.imaging_data import ImageData
    from lenstronomy.Data.psf import PSF
    from lenstronomy.ImSim.image_model import ImageModel
    from lenstronomy.LensModel.lens_model import LensModel
    from lenstronomy.LightModel.light_model import LightModel
    from lenstronomy.PointSource.point_source import PointSource

    from lensmith.physics.imaging import gaussian_psf
    from lensmith.units import FWHM_PER_SIGMA

    reach = -(camera.side - 1) / 2 * camera.pixel_scale
    data = ImageData(
        np.zeros((camera.side, camera.side)),
        ra_at_xy_0=reach,
        dec_at_xy_0=reach,
        transform_pix2angle=np.eye(2) * camera.pixel_scale,
    )
    scene = one.scene
    lenses = [{name: float(values[k]) for name, values in scene.epl.items()} for k in _slots(scene.epl["theta_E"])]
    shear = {name: float(value) for name, value in scene.shear.items()}
    places = np.concatenate([one.place, one.star_place]) * camera.pixel_scale
    models = []
    for epoch, sigmas in enumerate(one.sigma):
        row = []
        for band, sigma in enumerate(sigmas):
            light = [*_light(scene.light, scene.light_flux, band), *_light(scene.other, scene.other_flux, band)]
            source = _light(scene.source, scene.source_flux, band)
            kernel = gaussian_psf(float(sigma) * FWHM_PER_SIGMA, 1.0, 25)
            flux = np.concatenate([one.flux[:, epoch, band], one.star_flux[:, band]])
            model = ImageModel(
                data,
                PSF("PIXEL", kernel_point_source=kernel),
                LensModel(["EPL"] * len(lenses) + ["SHEAR"]),
                LightModel(["SERSIC_ELLIPSE"] * len(source)),
                LightModel(["SERSIC_ELLIPSE"] * len(light)),
                PointSource(["UNLENSED"]),
                kwargs_numerics={"supersampling_factor": camera.supersampling, "supersampling_convolution": False},
            )
            lit = flux > 0
            keywords = {
                "kwargs_lens": [*lenses, shear],
                "kwargs_source": source,
                "kwargs_lens_light": light,
                "kwargs_ps": [
                    {"ra_image": places[lit, 0], "dec_image": places[lit, 1], "point_amp": flux[lit].astype(float)}
                ],
            }
            row.append((model, keywords))
        models.append(row)
    return models


def _slots(strength) -> np.ndarray:
    return np.flatnonzero(strength)


def _light(table, flux, band: int) -> list[dict]:
    from lensmith.physics.light import sersic

    profiles = []
    for k in _slots(flux[:, band]):
        shape = {name: float(values[k]) for name, values in table.items()}
        profiles.append(shape | {"amp": float(flux[k, band] / sersic.total_flux(1.0, **shape))})
    return profiles
