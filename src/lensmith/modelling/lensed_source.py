"""The lensed source of the fit, in JAX: EPL + external shear, a multi-Gaussian source, or that on a Gaussian grid.

Everything is float32: the fits need a relative precision of 1e-4 at most, and single precision halves their time.
Parameters come as the `CORE` vector of `lensmith.modelling.parameters`. The shear acts about the lens centre, so that
moving the whole image of a band is the same as moving the lens centre.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.physics.ellipticity import radius_squared
from lensmith.physics.mass import epl, shear

N_GAUSSIANS = 5
RELATIVE_WIDTHS = 2.0 ** (np.arange(N_GAUSSIANS) - 2.0)
"""Widths of the source's Gaussians in units of exp(log_size)."""
GRID_SIDE = 12
"""Side of the grid of Gaussians that refines the source."""
GRID_OVERLAP = 0.85
"""Width of the grid's Gaussians in units of its spacing."""
SERIES_TERMS = 8
"""Terms of the EPL's series that are matched: 1e-6 relative down to q = 0.3, about the bound of the ellipticity."""


def ray_trace(theta, x, y):
    """Source-plane position [arcsec] of image-plane points relative to the lens centre."""
    log_radius, gamma, e1, e2, x_lens, y_lens, gamma1, gamma2 = theta[:8]
    dx, dy = x - x_lens, y - y_lens
    alpha_x, alpha_y = epl.deflection(dx, dy, jnp.exp(log_radius), gamma, e1, e2, terms=SERIES_TERMS)
    shear_x, shear_y = shear.deflection(dx, dy, gamma1, gamma2)
    return dx - alpha_x - shear_x, dy - alpha_y - shear_y


def source_offsets(theta, x, y):
    """Source-plane position relative to the source's centre, and its squared elliptical radius [arcsec^2]."""
    beta_x, beta_y = ray_trace(theta, x, y)
    radius = jnp.exp(theta[0])
    dx, dy = beta_x - radius * theta[8], beta_y - radius * theta[9]
    return dx, dy, radius_squared(dx, dy, theta[10], theta[11])


def gaussians(log_size, radius2):
    """Gaussians of unit flux ``[gaussian, ...]`` per square arcsec."""
    variance = (jnp.exp(log_size) * RELATIVE_WIDTHS.astype(np.float32)) ** 2
    variance = variance.reshape((-1,) + (1,) * radius2.ndim)
    return jnp.exp(-0.5 * radius2 / variance) / (2 * jnp.pi * variance)


@jax.custom_jvp
def _gaussian_sum(amplitudes, log_size, radius2):
    return jnp.tensordot(amplitudes, gaussians(log_size, radius2), 1)


@_gaussian_sum.defjvp
def _gaussian_sum_jvp(primals, tangents):
    """One pass over the Gaussians for all tangents: their slopes in radius and size are the same for every pixel."""
    amplitudes, log_size, radius2 = primals
    _, size_dot, radius2_dot = tangents
    variance = (jnp.exp(log_size) * RELATIVE_WIDTHS.astype(np.float32)) ** 2
    terms = amplitudes.reshape((-1,) + (1,) * radius2.ndim) * gaussians(log_size, radius2)
    inverse = (1 / variance).astype(terms.dtype)
    value = terms.sum(0)
    weighted = jnp.tensordot(inverse, terms, 1)
    return value, -0.5 * weighted * radius2_dot + (weighted * radius2 - 2 * value) * size_dot


def grid_profiles(offset, spacing):
    """The grid's one-dimensional Gaussians ``[node, ...]`` at `offset` from its centre."""
    node = (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2).astype(np.float32)
    node = node.reshape((-1,) + (1,) * offset.ndim) * spacing
    return jnp.exp(-0.5 * ((offset - node) / (GRID_OVERLAP * spacing)) ** 2)


