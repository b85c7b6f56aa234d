"""The scene drawn by lensmith's physics under JAX."""

import jax.numpy as jnp

from benchmarks import scene
from lensmith.physics.imaging import bin_pixels, convolve_transformed, kernel_transform, pixel_grid
from lensmith.physics.light import sersic
from lensmith.physics.mass import epl, shear

SERIES_TERMS = {"float32": 8, "float64": 20}
"""As the fit of `lensmith.modelling` has it (1e-6), and the default of float64 (1e-8)."""


def image_function(side: int, supersampling: int, precision: str):
    """A function from the vector of parameters to the image ``[y, x]``, to be compiled."""
    x, y = (jnp.asarray(axis, precision) for axis in pixel_grid((side, side), scene.FIELD / side, supersampling))
    kernel = jnp.asarray(scene.psf(side), precision)
    transform, pixel_area = kernel_transform(kernel, (side, side)), (scene.FIELD / side) ** 2

    def image(vector):
        mass, tide, lens, source = scene.split(vector)
        alpha_x, alpha_y = epl.deflection(x, y, **mass, terms=SERIES_TERMS[precision])
        tide_x, tide_y = shear.deflection(x, y, **tide)
        beta = x - alpha_x - tide_x, y - alpha_y - tide_y
        brightness = sersic.surface_brightness(x, y, scene.LENS_AMPLITUDE, **lens)
        brightness += sersic.surface_brightness(*beta, scene.SOURCE_AMPLITUDE, **source)
        return convolve_transformed(bin_pixels(brightness, supersampling) * pixel_area, transform, kernel.shape)

    return image
