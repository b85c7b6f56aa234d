"""Convolution with a PSF by fast Fourier transforms."""

from scipy.fft import next_fast_len

from lensmith.physics.arrays import unify
from lensmith.types import Array


def convolve(image: Array, kernel: Array) -> Array:
    """`image` ``[..., y, x]`` convolved with `kernel` ``[y, x]`` of odd sides; the same shape, zero outside the image.

    Padded by half a kernel: what wraps around the edges stays outside the image.
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
    height, width = _padded((rows, columns), kernel_shape)
    top, left = ((side - 1) // 2 for side in kernel_shape)
    spectrum = xp.fft.fft(_transform_rows(image, width, xp), n=height, axis=-2) * transform
    kept = xp.fft.ifft(spectrum, axis=-2)[..., top : top + rows, :]
    return xp.fft.irfft(kept, n=width, axis=-1)[..., left : left + columns]


def _transform_rows(image: Array, width: int, xp) -> Array:
    """Transform of every row, padded to `width`: the upper half of the image, then the lower.

    Two readers of the image make XLA compute it before it is padded. Fused with the padding, which it does where there
    is one, the expression that makes the image loses its vector instructions on a CPU, and takes four times as long.
    """
    middle = (image.shape[-2] + 1) // 2
    halves = [half for half in (image[..., :middle, :], image[..., middle:, :]) if half.shape[-2]]
    return xp.concat([xp.fft.rfft(half, n=width, axis=-1) for half in halves], axis=-2)


def _padded(shape: tuple[int, int], kernel_shape: tuple[int, int]) -> tuple[int, int]:
    """Sides whose transforms are fast, and that keep what wraps around out of the image."""
    return tuple(next_fast_len(max(side + width // 2, width), real=True) for side, width in zip(shape, kernel_shape))
