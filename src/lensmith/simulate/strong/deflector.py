"""The galaxy that lenses, and the group or cluster around it.

Redshift and velocity dispersion come first. From them follow the luminosity (Faber & Jackson 1976 as measured by
Bernardi et al. 2003, AJ 125, 1849), the size (of the same paper), the colours (`spectra`) and, with
the source's redshift, the Einstein radius of an isothermal sphere.
"""

import numpy as np

from lensmith.simulate.strong import distances, spectra
from lensmith.simulate.strong.pictures import Picture
from lensmith.simulate.strong.settings import DeflectorSettings, GroupSettings
from lensmith.simulate.strong.sky import Drawn, Sky, ellipse
from lensmith.types import FloatArray

_FADING = 0.85
"""Magnitudes in r by which early types were brighter at redshift 1 (Bernardi et al. 2003)."""


def draw_mass(drawn: Drawn, sky: Sky, settings: DeflectorSettings, group: GroupSettings | None) -> dict[str, float]:
    """Draw the deflector's redshift, dispersion, shape and centre, before there is a source behind it."""
    q = drawn.draw(settings.axis_ratio)
    phi = drawn.angle()
    law = settings.sigma_v if group is None else group.sigma_v
    return {
        "z_lens": drawn.draw(settings.z),
        "sigma_v": drawn.draw(law),
        "q": q,
        "phi": phi,
        "x": drawn.draw(settings.offset) * sky.pixel_scale,
        "y": drawn.draw(settings.offset) * sky.pixel_scale,
    }


def add_deflector(drawn: Drawn, sky: Sky, galaxy: dict, settings: DeflectorSettings, z_source: float) -> None:
    """The mass of the main galaxy and the external shear, into the scene and its truth."""
    q = min(1.0, max(0.3, galaxy["q"] + drawn.draw(settings.axis_ratio_scatter)))
    e1, e2 = ellipse(q, galaxy["phi"] + np.radians(drawn.draw(settings.misalignment)))
    gamma = drawn.draw(settings.gamma)
    if drawn.draw(settings.profile) == "SIE":
        gamma = 2.0
    theta_E = distances.theta_E(galaxy["sigma_v"], galaxy["z_lens"], z_source)
    shear, towards = drawn.draw(settings.shear), drawn.angle()
    mass = {"theta_E": theta_E, "gamma": gamma, "e1": e1, "e2": e2, "center_x": galaxy["x"], "center_y": galaxy["y"]}
    drawn.add("epl", **mass)
    tide = {"gamma1": shear * np.cos(towards), "gamma2": shear * np.sin(towards)}
    for name, value in tide.items():
        drawn.scenes.shear[name][drawn.row] = value
    drawn.truth |= mass | tide | {"z_lens": galaxy["z_lens"], "z_source": z_source, "sigma_v": galaxy["sigma_v"]}
    drawn.theta_E_eff = theta_E


def add_halo(drawn: Drawn, galaxy: dict, group: GroupSettings, z_source: float) -> None:
    """The dark halo of a group or cluster around the main galaxy."""
    log_mass = drawn.draw(group.log_mass)
    Rs, alpha_Rs = distances.nfw_angles(10**log_mass, drawn.draw(group.concentration), galaxy["z_lens"], z_source)
    drawn.add("nfw", Rs=Rs, alpha_Rs=alpha_Rs, center_x=galaxy["x"], center_y=galaxy["y"])
    drawn.truth |= {"log_M200": log_mass, "Rs": Rs, "alpha_Rs": alpha_Rs}
    drawn.theta_E_eff = effective_theta_E(drawn.truth["theta_E"], drawn.truth["gamma"], Rs, alpha_Rs)


def effective_theta_E(theta_E: float, gamma: float, Rs: float, alpha_Rs: float) -> float:
    """Radius [arcsec] inside which a round EPL and an NFW halo about one centre have a mean convergence of 1."""
    from lensmith.physics.mass import nfw

    radii = np.geomspace(0.05, 60.0, 300)
    alpha = theta_E * (theta_E / radii) ** (gamma - 2) + nfw.deflection(radii, 0.0, Rs, alpha_Rs)[0]
    inside = alpha >= radii
    return float(radii[np.nonzero(inside)[0][-1]]) if inside.any() else 0.0


