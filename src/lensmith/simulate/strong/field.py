"""What happens to stand near: galaxies at any redshift and stars of the Milky Way."""

import numpy as np

from lensmith.simulate.strong import spectra
from lensmith.simulate.strong.settings import NeighbourSettings
from lensmith.simulate.strong.sky import Drawn, Sky, ellipse

_SQUARE_ARCMIN = 3600.0
_MOST = 14


def add_neighbours(drawn: Drawn, sky: Sky, settings: NeighbourSettings) -> None:
    """Galaxies and stars anywhere in the cutout, as many as their densities say (Poisson)."""
    area = (2 * sky.half) ** 2 / _SQUARE_ARCMIN
    galaxies, stars = drawn.rng.poisson([settings.density * area, settings.star_density * area])
    galaxies = min(int(galaxies), _MOST)
    if galaxies:
        places = (2 * drawn.rng.random((galaxies, 2)) - 1) * sky.half
        magnitudes = settings.magnitude.draw_many(drawn.rng, galaxies)
        redness = settings.redness.draw_many(drawn.rng, galaxies)
        for (x, y), magnitude, red, u in zip(places, magnitudes, redness, drawn.rng.random((galaxies, 5))):
            add_galaxy(drawn, sky, x, y, magnitude, red, u)
    for _ in range(min(int(stars), 2)):
        x, y = (2 * drawn.rng.random(2) - 1) * sky.half
        add_star(drawn, sky, x, y, drawn.draw(settings.star_magnitude))


def add_galaxy(drawn: Drawn, sky: Sky, x: float, y: float, magnitude: float, redness: float, u: np.ndarray) -> None:
    """A field galaxy; `u` are five uniform numbers for redshift, size, index, axis ratio and angle.

    Half-light radius 0.55" at i = 22, smaller by a factor 10^0.1 for each magnitude fainter (the trend of
    Leauthaud et al. 2007, ApJS 172, 219).
    """
    z = max(0.05, (0.45 + 0.12 * (magnitude - 22)) * np.exp(0.6 * (u[0] - 0.5)))
    at = np.concatenate([[spectra.REFERENCE], sky.wavelengths])
    relative = spectra.galaxy_magnitudes(redness, z, at)
    radius = 0.55 * 10 ** (-0.1 * (magnitude - 22) + 0.4 * (u[1] - 0.5))
    n = 0.7 + 0.8 * u[2] + 2.5 * max(0.0, redness - 0.6)
    e1, e2 = ellipse(0.3 + 0.7 * u[3], np.pi * u[4])
    shape = {"R_sersic": radius, "n_sersic": n, "e1": e1, "e2": e2, "center_x": x, "center_y": y}
    drawn.add("other", sky.flux(magnitude + relative[1:] - relative[0]), **shape)


def star_magnitudes(sky: Sky, magnitude: float, redness: float) -> np.ndarray:
    """AB magnitudes ``[band]`` of a star of i-band `magnitude`: a black body, 6500 K (redness 0) to 3300 K (1)."""
    heat = 1.4388e8 / (6500 - 3200 * redness)
    at = np.concatenate([[spectra.REFERENCE], sky.wavelengths])
    per_frequency = -2.5 * np.log10(at**-3.0 / np.expm1(heat / at))
    return magnitude + per_frequency[1:] - per_frequency[0]


def add_star(drawn: Drawn, sky: Sky, x: float, y: float, magnitude: float) -> np.ndarray:
    """A star as a point; its magnitudes ``[band]``."""
    magnitudes = star_magnitudes(sky, magnitude, drawn.rng.random())
    drawn.add("points", sky.flux(magnitudes), x=x, y=y)
    return magnitudes
