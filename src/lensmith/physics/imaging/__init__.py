"""From light on the sky to an image: pixel grid, PSF, rendering, noise."""

from lensmith.physics.imaging.convolution import convolve, convolve_transformed, kernel_transform
from lensmith.physics.imaging.grid import bin_pixels, pixel_grid
from lensmith.physics.imaging.noise import add_noise, noise_sigma
from lensmith.physics.imaging.psf import gaussian_psf, moffat_psf, resize_kernel
from lensmith.physics.imaging.render import render

__all__ = [
    "add_noise",
    "bin_pixels",
    "convolve",
    "convolve_transformed",
    "gaussian_psf",
    "kernel_transform",
    "moffat_psf",
    "noise_sigma",
    "pixel_grid",
    "render",
    "resize_kernel",
]
