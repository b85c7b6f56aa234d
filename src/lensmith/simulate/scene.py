"""A galaxy-scale scene, lens or no lens, and the image that a telescope makes of it before noise."""

from dataclasses import dataclass

from lensmith.physics.imaging import pixel_grid, render
from lensmith.physics.light import sersic
from lensmith.physics.mass import epl, shear
from lensmith.types import FloatArray

_SUPERSAMPLING = 5
"""Points along the side of a pixel, over which surface brightness is averaged."""


@dataclass(frozen=True)
class Galaxy:
    """Sersic light: half-light radius [arcsec], index, shape, centre [arcsec], and AB magnitude by band."""

    R_sersic: float
    n_sersic: float
    e1: float
    e2: float
    center_x: float
    center_y: float
    magnitudes: dict[str, float]

    def surface_brightness(self, x: FloatArray, y: FloatArray, flux: float) -> FloatArray:
        """Flux per square arcsec at (x, y) [arcsec] for a total of `flux`."""
        shape = (self.R_sersic, self.n_sersic, self.e1, self.e2, self.center_x, self.center_y)
        return sersic.surface_brightness(x, y, flux / sersic.total_flux(1.0, *shape), *shape)


@dataclass(frozen=True)
class Mass:
    """EPL with external shear, in lenstronomy's parameters."""

    theta_E: float
    gamma: float
    e1: float
    e2: float
    center_x: float
    center_y: float
    gamma1: float
    gamma2: float

    def source_plane(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Where rays seen at (x, y) come from [arcsec]."""
        first = epl.deflection(x, y, self.theta_E, self.gamma, self.e1, self.e2, self.center_x, self.center_y)
        second = shear.deflection(x, y, self.gamma1, self.gamma2)
        return x - first[0] - second[0], y - first[1] - second[1]


@dataclass(frozen=True)
class Scene:
    """What is in the sky: galaxies in the foreground and, for a lens, the mass and the galaxy behind it."""

    foreground: tuple[Galaxy, ...]
    mass: Mass | None = None
    source: Galaxy | None = None


def observe(scene: Scene, band: str, side: int, pixel_scale: float, psf: FloatArray, zero_point: float) -> FloatArray:
    """The noiseless image ``[y, x]`` of `side` pixels, in the flux unit of `zero_point`, convolved with the PSF.

    The scene's frame is the image's: x along columns, y along rows, origin at its centre.
    """

    def brightness(x, y):
        light = sum(galaxy.surface_brightness(x, y, flux(galaxy)) for galaxy in scene.foreground)
        if scene.mass is None:
            return light
        return light + scene.source.surface_brightness(*scene.mass.source_plane(x, y), flux(scene.source))

    def flux(galaxy):
        return 10 ** (0.4 * (zero_point - galaxy.magnitudes[band]))

    x, y = pixel_grid((side, side), pixel_scale, _SUPERSAMPLING)
    return render(brightness, x, y, pixel_scale**2, psf, _SUPERSAMPLING)
