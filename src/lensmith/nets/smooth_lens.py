"""A smooth lens and its light as a detector sees them, under JAX in float32: what `lens_physics` fits to every image.

Singular isothermal ellipsoid with external shear, and one elliptical Sersic source, by the functions of `physics/`. The
parameters, ``[14]``, are in `NAMES`: the logarithms keep what must be positive positive, and the source's centre is
counted from the lens's.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from pydantic import Field

from lensmith.nets.settings import Settings
from lensmith.physics.imaging import pixel_grid
from lensmith.physics.light import sersic
from lensmith.physics.mass import shear, sie
from lensmith.types import Array
from lensmith.units import FWHM_PER_SIGMA

NAMES = (
    *("log_theta_E", "e1", "e2", "gamma1", "gamma2", "center_x", "center_y"),
    *("source_x", "source_y", "log_R_sersic", "log_n_sersic", "source_e1", "source_e2", "log_amp"),
)
PRIOR_MEAN = np.array([np.log(1.2), 0, 0, 0, 0, 0, 0, 0, 0, np.log(0.25), np.log(1.2), 0, 0, np.log(19)], np.float32)
PRIOR_SIGMA = np.array(
    [0.25, *[0.12] * 2, *[0.06] * 2, *[0.1] * 2, *[0.25] * 2, 0.35, 0.4, *[0.15] * 2, 0.4], np.float32
)
"""What lenses and sources are like; the fit is held by it only where an image says nothing."""

Bend = Callable[[Sequence[Array], Array, Array], tuple[Array, Array]]
"""A further deflection [arcsec] of parameters, which may be more than `NAMES`, at x, y from the lens's centre."""

_TERMS = 6
"""Of the deflection's series: 1e-6 relative for ellipticities up to 0.3."""
_FLOOR = 1e-12


class Detector(Settings):
    """Pixels, PSF and noise of the images that are fitted.

    Attributes
    ----------
    pixel_scale : arcsec.
    fwhm : of the Gaussian PSF [arcsec], sampled by the pixels and cut at `truncation` sigma.
    noise : ``photon``, Gaussian background and photon noise; ``photon-twice``, that clipped at zero and drawn as
        Poisson once more, as the published Model I has it.
    background_rms, exposure : for images that do not bring their own: 1 sigma of the background [flux], and electrons
        for one unit of flux.
    """

    pixel_scale: float = Field(0.05, gt=0)
    fwhm: float = Field(0.087, gt=0)
    truncation: float = Field(3.0, gt=0)
    noise: Literal["photon", "photon-twice"] = "photon"
    background_rms: float = Field(0.01, gt=0)
    exposure: float = Field(1778.0, gt=0)

    def kernel(self, binning: int = 1) -> np.ndarray:
        """The PSF along one axis, float32 ``[tap]``, sampled by cells of `binning` pixels."""
        sigma = self.fwhm / FWHM_PER_SIGMA / self.pixel_scale / binning
        reach = int(self.truncation * sigma + 0.5)
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        return (taps / taps.sum()).astype(np.float32)


class Noise(NamedTuple):
    """Of one image: 1 sigma of the background [flux], and electrons for one unit of flux; float32 scalars."""

    background_rms: Array
    exposure: Array


