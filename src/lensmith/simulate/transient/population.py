"""What is in the sky of each sample: drawn on the host, a stream of random numbers for each sample and attempt.

Attempts: geometry first (redshifts in order, an Einstein radius within bounds), then the supernova, then galaxies and
the lens equation; a sample whose supernova has fewer than two images or would not be detected is drawn afresh, before
the lens equation where no likely magnification would help. All steps work on whatever samples are pending, and none
depends on the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lensmith.errors import SettingsError
from lensmith.physics import cosmology, lens_model
from lensmith.simulate.randomness import rng
from lensmith.simulate.transient.galaxies import Galaxy, early_type, late_type
from lensmith.simulate.transient.lensed_images import lensed_images
from lensmith.simulate.transient.settings import SupernovaSettings, TransientSettings
from lensmith.simulate.transient.sncosmo_supernova import SncosmoSupernova
from lensmith.simulate.transient.supernovae import Supernova
from lensmith.simulate.transient.systems import System, system_of
from lensmith.types import FloatArray
from lensmith.units import ARCSEC_PER_RADIAN

_LENS_NAMES = ("theta_E", "gamma", "e1", "e2", "gamma1", "gamma2")
_BEHIND = 0.1
"""Least difference between the redshifts of source and lens."""


@dataclass
class PointImages:
    """Images of a supernova, ``[image]`` each: positions [arcsec], absolute magnification, delay [days]."""

    x: FloatArray
    y: FloatArray
    magnification: FloatArray
    delay: FloatArray


@dataclass
class Draw:
    """One sample's sky, before it is observed. What a system lacks is None."""

    index: int
    system: System
    galaxy: Galaxy | None = None
    source: Galaxy | None = None
    neighbour: Galaxy | None = None
    mass: dict[str, float] | None = None
    neighbour_theta_E: float = 0.0
    z_lens: float = np.nan
    z_source: float = np.nan
    sigma_v: float = np.nan
    time_delay_distance: float = np.nan
    supernova: Supernova | None = None
    supernova_position: tuple[float, float] = (np.nan, np.nan)
    images: PointImages | None = None
    peak_time: float = np.nan
    attempt: int = 0
    stream: np.random.Generator = field(default=None, repr=False)


def begin(
    settings: TransientSettings,
    seed: int,
    indices: list[int],
    attempt: int,
    nights: tuple[float, ...],
    promising: Callable[[Draw], bool],
) -> list[Draw]:
    """Samples with geometry, supernova, galaxies, masses and lensed images.

    A sample whose supernova is not `promising` is left without galaxies and images.
    """
    draws = [Draw(index, system_of(seed, index), attempt=attempt) for index in indices]
    _draw_geometry(settings, seed, draws)
    lens, source = (_distances(np.array([getattr(draw, z) for draw in draws])) for z in ("z_lens", "z_source"))
    for i, draw in enumerate(draws):
        if draw.system.supernova:
            modulus = source[0][i] if draw.system.source else lens[0][i]
            draw_supernova(settings.supernova, draw, nights, float(modulus))
    kept = np.array([i for i, draw in enumerate(draws) if not draw.system.supernova or promising(draw)], dtype=int)
    likely = [draws[i] for i in kept]
    lenses = [draw for draw in likely if draw.system.source]
    for draw, distance in zip(lenses, _time_delay_distances(lenses)):
        draw.time_delay_distance = float(distance)
        _draw_mass(settings, draw)
    _draw_galaxies(settings, likely, *(values[kept] for values in (*lens, *source)))
    _place_supernovae(settings, likely)
    return draws


def _draw_geometry(settings: TransientSettings, seed: int, draws: list[Draw]) -> None:
    """Redshifts and velocity dispersions, drawn again until source and Einstein radius are where they may be."""
    pending = [draw for draw in draws if draw.system.galaxy]
    for draw in draws:
        draw.stream = rng(seed, draw.index, "transient", draw.attempt)
    for _ in range(settings.selection.attempts):
        for draw in pending:
            lensed = draw.system.source
            unlensed_host = bool(draw.system.supernova) and not lensed
            z = settings.supernova.z_unlensed if unlensed_host else settings.galaxy.z
            draw.z_lens = float(z.draw(draw.stream))
            draw.sigma_v = float(settings.galaxy.sigma_v.draw(draw.stream))
            draw.z_source = float(settings.source.z.draw(draw.stream)) if lensed else np.nan
        lenses = [draw for draw in pending if draw.system.source and draw.z_source > draw.z_lens + _BEHIND]
        theta_E = _einstein_radii(lenses)
        kept = (theta_E >= settings.mass.theta_E_min) & (theta_E <= settings.mass.theta_E_max)
        done = {id(draw) for draw, keep in zip(lenses, kept) if keep}
        for draw, radius in zip(lenses, theta_E):
            draw.mass = {"theta_E": float(radius)}
        pending = [draw for draw in pending if draw.system.source and id(draw) not in done]
        if not pending:
            break
    else:
        raise SettingsError(
            f"no lens with theta_E of {settings.mass.theta_E_min:g} to {settings.mass.theta_E_max:g} arcsec came out "
            f"in {settings.selection.attempts} attempts; widen mass.theta_E_min and theta_E_max or raise galaxy.sigma_v"
        )


def _einstein_radii(lenses: list[Draw]) -> FloatArray:
    if not lenses:
        return np.empty(0)
    sigma_v, z_lens, z_source = (
        np.array([getattr(draw, name) for draw in lenses]) for name in ("sigma_v", "z_lens", "z_source")
    )
    return cosmology.sis_theta_E(sigma_v, z_lens, z_source)


