"""Foreground stars: magnitudes from number counts, colours of blackbodies."""

from dataclasses import dataclass

from lensmith.simulate.randomness import rng
from lensmith.simulate.survey import Survey
from lensmith.simulate.transient.settings import StarSettings
from lensmith.simulate.transient.spectra import BAND_WAVELENGTH, blackbody_magnitude, wavelengths
from lensmith.simulate.transient.systems import System
from lensmith.types import FloatArray

_CUTOFF, _STEEPNESS = 4000.0, 2.0
"""Metal lines below 4000 angstrom, roughly."""


@dataclass(frozen=True)
class Star:
    """A star at (x, y) [arcsec] of AB magnitude `magnitude` in r and `temperature` [K]."""

    x: float
    y: float
    magnitude: float
    temperature: float

    def magnitudes(self, bands: tuple[str, ...]) -> FloatArray:
        """AB magnitudes ``[band]`` of bands by name."""
        colour = blackbody_magnitude(wavelengths(bands), self.temperature, BAND_WAVELENGTH["r"], _CUTOFF, _STEEPNESS)
        return self.magnitude + colour


def draw_stars(settings: StarSettings, seed: int, index: int, system: System, survey: Survey) -> list[Star]:
    """The stars of sample `index`: one at the centre, one anywhere in the field, as its `system` has them."""
    stream = rng(seed, index, "transient stars")
    width = settings.field_width * survey.side * survey.pixel_scale
    stars = []
    for there, spread in ((system.central_star, 0.0), (system.field_star, width)):
        if there:
            x, y = spread * (stream.random(2) - 0.5)
            magnitude, temperature = settings.magnitude.draw(stream), settings.temperature.draw(stream)
            stars.append(Star(float(x), float(y), float(magnitude), float(temperature)))
    return stars
