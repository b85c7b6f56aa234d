"""Images of lenstronomy's best model, band by band, with the linear amplitudes that it solved for."""

from dataclasses import dataclass

import numpy as np

from lensmith.modelling.lenstronomy_engine.arguments import Arguments
from lensmith.modelling.lenstronomy_engine.sample import quiet

_SOURCE_PIXELS = 80


@dataclass(frozen=True, eq=False)
class BandImages:
    """`lens_light` and `arcs`, convolved, and `noise` used by the fit, float64 ``[y, x]`` each; `source` in flux per
    square arcsec on a square of side `source_width` arcsec around the source's centre; `kwargs` with amplitudes."""

    lens_light: np.ndarray
    arcs: np.ndarray
    noise: np.ndarray
    source: np.ndarray
    source_width: float
    kwargs: dict


def best_images(arguments: Arguments, best: dict) -> list[BandImages]:
    """Images of the model with the parameters `best` (lenstronomy's kwargs_result)."""
    with quiet():
        return [_band_images(arguments, best, index) for index in range(len(arguments.bands))]


def _band_images(arguments: Arguments, best: dict, index: int) -> BandImages:
    from lenstronomy.ImSim.MultiBand.single_band_multi_model import SingleBandMultiModel

    band = SingleBandMultiModel(
        arguments.bands, arguments.model, likelihood_mask_list=arguments.masks, band_index=index, linear_solver=True
    )
    lens, source, light = best["kwargs_lens"], best["kwargs_source"], best["kwargs_lens_light"]
    *_, amplitudes = band.image_linear_solve(lens, source, light, None)
    lens, source, light, _ = band.update_linear_kwargs(
        amplitudes,
        kwargs_lens=[dict(values) for values in lens],
        kwargs_source=[dict(values) for values in source],
        kwargs_lens_light=[dict(values) for values in light],
        kwargs_ps=None,
    )
    arcs = band.image(lens, source, light, None, source_add=True, lens_light_add=False)
    foreground = band.image(lens, source, light, None, source_add=False, lens_light_add=True)
    data = arguments.bands[index][0]
    if "noise_map" in data:
        noise = data["noise_map"]
    else:
        photons = np.maximum(arcs + foreground, 0) / data["exposure_time"]
        noise = np.sqrt(data["background_rms"] ** 2 + photons)
    width = 8 * float(source[0]["R_sersic"])
    return BandImages(foreground, arcs, noise, _source(source[0], width), width, {
        "kwargs_lens": lens, "kwargs_source": source, "kwargs_lens_light": light
    })  # fmt: skip


def _source(sersic_kwargs: dict, width: float) -> np.ndarray:
    from lensmith.physics.light import sersic

    line = ((np.arange(_SOURCE_PIXELS) + 0.5) / _SOURCE_PIXELS - 0.5) * width
    x, y = np.meshgrid(line + sersic_kwargs["center_x"], line + sersic_kwargs["center_y"])
    return sersic.surface_brightness(x, y, **sersic_kwargs)
