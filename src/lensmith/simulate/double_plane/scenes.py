"""What is in the sky of each sample: a lens, two sources behind it, drawn on the host."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lensmith.errors import SettingsError
from lensmith.physics.ellipticity import components
from lensmith.simulate.double_plane.settings import DoublePlaneSettings, SourceSettings
from lensmith.simulate.strong import distances, spectra
from lensmith.simulate.survey import Survey
from lensmith.types import FloatArray

_TRIES = 1000
"""Draws of redshifts and dispersion for one system, cheap against an image."""


class Sky(NamedTuple):
    """One sample, or many with a leading axis, as the image function takes it: float32, names are lenstronomy's.

    `lens` (EPL) and `shear` act for the farther source, `near` (SIE in the nearer source's plane) too. `scaling` is the
    share of the lens's deflection that light of the nearer source gets. Light ``source_1``, ``source_2`` and
    ``lens_light`` are Sersic profiles, their fluxes ``[band]``.
    """

    lens: dict
    shear: dict
    near: dict
    scaling: FloatArray
    source_1: dict
    source_2: dict
    lens_light: dict
    flux_1: FloatArray
    flux_2: FloatArray
    lens_flux: FloatArray


@dataclass(frozen=True, eq=False)
class Optics:
    """Bands that scenes are drawn in: their wavelengths [angstrom] ``[band]``, and what magnitudes refer to.

    `reference` is the number of the reference band, `reference_wavelength` [angstrom] that of the magnitudes.
    """

    wavelengths: FloatArray
    reference: int
    reference_wavelength: float

    @classmethod
    def of(cls, survey: Survey, reference: str | None) -> "Optics":
        """The bands of a survey; without a reference band magnitudes are those of the i band, seen or not.

        Raises
        ------
        SettingsError
            if it does not have the band `reference`.
        """
        names, wavelengths = survey.band_names, spectra.wavelengths(survey.band_names)
        if reference is None:
            return cls(wavelengths, int(np.argmin(np.abs(wavelengths - spectra.REFERENCE))), spectra.REFERENCE)
        if reference not in names:
            raise SettingsError(f"reference is band {reference}, but the images have {', '.join(names)}")
        return cls(wavelengths, names.index(reference), wavelengths[names.index(reference)])

    def magnitudes(self, magnitude: float, redness: float, z: float) -> FloatArray:
        """AB magnitudes ``[band]`` of a galaxy of `magnitude` at the reference wavelength."""
        relative = spectra.galaxy_magnitudes(redness, z, np.append(self.wavelengths, self.reference_wavelength))
        return magnitude + relative[:-1] - relative[-1]


def draw_system(settings: DoublePlaneSettings, optics: Optics, rng: np.random.Generator, centre=None) -> dict:
    """The truth of one system; `centre` (x, y) [arcsec] is the lens's where a real galaxy stands there.

    Raises
    ------
    SettingsError
        if no draw puts the three behind one another with Einstein radii inside the cuts.
    """
    system = _draw_planes(settings, rng)
    lens = settings.lens
    q, phi = lens.axis_ratio.draw(rng), rng.uniform(0, np.pi)
    e1, e2 = components(q, phi + np.radians(lens.misalignment.draw(rng)))
    shear, direction = lens.shear.draw(rng), rng.uniform(0, 2 * np.pi)
    centre = (lens.offset.draw(rng), lens.offset.draw(rng)) if centre is None else centre
    light_e1, light_e2 = components(q, phi)
    system |= {"e1": e1, "e2": e2, "center_x": centre[0], "center_y": centre[1]}
    system |= {"gamma1": shear * np.cos(direction), "gamma2": shear * np.sin(direction)}
    system |= {"lens_R_sersic": lens.R_sersic.draw(rng), "lens_n_sersic": lens.n_sersic.draw(rng)}
    system |= {"lens_e1": light_e1, "lens_e2": light_e2}
    system["lens_magnitudes"] = optics.magnitudes(lens.magnitude.draw(rng), 1.0, system["z_lens"])
    for number, source in ((1, settings.near), (2, settings.far)):
        system |= _draw_source(number, source, system, optics, rng)
    return {name: float(value) if np.ndim(value) == 0 else value for name, value in system.items()}


def _draw_planes(settings: DoublePlaneSettings, rng: np.random.Generator) -> dict:
    """Redshifts, dispersions and Einstein radii."""
    limits = settings.cuts.theta_E or (0.0, np.inf)
    for _ in range(_TRIES):
        z = [float(law.draw(rng)) for law in (settings.lens.z, settings.near.z, settings.far.z)]
        sigma_v, gamma = settings.lens.sigma_v.draw(rng), settings.lens.gamma.draw(rng)
        sigma_v_near = settings.sigma_v_near.draw(rng)
        if z[1] < z[0] + settings.gap_1 or z[2] < z[1] + settings.gap_2:
            continue
        scaling = distances.lensing_ratio(z[0], z[1]) / distances.lensing_ratio(z[0], z[2])
        theta_E = distances.theta_E(sigma_v, z[0], z[2])
        # alpha of an EPL at its Einstein radius: theta_E (theta / theta_E)^(2 - gamma); the scaled one equals theta.
        theta_E_1 = theta_E * scaling ** (1 / (gamma - 1))
        if limits[0] <= theta_E_1 and theta_E <= limits[1]:
            near = distances.theta_E(sigma_v_near, z[1], z[2]) if settings.deflector else 0.0
            return {
                "z_lens": z[0], "z_source_1": z[1], "z_source_2": z[2], "sigma_v": sigma_v, "gamma": gamma,
                "sigma_v_near": sigma_v_near, "scaling": scaling,
                "theta_E_1": theta_E_1, "theta_E_2": theta_E, "theta_E_near": near,
            }  # fmt: skip
    raise SettingsError(
        f"no draw in {_TRIES} has lens and sources behind one another with theta_E inside {limits}: "
        "change the redshifts, sigma_v or cuts.theta_E"
    )


def _draw_source(number: int, source: SourceSettings, system: dict, optics: Optics, rng) -> dict:
    offset, direction = source.offset.draw(rng) * system[f"theta_E_{number}"], rng.uniform(0, 2 * np.pi)
    e1, e2 = components(source.axis_ratio.draw(rng), rng.uniform(0, np.pi))
    values = {
        "x": system["center_x"] + offset * np.cos(direction),
        "y": system["center_y"] + offset * np.sin(direction),
        "R_sersic": source.R_sersic.draw(rng),
        "n_sersic": source.n_sersic.draw(rng),
        "e1": e1,
        "e2": e2,
        "magnitudes": optics.magnitudes(
            source.magnitude.draw(rng), source.redness.draw(rng), system[f"z_source_{number}"]
        ),
    }
    return {f"source_{number}_{name}": value for name, value in values.items()}


def skies(systems: list[dict], zero_points: FloatArray, with_lens_light: bool) -> Sky:
    """What the image function takes, of many systems; `zero_points` is ``[sample, band]``."""

    def column(name: str) -> FloatArray:
        return np.array([system[name] for system in systems], np.float32)

    def table(prefix: str, **renamed: str) -> dict:
        shape = {name: column(f"{prefix}_{name}") for name in ("R_sersic", "n_sersic", "e1", "e2")}
        return shape | {name: column(old) for name, old in renamed.items()}

    def flux(name: str) -> FloatArray:
        return (10 ** (0.4 * (zero_points - np.array([system[name] for system in systems])))).astype(np.float32)

    sources = [table(f"source_{k}", center_x=f"source_{k}_x", center_y=f"source_{k}_y") for k in (1, 2)]
    lens_flux = flux("lens_magnitudes")
    near = {name: sources[0][name] for name in ("e1", "e2", "center_x", "center_y")}
    return Sky(
        lens={name: column(name) for name in ("gamma", "e1", "e2", "center_x", "center_y")}
        | {"theta_E": column("theta_E_2")},
        shear={name: column(name) for name in ("gamma1", "gamma2")},
        near=near | {"theta_E": column("theta_E_near")},
        scaling=column("scaling"),
        source_1=sources[0],
        source_2=sources[1],
        lens_light=table("lens", center_x="center_x", center_y="center_y"),
        flux_1=flux("source_1_magnitudes"),
        flux_2=flux("source_2_magnitudes"),
        lens_flux=lens_flux if with_lens_light else np.zeros_like(lens_flux),
    )
