"""What finders take for lenses: each class is a function that draws it into a scene."""

import numpy as np

from lensmith.simulate.strong import field, spectra
from lensmith.simulate.strong.deflector import add_light, add_members, draw_mass
from lensmith.simulate.strong.settings import StrongSettings
from lensmith.simulate.strong.sky import Drawn, Sky, ellipse

_I_BAND = spectra.REFERENCE


def draw_elliptical(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """The very galaxy that would lens, alone or in its group, without a source behind it."""
    scale = drawn.draw(settings.deflector.scale)
    group = {"group": settings.group, "cluster": settings.cluster}.get(scale)
    galaxy = draw_mass(drawn, sky, settings.deflector, group)
    add_light(drawn, sky, galaxy, settings.deflector, drawn.picture(settings.deflector.catalogue_fraction))
    if group is not None:
        add_members(drawn, sky, galaxy, group, None)
    drawn.truth |= {"scale": scale, "z_lens": galaxy["z_lens"], "sigma_v": galaxy["sigma_v"]}


def draw_spiral(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """A red bulge and a blue disc with drawn arms (two mostly), from face-on to half inclined."""
    magnitude, radius, (x, y) = _bright_galaxy(drawn, sky, settings)
    z = 0.1 + 0.35 * drawn.rng.random()
    e1, e2 = ellipse(0.5 + 0.5 * drawn.rng.random(), drawn.angle())
    bulge = 0.08 + 0.35 * drawn.rng.random()
    shape = {"e1": e1, "e2": e2, "center_x": x, "center_y": y}
    blue = _magnitudes(sky, magnitude - 2.5 * np.log10(1 - bulge), 0.1 + 0.25 * drawn.rng.random(), z)
    arms = 2.0 if drawn.rng.random() < 0.75 else 3.0 + float(drawn.rng.random() < 0.4)
    winding = drawn.rng.choice([-1.0, 1.0]) * np.radians(12 + 18 * drawn.rng.random())
    contrast = 0.45 + 0.5 * drawn.rng.random()
    drawn.add(
        "spirals",
        sky.flux(blue),
        R_sersic=radius,
        **shape,
        arms=arms,
        pitch=winding,
        phase=drawn.angle(),
        contrast=contrast,
    )
    _add_bulge(drawn, sky, magnitude - 2.5 * np.log10(bulge), 0.25 * radius, 2.0, z, shape)
    for _ in range(int(drawn.rng.integers(0, 4))):
        knot, away, towards = 3 + 2 * drawn.rng.random(), radius * (0.7 + drawn.rng.random()), drawn.angle()
        at = {"center_x": x + away * np.cos(towards), "center_y": y + away * np.sin(towards)}
        flux = sky.flux(_magnitudes(sky, magnitude + knot, 0.0, z))
        drawn.add("other", flux, R_sersic=0.08 * radius, n_sersic=1.0, e1=0.0, e2=0.0, **at)
    drawn.truth["z_lens"] = z


def draw_ring(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """A ring galaxy: a red bulge, a faint disc and a blue ring about it, which looks like an Einstein ring."""
    magnitude, radius, (x, y) = _bright_galaxy(drawn, sky, settings)
    z = 0.1 + 0.4 * drawn.rng.random()
    e1, e2 = ellipse(0.6 + 0.4 * drawn.rng.random(), drawn.angle())
    shape = {"e1": e1, "e2": e2, "center_x": x, "center_y": y}
    share = 0.15 + 0.3 * drawn.rng.random()
    blue = _magnitudes(sky, magnitude - 2.5 * np.log10(share), 0.2 * drawn.rng.random(), z)
    ring = {"radius": radius * (0.9 + 0.5 * drawn.rng.random()), "width": radius * (0.1 + 0.15 * drawn.rng.random())}
    drawn.add("rings", sky.flux(blue), **ring, **shape)
    disc = _magnitudes(sky, magnitude - 2.5 * np.log10(0.3), 0.5, z)
    drawn.add("other", sky.flux(disc), R_sersic=0.9 * radius, n_sersic=1.0, **shape)
    _add_bulge(drawn, sky, magnitude - 2.5 * np.log10(0.7 - share), 0.35 * radius, 3.0, z, shape)
    drawn.truth["z_lens"] = z


def draw_merger(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """Two or three galaxies within touch of each other, and a one-armed tail."""
    magnitude, radius, (x, y) = _bright_galaxy(drawn, sky, settings)
    z = 0.15 + 0.4 * drawn.rng.random()
    e1, e2 = ellipse(0.5 + 0.5 * drawn.rng.random(), drawn.angle())
    first = {"e1": e1, "e2": e2, "center_x": x, "center_y": y}
    _add_bulge(drawn, sky, magnitude, 0.6 * radius, 1.5 + 2.5 * drawn.rng.random(), z, first)
    for _ in range(1 + int(drawn.rng.random() < 0.35)):
        away, towards = radius * (0.7 + 1.5 * drawn.rng.random()), drawn.angle()
        e1, e2 = ellipse(0.3 + 0.7 * drawn.rng.random(), drawn.angle())
        at = {"center_x": x + away * np.cos(towards), "center_y": y + away * np.sin(towards)}
        flux = sky.flux(_magnitudes(sky, magnitude + 2.2 * drawn.rng.random(), 0.9 * drawn.rng.random(), z))
        size = radius * (0.25 + 0.5 * drawn.rng.random())
        drawn.add("other", flux, R_sersic=size, n_sersic=1 + 2 * drawn.rng.random(), e1=e1, e2=e2, **at)
    tail = _magnitudes(sky, magnitude + 1 + 1.5 * drawn.rng.random(), 0.4 * drawn.rng.random(), z)
    pitch = drawn.rng.choice([-1.0, 1.0]) * np.radians(20 + 20 * drawn.rng.random())
    arm = {"arms": 1.0, "pitch": pitch, "phase": drawn.angle(), "contrast": 1.0}
    drawn.add("spirals", sky.flux(tail), R_sersic=1.5 * radius, **first, **arm)
    drawn.truth["z_lens"] = z


def draw_star(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """One to three stars where the lens would be."""
    spread = 0.5
    for _ in range(1 + int(drawn.rng.integers(0, 3))):
        x, y = spread * drawn.rng.normal(size=2)
        magnitudes = field.add_star(drawn, sky, x, y, drawn.draw(settings.impostors.star_magnitude))
        drawn.truth.setdefault("lens_magnitudes", magnitudes)
        spread = 0.35 * sky.half


def draw_satellite(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """A galaxy with the trail of a satellite across it."""
    draw_elliptical(drawn, sky, settings)
    x, y = 0.7 * (2 * drawn.rng.random(2) - 1) * sky.half
    # Sunlight, in each arcsec of length as bright as magnitude 20 to 23.
    brightness = 20 + 3 * drawn.rng.random()
    flux = sky.flux(field.star_magnitudes(sky, brightness, 0.25)) * drawn.rng.permutation(
        np.r_[1.0, np.zeros(len(sky.bands) - 1)]
    )
    # A single exposure of a single band sees it.
    width = 0.15 + 0.3 * drawn.rng.random()
    drawn.add("trails", flux, center_x=x, center_y=y, angle=drawn.angle(), width=width)


def draw_spikes(drawn: Drawn, sky: Sky, settings: StrongSettings) -> None:
    """A bright star anywhere in the cutout, with its diffraction spikes."""
    x, y = 0.9 * (2 * drawn.rng.random(2) - 1) * sky.half
    magnitude = drawn.draw(settings.impostors.spike_magnitude)
    magnitudes = field.add_star(drawn, sky, x, y, magnitude)
    direction = drawn.angle()
    # Near the star a spike holds some thousandths of its light in each arcsec; it fades over 2 arcsec.
    flux = 4e-3 * sky.flux(magnitudes)
    for spike in range(settings.impostors.spike_arms // 2):
        angle = direction + 2 * np.pi * spike / settings.impostors.spike_arms
        width = max(0.06, 0.5 * sky.pixel_scale)
        drawn.add("trails", flux, center_x=x, center_y=y, angle=angle, width=width, length=2.0)
    drawn.truth["lens_magnitudes"] = magnitudes


IMPOSTORS = {
    "elliptical": draw_elliptical,
    "spiral": draw_spiral,
    "ring": draw_ring,
    "merger": draw_merger,
    "star": draw_star,
    "satellite": draw_satellite,
    "spikes": draw_spikes,
}
"""Every class of what is no lens, and the function that draws it."""


def _bright_galaxy(drawn: Drawn, sky: Sky, settings: StrongSettings) -> tuple[float, float, tuple[float, float]]:
    """Magnitude (i band), half-light radius [arcsec] and place of a galaxy in the middle."""
    impostors = settings.impostors
    magnitude = drawn.draw(impostors.spiral_magnitude)
    radius = drawn.draw(impostors.spiral_radius) * 10 ** (-0.12 * (magnitude - 19.8))
    offset = settings.deflector.offset
    return magnitude, radius, (drawn.draw(offset) * sky.pixel_scale, drawn.draw(offset) * sky.pixel_scale)


def _magnitudes(sky: Sky, magnitude: float, redness: float, z: float) -> np.ndarray:
    """AB magnitudes ``[band]`` of a galaxy of an i-band magnitude."""
    relative = spectra.galaxy_magnitudes(redness, z, np.concatenate([[_I_BAND], sky.wavelengths]))
    return magnitude + relative[1:] - relative[0]


def _add_bulge(drawn: Drawn, sky: Sky, magnitude: float, radius: float, n: float, z: float, shape: dict) -> None:
    """The galaxy's red middle, as the light of the lens, with its truth."""
    magnitudes = _magnitudes(sky, magnitude, 0.9, z)
    drawn.add("light", sky.flux(magnitudes), R_sersic=radius, n_sersic=n, **shape)
    drawn.truth |= {"lens_R_sersic": radius, "lens_n_sersic": n, "lens_magnitudes": magnitudes}
    drawn.truth |= {f"lens_{name}": value for name, value in shape.items()}