def grid_slopes(offset, spacing):
    """`grid_profiles` and their derivatives in the offset, both ``[node, ...]``."""
    along = grid_profiles(offset, spacing)
    node = (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2).astype(np.float32)
    node = node.reshape((-1,) + (1,) * offset.ndim) * spacing
    return along, -along * (offset - node) / (GRID_OVERLAP * spacing) ** 2


@jax.custom_jvp
def _grid_sum(amplitudes, spacing, dx, dy):
    return jnp.sum(grid_profiles(dx, spacing) * jnp.tensordot(amplitudes, grid_profiles(dy, spacing), 1), 0)


@_grid_sum.defjvp
def _grid_sum_jvp(primals, tangents):
    """Gradient of the gridded source once, whatever the number of tangents."""
    amplitudes, spacing, dx, dy = primals
    _, _, dx_dot, dy_dot = tangents
    (along_x, slope_x), (along_y, slope_y) = grid_slopes(dx, spacing), grid_slopes(dy, spacing)
    rows = jnp.tensordot(amplitudes, along_y, 1)
    slope_x = jnp.sum(slope_x * rows, 0)
    slope_y = jnp.sum(along_x * jnp.tensordot(amplitudes, slope_y, 1), 0)
    return jnp.sum(along_x * rows, 0), slope_x * dx_dot + slope_y * dy_dot


