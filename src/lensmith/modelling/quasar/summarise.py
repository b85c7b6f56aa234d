"""From a finished fit and its draws to the record of a lensed quasar."""

import numpy as np

from lensmith.data import Cutout, Estimate, frame_to_radec
from lensmith.fitting import Bounds, LeastSquaresState
from lensmith.modelling.intervals import estimate, estimates
from lensmith.modelling.named import effective_ratios, named
from lensmith.modelling.quasar.constraints import position_residuals
from lensmith.modelling.quasar.draws import Draws, delays, fermat_potentials, magnifications
from lensmith.modelling.quasar.objective import QuasarObjective
from lensmith.modelling.quasar.parameters import LENS, N_LENS
from lensmith.modelling.quasar.prediction import deflection_of, unseen_images
from lensmith.modelling.quasar.record import QuasarFit, QuasarImage
from lensmith.physics.critical_curves import critical_curves

_LARGE_MISS, _LARGE_CHI2, _MANY_SIGMA = 2.0, 2.0, 10.0


def summarise(
    cutout: Cutout, objective: QuasarObjective, best: LeastSquaresState, bounds: Bounds, draws: Draws, significance
) -> QuasarFit:
    """The record: images in the order in which they arrive, estimates from draws, pictures, and doubts."""
    field, scene, lens = objective.scene.field, objective.scene, best.theta[:N_LENS]
    values, order = _image_draws(cutout, scene, draws)
    images = objective.images(best.theta, best.state)
    model = sum(images.values())
    noise = np.sqrt(objective.variance(images))
    residual = np.where(field.use, (field.image - model) / noise, 0.0)
    misses = _misses(lens, scene.points(best.theta), objective.settings.position_error)
    parameters, lens_draws = _lens_estimates(draws)
    curves = critical_curves(deflection_of(lens), 2.5 * lens[0], tuple(lens[4:6]))
    unseen = unseen_images(lens, scene.points(best.theta))
    diagnostics = _diagnostics(field, residual, misses)
    of_images = {f"{name}_image_{i + 1}": v[1:, k] for name, v in values.items() for i, k in enumerate(order)}
    return QuasarFit(
        id=cutout.id,
        band=field.band.name,
        images=tuple(_image(values, k, field.band, misses[k], significance[k]) for k in order),
        parameters=parameters,
        draws=lens_draws | of_images,
        unseen=unseen,
        critical_curves=(*curves.tangential, *curves.radial),
        caustics=(*curves.tangential_caustics, *curves.radial_caustics),
        data=field.image,
        noise=noise,
        model=model,
        lens_light=images["sky"] + images["light"],
        points=images["points"],
        host=images["host"],
        residual=residual,
        mask=field.use,
        corner=field.corner,
        host_widths=scene.host_widths(best.theta),
        host_fluxes=scene.split(best.state.pixels.amplitudes[1:])[2],
        doubts=_doubts(objective, best, bounds, diagnostics, values, unseen),
        notes=(*cutout.notes, *field.band.notes),
        diagnostics=diagnostics,
        z_lens=cutout.z_lens,
        z_source=cutout.z_source,
    )


def _diagnostics(field, residual, misses) -> dict[str, float]:
    return {
        "chi2_red": float(np.mean(residual[field.use] ** 2)),
        "position_rms": float(np.sqrt(np.mean(misses**2))),
        "noise_correlation": float(field.correlation),
        "n_pixels": float(field.use.sum()),
    }


def _image_draws(cutout: Cutout, scene, draws: Draws) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Name -> ``[1 + draw, image]`` of what is said of each image, the best first; the order of arrival."""
    x, y = (draws.vectors[:, scene.first_point + axis :: 2] for axis in (0, 1))
    fermat = fermat_potentials(draws.vectors, x, y)
    brightest = int(np.argmax(draws.fluxes[0]))
    values = {
        "x": x,
        "y": y,
        "flux": draws.fluxes,
        "flux_ratio": draws.fluxes / draws.fluxes[:, [brightest]],
        "mu": magnifications(draws.vectors, x, y),
    }
    if cutout.z_lens is not None and cutout.z_source is not None:
        values["delay"] = delays(fermat, cutout.z_lens, cutout.z_source)
    return values, np.argsort(fermat[0])


def _image(values, index: int, band, miss: float, significance: float) -> QuasarImage:
    units = {"x": "arcsec", "y": "arcsec", "flux": band.unit, "flux_ratio": "", "mu": "", "delay": "d"}
    told = {name: _estimate(name, array[:, index], units[name]) for name, array in values.items()}
    sky = frame_to_radec(band, values["x"][:, index], values["y"][:, index])
    if sky is not None:
        ra = sky[0][0] + (sky[0] - sky[0][0] + 180) % 360 - 180
        told |= {"ra": _estimate("ra", ra, "deg"), "dec": _estimate("dec", sky[1], "deg")}
    told["magnification"] = told.pop("mu")
    parity = 1 if values["mu"][0, index] > 0 else -1
    return QuasarImage(**told, parity=parity, miss=float(miss), significance=float(significance))


def _estimate(name: str, values, unit: str) -> Estimate:
    """Of a best value and draws after it."""
    return estimate(name, values[0], values[1:], 0.0, unit)


def _lens_estimates(draws: Draws) -> tuple[dict[str, Estimate], dict[str, np.ndarray]]:
    """Catalogue parameters of the lens, and their draws."""
    vectors = draws.vectors
    core = np.zeros((len(vectors), 13))
    core[:, 0], core[:, 1:8] = np.log(vectors[:, 0]), vectors[:, 1:8]
    core[:, 8:10] = (vectors[:, 8:10] - vectors[:, 4:6]) / vectors[:, [0]]
    table = named(core, np.zeros(2), effective_ratios(core[0], core), 1.0)
    del table["source_r"]
    best = {name: values[0] for name, values in table.items()}
    drawn = {name: values[1:] for name, values in table.items()}
    return estimates(best, drawn, 0.0), drawn


def _misses(lens, points, error: float) -> np.ndarray:
    """Distance [arcsec] ``[image]`` between images and where the lens puts them, to first order."""
    return error * np.hypot(*position_residuals(lens, points, error).reshape(2, -1))


def _doubts(objective: QuasarObjective, best, bounds: Bounds, diagnostics, values, unseen) -> tuple[str, ...]:
    """What speaks against the model, in words."""
    out = []
    if diagnostics["position_rms"] > _LARGE_MISS * objective.settings.position_error:
        out.append(f"the lens misses the images by {1e3 * diagnostics['position_rms']:.0f} mas")
    if diagnostics["chi2_red"] > _LARGE_CHI2:
        out.append(f"chi-square of {diagnostics['chi2_red']:.1f} a pixel: PSF, noise or neighbours are not as given")
    at = [name for name, edge in zip(LENS, bounds.at_edge(best.theta)) if edge]
    if at:
        out.append(f"at the limit of what the fit allows: {', '.join(at)}")
    brightest = int(np.argmax(values["flux"][0]))
    unit = values["flux"][0, brightest] / abs(values["mu"][0, brightest])
    noise = float(np.std(values["flux"][1:], axis=0).max())
    for x, y, mu in unseen:
        if abs(mu) * unit > _MANY_SIGMA * noise:
            out.append(f"the lens makes an image of magnification {mu:.2g} at ({x:.2f}, {y:.2f}) that is not seen")
    return tuple(out)
