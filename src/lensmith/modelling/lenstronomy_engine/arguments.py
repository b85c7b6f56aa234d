"""lenstronomy's arguments for one candidate: data, PSF, numerics, model, starting point and uniform priors."""

from dataclasses import dataclass

import numpy as np

from lensmith.data import measure_background
from lensmith.modelling.alignment import AlignedBands
from lensmith.modelling.expectation import Expectation
from lensmith.modelling.lenstronomy_engine.arcs import FirstGuess
from lensmith.modelling.lenstronomy_engine.settings import LenstronomySettings

_ELLIPTICITY, _SHEAR = 0.5, 0.3
_RADIUS = {"source": (0.02, 1.5), "lens": (0.05, 6.0)}
_INDEX = {"source": (0.5, 4.0), "lens": (0.5, 8.0)}
_SLOPE = (1.5, 2.5)
_CENTRE = 0.3
"""Uniform priors: half-widths of ellipticity, shear and of the lens centre [arcsec], ranges of radii [arcsec] and
indices of the Sersic profiles, and of the slope."""


@dataclass(frozen=True, eq=False)
class Arguments:
    """What `FittingSequence` takes; `bands` is its multi-band list, `masks` bool ``[y, x]`` a band."""

    bands: list
    masks: list
    model: dict
    constraints: dict
    likelihood: dict
    parameters: dict

    @property
    def data(self) -> dict:
        """Bands fitted jointly: amplitudes are each band's own, everything else is shared."""
        return {"multi_band_list": self.bands, "multi_band_type": "multi-linear"}


def arguments(
    aligned: AlignedBands, guess: FirstGuess, settings: LenstronomySettings, expected: Expectation | None = None
) -> Arguments:
    """Everything that lenstronomy needs for EPL or SIE + shear with elliptical Sersic lens light and source.

    Ellipticity and shear start from what a network `expected`, else from the light's and none; the priors stay uniform.
    """
    bands = [_band(band, light, settings) for band, light in zip(aligned.bands, aligned.lights)]
    masks = [mask.astype(int) for mask in guess.masks]
    model = {
        "lens_model_list": [settings.mass, "SHEAR"],
        "source_light_model_list": ["SERSIC_ELLIPSE"],
        "lens_light_model_list": ["SERSIC_ELLIPSE", "UNIFORM"],
    }
    return Arguments(
        bands=bands,
        masks=masks,
        model=model,
        constraints={"linear_solver": True},
        likelihood={"image_likelihood_mask_list": masks, "check_bounds": True, "source_marg": False},
        parameters=_parameters(aligned, guess, settings, expected),
    )


def _band(band, light, settings: LenstronomySettings) -> list:
    data = {
        "image_data": np.where(band.use, band.image - light.sky, 0.0),
        "ra_at_xy_0": float(band.x[0, 0]),
        "dec_at_xy_0": float(band.y[0, 0]),
        "transform_pix2angle": band.matrix,
    }
    electrons = (band.band.exposure or 1.0) * band.band.gain if band.band.gain else band.band.exposure
    if settings.noise == "map" or electrons is None:
        data["noise_map"] = band.noise
    else:
        data["background_rms"] = measure_background(band.band.image, band.band.mask).sigma
        data["exposure_time"] = electrons
    psf = {"psf_type": "PIXEL", "kernel_point_source": band.kernel}
    numerics = {"supersampling_factor": max(settings.supersampling, band.supersampling)}
    return [data, psf, numerics | {"supersampling_convolution": False}]


def _parameters(aligned: AlignedBands, guess: FirstGuess, settings: LenstronomySettings, expected) -> dict:
    """Starting point, spread of the swarm, fixed values and uniform limits of every profile."""
    e1, e2 = (float(value) for value in aligned.lights[aligned.clearest].ellipticity)
    theta_E, box = guess.theta_E, max(_CENTRE, aligned.bands[0].pixel_scale)
    shape = {"e1": (e1, 0.1, _ELLIPTICITY), "e2": (e2, 0.1, _ELLIPTICITY)}
    centre = {"center_x": (0.0, 0.05, box), "center_y": (0.0, 0.05, box)}
    around = lambda table: {name: (start, spread, -half, half) for name, (start, spread, half) in table.items()}
    start = {name: (value, spread) for name, value, spread in (("e1", e1, 0.1), ("e2", e2, 0.1))}
    start |= dict.fromkeys(("gamma1", "gamma2"), (0.0, 0.03))
    if expected is not None:
        sigma = np.sqrt(np.diagonal(expected.covariance))
        start = dict(zip(("e1", "e2", "gamma1", "gamma2"), zip(expected.mean[1:].tolist(), sigma[1:].tolist())))
    begun = lambda half, *names: {name: (*start[name], half) for name in names}
    mass = {"theta_E": (theta_E, 0.15 * theta_E, 0.4 * theta_E, 2.0 * theta_E)}
    mass |= around(begun(_ELLIPTICITY, "e1", "e2") | centre)
    if settings.mass == "EPL":
        mass["gamma"] = (2.0, 0.1, *_SLOPE)
    tide = around(begun(_SHEAR, "gamma1", "gamma2"))
    light = _sersic("lens", max(0.8 * theta_E, 0.2), 4.0) | around(shape | centre)
    place = {name: (0.0, 0.2 * theta_E, theta_E) for name in ("center_x", "center_y")}
    free = {"e1": (0.0, 0.1, _ELLIPTICITY), "e2": (0.0, 0.1, _ELLIPTICITY)}
    source = _sersic("source", 0.2, 1.0) | around(free | place)
    return {
        "lens_model": _table([mass, tide], [{}, {"ra_0": 0.0, "dec_0": 0.0}]),
        "source_model": _table([source], [{}]),
        "lens_light_model": _table([light, {}], [{}, {}]),
    }


def _sersic(which: str, radius: float, index: float) -> dict:
    return {
        "R_sersic": (radius, 0.3 * radius, *_RADIUS[which]),
        "n_sersic": (index, 0.5, *_INDEX[which]),
    }


def _table(profiles: list[dict], fixed: list[dict]) -> list:
    """lenstronomy's [start, spread, fixed, lower, upper], one dict a profile in each."""
    column = lambda k: [{name: values[k] for name, values in profile.items()} for profile in profiles]
    return [
        [start | held for start, held in zip(column(0), fixed)],
        [spread | held for spread, held in zip(column(1), fixed)],
        fixed,
        [low | dict.fromkeys(held, -10.0) for low, held in zip(column(2), fixed)],
        [high | dict.fromkeys(held, 10.0) for high, held in zip(column(3), fixed)],
    ]
