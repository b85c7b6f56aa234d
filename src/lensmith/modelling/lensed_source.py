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
_SINGULAR = 0.005
"""Points closer than this to the lens centre [arcsec] are left out of gradients of the log-determinant."""
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


@jax.custom_jvp
def _grid_sum(amplitudes, spacing, dx, dy):
    return jnp.sum(grid_profiles(dx, spacing) * jnp.tensordot(amplitudes, grid_profiles(dy, spacing), 1), 0)


@_grid_sum.defjvp
def _grid_sum_jvp(primals, tangents):
    """Gradient of the gridded source once, whatever the number of tangents."""
    amplitudes, spacing, dx, dy = primals
    _, _, dx_dot, dy_dot = tangents
    along_x, along_y = grid_profiles(dx, spacing), grid_profiles(dy, spacing)
    node = (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2).astype(np.float32).reshape((-1,) + (1,) * dx.ndim) * spacing
    variance = (GRID_OVERLAP * spacing) ** 2
    rows = jnp.tensordot(amplitudes, along_y, 1)
    slope_x = -jnp.sum(along_x * (dx - node) * rows, 0) / variance
    slope_y = -jnp.sum(along_x * jnp.tensordot(amplitudes, along_y * (dy - node), 1), 0) / variance
    return jnp.sum(along_x * rows, 0), slope_x * dx_dot + slope_y * dy_dot


def _to_pixels(images, supersampling):
    """Mean over the sub-pixels of the last two axes."""
    if supersampling == 1:
        return images
    *lead, rows, columns = images.shape
    blocks = images.reshape(*lead, rows // supersampling, supersampling, columns // supersampling, supersampling)
    return blocks.mean((-1, -3))


def observe(images, kernel_fft, fft_side, supersampling):
    """Average onto pixels and convolve with the PSF; last two axes."""
    images = _to_pixels(images, supersampling)
    side = images.shape[-1]
    spectrum = jnp.fft.rfft2(images, s=(fft_side, fft_side)) * kernel_fft
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
    along_y = grid_profiles(dy, spacing)
    # A row of nodes at a time: what it needs stays in the processor's cache, which halves the time.
    drawn = lambda along_x: observe(along_x * along_y, kernel_fft, fft_side, supersampling)
    nodes = jax.lax.map(drawn, grid_profiles(dx, spacing))
    return nodes.reshape(-1, *nodes.shape[2:])


@_static
def _offset_gradients(theta, vectors, cotangent, spacing, x, y, kernel_fft, fft_side, supersampling):
    """Derivatives ``[2, y, x]`` of the sum in `grid_pullback` in the source-plane offsets of every point."""
    vectors, cotangent, spacing = (jnp.asarray(a, x.dtype) for a in (vectors, cotangent, spacing))
    dx, dy, _ = source_offsets(theta.astype(x.dtype), x, y)
    image = jax.ShapeDtypeStruct(x.shape, x.dtype)
    transposed = jax.linear_transpose(lambda i: observe(i, kernel_fft, fft_side, supersampling), image)
    side = x.shape[0] // supersampling
    (unlensed,) = jax.lax.map(transposed, cotangent.reshape(-1, side, side))
    # By hand: XLA for CPUs (JAX 0.10.2) gives a wrong derivative along y where it differentiates the product itself.
    unlensed = unlensed.reshape(len(unlensed), -1)
    along_x, along_y = (grid_profiles(d.ravel(), spacing) for d in (dx, dy))
    node = (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2).astype(np.float32).reshape(-1, 1) * spacing
    variance = (GRID_OVERLAP * spacing) ** 2
    slope_x, slope_y = -along_x * (dx.ravel() - node) / variance, -along_y * (dy.ravel() - node) / variance

    def add_row(total, row):
        combine, own, slope = row
        weight = combine @ unlensed
        return (total[0] + slope * jnp.sum(weight * along_y, 0), total[1] + own * jnp.sum(weight * slope_y, 0)), None

    rows = vectors.reshape(GRID_SIDE, GRID_SIDE, -1), along_x, slope_x
    (in_x, in_y), _ = jax.lax.scan(add_row, (jnp.zeros_like(dx.ravel()),) * 2, rows)
    return jnp.stack([in_x, in_y]).reshape(2, *dx.shape)


@jax.jit
def _offset_pullback(theta, gradients, x, y):
    # At the very centre the deflection jumps, and its derivative stands for no pixel's mean.
    away = jnp.hypot(x - theta[4].astype(x.dtype), y - theta[5].astype(x.dtype)) > _SINGULAR
    gradients = jnp.where(away, gradients, 0.0)
    _, pull = jax.vjp(lambda theta: jnp.stack(source_offsets(theta.astype(x.dtype), x, y)[:2]), theta)
    return pull(gradients)[0]


def grid_pullback(theta, vectors, cotangent, spacing, x, y, kernel_fft, fft_side, supersampling):
    """Gradient ``[parameter]`` of the sum of the nodes' images, combined by `vectors` ``[node, mode]``, times
    `cotangent` ``[mode, pixel]``."""
    gradients = _offset_gradients(theta, vectors, cotangent, spacing, x, y, kernel_fft, fft_side, supersampling)
    return _offset_pullback(theta, gradients, x, y)


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
