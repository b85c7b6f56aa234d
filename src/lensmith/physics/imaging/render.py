"""From surface brightness to the pixels of an image."""

from collections.abc import Callable

from lensmith.physics.imaging.convolution import convolve
from lensmith.physics.imaging.grid import bin_pixels
from lensmith.types import Array


def render(
    brightness: Callable[[Array, Array], Array],
    x: Array,
    y: Array,
    pixel_area: float,
    psf: Array | None = None,
    supersampling: int = 1,
) -> Array:
    """Flux per pixel, ``[y, x]``, of the surface brightness ``brightness(x, y)`` [flux per square arcsec].

    (x, y) is the supersampled grid of `pixel_grid`, `pixel_area` the area of a full pixel [square arcsec], `psf` a
    kernel in full pixels. Brightness is averaged over each pixel's `supersampling` x `supersampling` points, then
    convolved; where the PSF is narrow against a pixel and the brightness steep, render finer and bin last.
    """
    image = bin_pixels(brightness(x, y), supersampling) * pixel_area
    return image if psf is None else convolve(image, psf)
