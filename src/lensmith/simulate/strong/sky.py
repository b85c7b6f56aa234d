"""What the drawing of a scene must know of the survey, and the record that a drawn scene is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lensmith.simulate.lens_scene import Scene, empty_scenes, put
from lensmith.simulate.strong.pictures import Picture
from lensmith.types import FloatArray

SLOTS = {
    "epl": 16,
    "nfw": 1,
    "shear": 1,
    "light": 2,
    "source": 6,
    "other": 32,
    "points": 9,
    "spirals": 1,
    "rings": 1,
    "trails": 4,
}
"""Slots of every group in the scenes of this kind."""


ChoosePicture = Callable[[np.random.Generator], Picture]


@dataclass(frozen=True, eq=False)
class Sky:
    """One cutout's grid and bands: `side` pixels of `pixel_scale` arcsec, FWHM of the sharpest band [arcsec].

    `wavelengths` [angstrom] and `zero_points` are ``[band]``.
    """

    side: int
    pixel_scale: float
    fwhm: float
    bands: tuple[str, ...]
    wavelengths: FloatArray
    zero_points: FloatArray

    @property
    def half(self) -> float:
        """Half the side of the cutout [arcsec]."""
        return self.side * self.pixel_scale / 2

    def flux(self, magnitudes) -> FloatArray:
        """Flux ``[..., band]`` in the unit of the zero-points."""
        return 10 ** (0.4 * (self.zero_points - magnitudes))


@dataclass(eq=False)
class Drawn:
    """A scene being drawn: what goes into row `row` of `scenes`, its truth, and what later stages need.

    `theta_E_eff` [arcsec] is how far the lensing reaches (0: no lens). `choose` picks one of the catalogue's galaxies,
    where there is a catalogue; `pictures` are those that were picked, numbered by their place.
    """

    scenes: Scene
    row: int
    rng: np.random.Generator
    truth: dict[str, Any] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    theta_E_eff: float = 0.0
    source_position: tuple[float, float] = (0.0, 0.0)
    quasar_magnitudes: FloatArray | None = None
    choose: ChoosePicture | None = None
    pictures: list[Picture] = field(default_factory=list)

    def add(self, group: str, flux=None, **parameters: float) -> bool:
        """Write a profile into the next slot of `group`; False if all are used."""
        slot = self.used.get(group, 0)
        if slot >= len(next(iter(getattr(self.scenes, group).values()))[self.row]):
            return False
        put(self.scenes, group, self.row, slot, flux, **parameters)
        self.used[group] = slot + 1
        return True

    def draw(self, law) -> Any:
        """One value of a distribution."""
        return law.at(self.rng.random())

    def picture(self, fraction: float) -> Picture | None:
        """A real galaxy's picture in `fraction` of the cases; its number is its place in `pictures`."""
        if self.choose is None or self.rng.random() >= fraction:
            return None
        self.pictures.append(self.choose(self.rng))
        return self.pictures[-1].numbered(len(self.pictures) - 1)

    def angle(self) -> float:
        """Any direction [rad]."""
        return 2 * np.pi * self.rng.random()


def new_scenes(n: int, bands: int, stamps: bool) -> Scene:
    """`n` empty scenes of this kind; with slots for pictures of galaxies where `stamps`."""
    pictures = {"light_stamps": 1, "source_stamps": 1} if stamps else {}
    return empty_scenes(n, bands, **SLOTS, **pictures)


def ellipse(q: float, phi: float) -> tuple[float, float]:
    """(e1, e2) of axis ratio `q` and angle `phi` [rad]; `physics.ellipticity.components` for two floats."""
    modulus = (1 - q) / (1 + q)
    return modulus * np.cos(2 * phi), modulus * np.sin(2 * phi)
