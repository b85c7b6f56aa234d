"""Convolution with a PSF by fast Fourier transforms."""

from scipy.fft import next_fast_len

from lensmith.physics.arrays import unify
from lensmith.types import Array


def convolve(image: Array, kernel: Array) -> Array:
    """`image` ``[..., y, x]`` convolved with `kernel` ``[y, x]`` of odd sides; the same shape, zero outside the image.

    Padded to at least image + kernel - 1, so nothing wraps around the edges.
    """
    return convolve_transformed(image, kernel_transform(kernel, image.shape[-2:]), kernel.shape)


def kernel_transform(kernel: Array, shape: tuple[int, int]) -> Array:
    """Transform of `kernel` for images of `shape`: made once, used by `convolve_transformed` for many images."""
    xp, kernel = unify(kernel)
    return xp.fft.rfftn(kernel, s=_padded(shape, kernel.shape), axes=(-2, -1))


def convolve_transformed(image: Array, transform: Array, kernel_shape: tuple[int, int]) -> Array:
    """`convolve` with the kernel given as its `kernel_transform`."""
    xp, image = unify(image)
    rows, columns = image.shape[-2:]
    padded = _padded((rows, columns), kernel_shape)
    full = xp.fft.irfftn(xp.fft.rfftn(image, s=padded, axes=(-2, -1)) * transform, s=padded, axes=(-2, -1))
    top, left = (kernel_shape[0] - 1) // 2, (kernel_shape[1] - 1) // 2
    return full[..., top : top + rows, left : left + columns]


def _padded(shape: tuple[int, int], kernel_shape: tuple[int, int]) -> tuple[int, int]:
    """Sides whose transforms are fast and that hold the whole convolution."""
    return tuple(next_fast_len(side + width - 1, real=True) for side, width in zip(shape, kernel_shape))