def flux(
    parameters: Sequence[Array], detector: Detector, side: int, binning: int = 1, bend: Bend | None = None
) -> Array:
    """Flux a pixel without noise, ``[side, side]``, of parameters ``[14]``; `bend` adds a deflection.

    With `binning` about the mean flux a pixel in cells of so many pixels squared, ``[side / binning, ...]``: the
    brightness at the cell's centre, for the first steps of a fit.
    """
    scale = binning * detector.pixel_scale
    x, y = (coordinate.astype(np.float32) for coordinate in pixel_grid((side // binning,) * 2, scale))
    beta = source_plane(parameters, x - parameters[5], y - parameters[6], bend)
    kernel = detector.kernel(binning)
    return _blurred(brightness(parameters, *beta), kernel) * np.float32(detector.pixel_scale**2)


def slopes(light: Callable[[Sequence[Array]], Array], parameters: Array, places: Sequence[int]) -> tuple[Array, Array]:
    """``light(parameters)`` and its derivatives by the parameters at `places`, ``[place, ...]``.

    One parameter at a time, the others constants: JAX leaves out what they do not reach, and what the passes share is
    computed once. Two to three times faster here than pushing a matrix of all directions through.
    """
    values = [parameters[k] for k in range(len(parameters))]
    along = lambda k, value: light([*values[:k], value, *values[k + 1 :]])
    passes = [jax.jvp(partial(along, k), (values[k],), (jnp.ones_like(values[k]),)) for k in places]
    return passes[0][0], jnp.stack([slope for _, slope in passes])


def source_plane(parameters: Sequence[Array], x: Array, y: Array, bend: Bend | None = None) -> tuple[Array, Array]:
    """Where rays seen at (x, y) come from [arcsec]; both are counted from the lens's centre. `bend` adds to it."""
    seen_at = x, y = jnp.asarray(x), jnp.asarray(y)
    smooth = sie.deflection(x, y, jnp.exp(parameters[0]), parameters[1], parameters[2], terms=_TERMS)
    tide = shear.deflection(x, y, parameters[3], parameters[4])
    x, y = x - smooth[0] - tide[0], y - smooth[1] - tide[1]
    if bend is None:
        return x, y
    more = bend(parameters, *seen_at)
    return x - more[0], y - more[1]


def brightness(parameters: Sequence[Array], beta_x: Array, beta_y: Array) -> Array:
    """Flux per square arcsec of the source at (beta_x, beta_y)."""
    amp, radius, index = (jnp.exp(parameters[k]) for k in (13, 9, 10))
    shape = (parameters[k] for k in (11, 12, 7, 8))
    return sersic.surface_brightness(beta_x, beta_y, amp, radius, index, *shape)


def mean_slope(light: Array, noise: Noise, detector: Detector) -> Array:
    """Derivative of a pixel's mean by its flux without noise, the shape of `light`."""
    return jax.jvp(lambda flux: mean_and_variance(flux, noise, detector)[0], (light,), (jnp.ones_like(light),))[1]


def mean_and_variance(light: Array, noise: Noise, detector: Detector) -> tuple[Array, Array]:
    """Mean and variance of every pixel's value, the shape of `light` (flux without noise)."""
    light = jnp.maximum(light, 0)
    gaussian = noise.background_rms**2 + light / noise.exposure
    if detector.noise == "photon":
        return light, gaussian
    # Of max(light + sigma N, 0), by the moments of a censored normal (Greene, Econometric Analysis, theorem 19.3), then
    # of a Poisson draw with that mean.
    sigma = jnp.sqrt(gaussian)
    z = light / sigma
    above = 0.5 * (1 + jax.lax.erf(z * np.float32(0.5**0.5)))
    density = jnp.exp(-0.5 * z * z) * np.float32((2 * np.pi) ** -0.5)
    mean = light * above + sigma * density
    square = (light * light + gaussian) * above + light * sigma * density
    return mean, jnp.maximum(square - mean * mean, _FLOOR) + mean / noise.exposure


@partial(jax.jit, static_argnames=("detector", "side"))
def draw_images(key: Array, parameters: Array, noise: Noise, detector: Detector, side: int) -> Array:
    """Noisy images ``[sample, side, side]`` of parameters ``[sample, 14]``: a lesson for the network that proposes."""
    light = jax.lax.map(lambda one: flux(one, detector, side), parameters)
    rms, exposure = noise.background_rms[:, None, None], noise.exposure[:, None, None]
    first, second = jax.random.split(key)
    sigma = jnp.sqrt(rms**2 + light / exposure)
    noisy = light + sigma * jax.random.normal(first, light.shape, jnp.float32)
    if detector.noise == "photon":
        return noisy
    # A Gaussian is near enough to the second Poisson draw for a lesson.
    clipped = jnp.maximum(noisy, 0)
    again = clipped + jnp.sqrt(clipped / exposure) * jax.random.normal(second, light.shape, jnp.float32)
    return jnp.maximum(again, 0)


def _blurred(image: Array, kernel: np.ndarray) -> Array:
    """`image` ``[y, x]`` with `kernel` along both axes; beyond the edges it goes on as at the edge.

    A handful of shifted sums: a fifth faster, in a fit, than the product with a matrix.
    """
    reach = len(kernel) // 2
    for axis in (0, 1):
        side = image.shape[axis]
        wide = jnp.pad(image, [(reach, reach) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        image = sum(share * jax.lax.slice_in_dim(wide, tap, tap + side, axis=axis) for tap, share in enumerate(kernel))
    return image