def _time_delay_distances(lenses: list[Draw]) -> FloatArray:
    if not lenses:
        return np.empty(0)
    z_lens, z_source = (np.array([getattr(draw, name) for draw in lenses]) for name in ("z_lens", "z_source"))
    return cosmology.time_delay_distance(z_lens, z_source)


def _draw_mass(settings: TransientSettings, draw: Draw) -> None:
    """Slope and shear of a lens whose theta_E is known; its ellipticity follows when the light is drawn."""
    stream = draw.stream
    strength, angle = settings.mass.shear.draw(stream), 2 * np.pi * stream.random()
    draw.mass |= {
        "gamma": float(settings.mass.gamma.draw(stream)),
        "gamma1": float(strength * np.cos(angle)),
        "gamma2": float(strength * np.sin(angle)),
    }


def _draw_galaxies(settings: TransientSettings, draws: list[Draw], modulus, kpc, modulus_source, kpc_source) -> None:
    """The light of all galaxies, from distance moduli and kpc an arcsec ``[draw]`` of lens and source."""
    for i, draw in enumerate(draws):
        system, stream = draw.system, draw.stream
        if not system.galaxy:
            continue
        draw.galaxy = early_type(settings.galaxy, stream, draw.sigma_v, draw.z_lens, modulus[i], kpc[i])
        if system.neighbour:
            sigma_v = float(settings.neighbour.sigma_v.draw(stream))
            x, y = (settings.neighbour.distance.draw(stream) * stream.choice((-1.0, 1.0)) for _ in range(2))
            draw.neighbour = early_type(settings.galaxy, stream, sigma_v, draw.z_lens, modulus[i], kpc[i], (x, y))
        if system.source:
            _align_mass(settings, draw)
            offset = settings.source.offset_max * draw.mass["theta_E"] * np.sqrt(stream.random())
            angle = 2 * np.pi * stream.random()
            centre = float(offset * np.cos(angle)), float(offset * np.sin(angle))
            draw.source = late_type(settings.source, stream, draw.z_source, modulus_source[i], kpc_source[i], centre)
            if system.neighbour:
                draw.neighbour_theta_E = float(draw.mass["theta_E"] * (sigma_v / draw.sigma_v) ** 2)


def _distances(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance modulus and kpc an arcsec at each redshift, NaN where it is NaN."""
    modulus, kpc = np.full(len(z), np.nan), np.full(len(z), np.nan)
    known = np.isfinite(z)
    if known.any():
        distance = cosmology.distance(z[known])
        modulus[known] = 5 * np.log10(distance * (1 + z[known]) ** 2) + 25
        kpc[known] = distance * 1e3 / ARCSEC_PER_RADIAN
    return modulus, kpc


def _align_mass(settings: TransientSettings, draw: Draw) -> None:
    """The mass has the light's position angle, and an ellipticity about the light's."""
    ratio = settings.mass.ellipticity_ratio.draw(draw.stream)
    draw.mass |= {"e1": float(ratio * draw.galaxy.e1), "e2": float(ratio * draw.galaxy.e2)}


def _place_supernovae(settings: TransientSettings, draws: list[Draw]) -> None:
    """Each supernova at its distance from the host's centre, and the images of the lensed ones."""
    hosts = [draw for draw in draws if draw.system.supernova]
    for draw in hosts:
        host = draw.source or draw.galaxy
        separation, angle = settings.supernova.separation.draw(draw.stream), 2 * np.pi * draw.stream.random()
        draw.supernova_position = (
            float(host.center_x + separation * np.cos(angle)),
            float(host.center_y + separation * np.sin(angle)),
        )
        if not draw.system.source:
            one = np.ones(1)
            x, y = draw.supernova_position
            draw.images = PointImages(x * one, y * one, one, 0 * one)
    lensed = [draw for draw in hosts if draw.system.source]
    if not lensed:
        return
    lenses = {name: [draw.mass[name] for draw in lensed] for name in _LENS_NAMES}
    found = lensed_images(lenses, *np.array([draw.supernova_position for draw in lensed]).T)
    for i, draw in enumerate(lensed):
        there = np.isfinite(found["x"][i])
        x, y, magnification, fermat = (found[name][i][there] for name in ("x", "y", "magnification", "fermat"))
        delay = lens_model.time_delay(fermat, draw.time_delay_distance)
        draw.images = PointImages(x, y, np.abs(magnification), delay)


def draw_supernova(settings: SupernovaSettings, draw: Draw, nights: tuple[float, ...], modulus: float) -> None:
    """Type, luminosity and time of peak (of the first image) of a sample's supernova."""
    stream = draw.stream
    z = draw.z_source if draw.system.source else draw.z_lens
    if draw.system.supernova == "ia":
        extinction = 3.1 * settings.color_ia.draw(stream)
        kind, absolute, stretch = "Ia", settings.absolute_ia, settings.stretch_ia
    else:
        kind = str(settings.core_collapse.draw(stream))
        absolute, stretch = getattr(settings, f"absolute_{kind.lower()}"), settings.stretch_cc
        extinction = settings.extinction_cc.draw(stream)
    law = Supernova if settings.templates == "analytic" else SncosmoSupernova
    draw.supernova = law(kind, float(absolute.draw(stream)), float(stretch.draw(stream)), float(extinction), z, modulus)
    first, last = nights[0] - settings.before, nights[-1] + settings.after
    draw.peak_time = float(first + (last - first) * stream.random())