def _to_pixels(images, supersampling):
    """Mean over the sub-pixels of the last two axes."""
    if supersampling == 1:
        return images
    *lead, rows, columns = images.shape
    rows = images.reshape(*lead, rows // supersampling, supersampling, columns).sum(-2)
    # Strided slices: a mean over two axes of blocks took seven times as long.
    return sum(rows[..., first::supersampling] for first in range(supersampling)) / supersampling**2


def observe(images, kernel_fft, fft_side, supersampling):
    """Average onto pixels and convolve with the PSF; last two axes."""
    return _filtered(_to_pixels(images, supersampling), kernel_fft, fft_side)


def before_psf(pixels, kernel_fft, fft_side):
    """The convolution of `observe` transposed: derivatives in the image that the PSF blurs from those in what is seen.

    Both ``[..., y, x]``, at pixels.
    """
    return _filtered(pixels, jnp.conj(kernel_fft), fft_side)


def _filtered(images, factor, fft_side):
    """Images ``[..., y, x]`` times a factor in Fourier space.

    Two or three at a time: all at once, what is worked on does not fit the processor's cache, and takes a third longer.
    """
    flat = images.reshape(-1, *images.shape[-2:])
    few = next(number for number in (2, 3, 1) if len(flat) % number == 0)
    some = flat.reshape(-1, few, *flat.shape[1:])
    return jax.lax.map(lambda images: _in_fourier_space(images, factor, fft_side), some).reshape(images.shape)


def _in_fourier_space(images, factor, fft_side):
    side = images.shape[-1]
    spectrum = jnp.fft.rfft2(images, s=(fft_side, fft_side)) * factor
    return jnp.fft.irfft2(spectrum, s=(fft_side, fft_side))[..., :side, :side]


_static = partial(jax.jit, static_argnames=("fft_side", "supersampling"))


@_static
def source_columns(theta, x, y, kernel_fft, fft_side, supersampling):
    """Observed images ``[gaussian, y, x]`` of the lensed source's Gaussians, each of unit flux before lensing."""
    _, _, radius2 = source_offsets(theta.astype(x.dtype), x, y)
    return observe(gaussians(theta[12].astype(x.dtype), radius2), kernel_fft, fft_side, supersampling)


def _image(theta, amplitudes, x, y):
    _, _, radius2 = source_offsets(theta, x, y)
    return _gaussian_sum(amplitudes, theta[12], radius2)


def _derivatives(image, theta):
    """Derivative ``[parameter, y, x]`` of ``image(theta)``.

    One parameter after the other: all at once, as in `jax.jacfwd`, what is worked on does not fit the processor's
    cache, and takes twice as long.
    """
    _, derivative = jax.linearize(image, theta)
    return jax.lax.map(derivative, jnp.eye(len(theta), dtype=theta.dtype))


@_static
def source_jacobian(theta, amplitudes, x, y, kernel_fft, fft_side, supersampling):
    """Derivative ``[parameter, y, x]`` of the observed image at fixed amplitudes."""
    theta, amplitudes = theta.astype(x.dtype), amplitudes.astype(x.dtype)
    tangents = _derivatives(lambda theta: _image(theta, amplitudes, x, y), theta)
    return observe(tangents, kernel_fft, fft_side, supersampling)


@_static
def node_columns(theta, spacing, x, y, kernel_fft, fft_side, supersampling):
    """Observed images ``[node, y, x]`` of the grid's nodes (x slow, y fast)."""
    theta, spacing = theta.astype(x.dtype), jnp.asarray(spacing, x.dtype)
    dx, dy, _ = source_offsets(theta, x, y)
    along_x, along_y = grid_profiles(dx, spacing), grid_profiles(dy, spacing)
    pairs = along_y.reshape(-1, 2, *along_y.shape[1:])

    def drawn(index):  # two nodes at a time, as in `_filtered`
        nodes = along_x[index // len(pairs)] * pairs[index % len(pairs)]
        return _in_fourier_space(_to_pixels(nodes, supersampling), kernel_fft, fft_side)

    nodes = jax.lax.map(drawn, jnp.arange(GRID_SIDE * len(pairs)))
    return nodes.reshape(-1, *nodes.shape[2:])


def _grid_image(theta, amplitudes, spacing, x, y):
    dx, dy, radius2 = source_offsets(theta, x, y)
    smooth = _gaussian_sum(amplitudes[:N_GAUSSIANS], theta[12], radius2)
    return smooth + _grid_sum(amplitudes[N_GAUSSIANS:].reshape(GRID_SIDE, GRID_SIDE), spacing, dx, dy)


@_static
def grid_jacobian(theta, amplitudes, spacing, x, y, kernel_fft, fft_side, supersampling):
    """As `source_jacobian`, for the source with the grid."""
    theta, amplitudes = theta.astype(x.dtype), amplitudes.astype(x.dtype)
    spacing = jnp.asarray(spacing, x.dtype)
    tangents = _derivatives(lambda theta: _grid_image(theta, amplitudes, spacing, x, y), theta)
    return observe(tangents, kernel_fft, fft_side, supersampling)


@_static
def parity_images(theta, amplitudes, x, y, kernel_fft, fft_side, supersampling):
    """Observed images ``[2, y, x]`` of positive (minima and maxima) and of negative parity (saddle points)."""
    theta, amplitudes = theta.astype(x.dtype), amplitudes.astype(x.dtype)
    _, b_x = jax.jvp(lambda u: jnp.stack(ray_trace(theta, u, y)), (x,), (jnp.ones_like(x),))
    _, b_y = jax.jvp(lambda v: jnp.stack(ray_trace(theta, x, v)), (y,), (jnp.ones_like(y),))
    determinant = b_x[0] * b_y[1] - b_x[1] * b_y[0]
    positive = jax.nn.sigmoid(determinant / 0.1)
    image = _image(theta, amplitudes, x, y)
    return observe(jnp.stack([image * positive, image * (1 - positive)]), kernel_fft, fft_side, supersampling)


def source_surface(theta, amplitudes, spacing, width: float, n: int = 64):
    """The source itself ``[y, x]``, flux per square arcsec, on a square of side `width` around its centre."""
    half = width / 2 * (1 - 1 / n)
    line = jnp.linspace(-half, half, n)
    dx, dy = jnp.meshgrid(line, line)
    out = _gaussian_sum(jnp.asarray(amplitudes[:N_GAUSSIANS]), theta[12], radius_squared(dx, dy, theta[10], theta[11]))
    if len(amplitudes) > N_GAUSSIANS:
        out = out + _grid_sum(jnp.asarray(amplitudes[N_GAUSSIANS:]).reshape(GRID_SIDE, GRID_SIDE), spacing, dx, dy)
    return np.asarray(out)