def add_members(drawn: Drawn, sky: Sky, galaxy: dict, group: GroupSettings, z_source: float | None) -> None:
    """Other members: early-type galaxies with light, and mass where there is a source."""
    reach = max(drawn.theta_E_eff * 1.2, 0.3 * sky.half)
    for _ in range(int(drawn.draw(group.members))):
        fainter, direction = drawn.draw(group.fainter), drawn.angle()
        distance = reach + drawn.draw(group.radius) * max(sky.half - reach, 0.3 * sky.half)
        x, y = galaxy["x"] + distance * np.cos(direction), galaxy["y"] + distance * np.sin(direction)
        sigma_v = galaxy["sigma_v"] * 10 ** (-0.102 * fainter)
        e1, e2 = ellipse(0.45 + 0.55 * drawn.rng.random(), drawn.angle())
        magnitudes, radius = early_type(sky, galaxy["z_lens"], sigma_v, 0.0, 0.1 * (drawn.rng.random() - 0.5))
        shape = {"e1": e1, "e2": e2, "center_x": x, "center_y": y}
        drawn.add("other", sky.flux(magnitudes), R_sersic=radius, n_sersic=3.5, **shape)
        if z_source is not None:
            drawn.add("epl", theta_E=distances.theta_E(sigma_v, galaxy["z_lens"], z_source), gamma=2.0, **shape)


def add_light(
    drawn: Drawn, sky: Sky, galaxy: dict, settings: DeflectorSettings, picture: Picture | None = None
) -> None:
    """The light of the main galaxy: one Sersic profile, one with an extended envelope, or a real galaxy's picture."""
    brighter, wider = drawn.draw(settings.magnitude_scatter), drawn.draw(settings.size_scatter)
    magnitudes, radius = early_type(sky, galaxy["z_lens"], galaxy["sigma_v"], brighter, wider)
    e1, e2 = ellipse(galaxy["q"], galaxy["phi"])
    n = drawn.draw(settings.n_sersic)
    centre = {"center_x": galaxy["x"], "center_y": galaxy["y"]}
    flux = sky.flux(magnitudes)
    share = drawn.draw(settings.envelope_flux) if drawn.rng.random() < settings.envelope else 0.0
    if picture is not None:
        scale = radius / picture.half_light_radius
        drawn.add("light_stamps", flux, index=picture.index, scale=scale, angle=drawn.angle(), **centre)
        share = 0.0
    else:
        drawn.add("light", (1 - share) * flux, R_sersic=radius, n_sersic=n, e1=e1, e2=e2, **centre)
    if share:
        _add_envelope(drawn, share * flux, radius, galaxy, settings)
    drawn.truth |= {
        "lens_R_sersic": radius,
        "lens_n_sersic": n,
        "lens_e1": e1,
        "lens_e2": e2,
        "lens_center_x": galaxy["x"],
        "lens_center_y": galaxy["y"],
        "lens_magnitudes": magnitudes,
    }


def _add_envelope(drawn: Drawn, flux: FloatArray, radius: float, galaxy: dict, settings: DeflectorSettings) -> None:
    """The extended component: rounder than the first and along it, or flattened, turned and shifted as settings say."""
    wide = radius * drawn.draw(settings.envelope_size)
    e1, e2 = ellipse(galaxy["q"], galaxy["phi"])
    modulus, phi = 0.7 * np.hypot(e1, e2), galaxy["phi"]
    if settings.envelope_flattening is not None:
        modulus = min(modulus / 0.7 * drawn.draw(settings.envelope_flattening), 0.6)
    if settings.envelope_twist is not None:
        phi = phi + np.radians(drawn.draw(settings.envelope_twist))
    x, y = galaxy["x"], galaxy["y"]
    if settings.envelope_offset is not None:
        x, y = (place + radius * drawn.draw(settings.envelope_offset) for place in (x, y))
    shape = {"e1": modulus * np.cos(2 * phi), "e2": modulus * np.sin(2 * phi), "center_x": x, "center_y": y}
    drawn.add("light", flux, R_sersic=wide, n_sersic=1.2, **shape)


def early_type(sky: Sky, z: float, sigma_v: float, fainter: float, wider: float) -> tuple[FloatArray, float]:
    """AB magnitudes ``[band]`` and half-light radius [arcsec] of an elliptical; scatter in magnitudes and dex."""
    absolute = -21.15 - (np.log10(sigma_v) - 2.203) / 0.102 + fainter
    apparent = absolute + distances.modulus(z) - 2.5 * np.log10(1 + z) - _FADING * z
    radius = 10 ** (0.45 - 0.26 * (absolute + 21.15) + wider)
    return apparent + spectra.galaxy_magnitudes(1.0, z, sky.wavelengths), radius * distances.arcsec_per_kpc(z)
