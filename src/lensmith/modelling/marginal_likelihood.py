"""The likelihood of one band with every linear amplitude marginalised: the inner loop of all samplers, in JAX.

Its gradient is in `lensmith.modelling.marginal_gradient`.

With the whitened data y, the fixed columns F (sky, lens light) and the source's columns S(theta), all with Gaussian
priors, the integral over their amplitudes is Gaussian (Suyu et al. 2006, sect. 2; Hogg & Lang 2010). The fixed columns
do not move with theta, so that they are integrated out beforehand; the source enters by those of its modes on which
the data say something (`lensmith.modelling.target`). Amplitudes are counted from those of the best fit, which keeps
float32 exact enough: all large terms cancel in the residual.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from lensmith.modelling.lensed_source import gaussians, grid_profiles, observe


class BandArrays(NamedTuple):
    """One band of a target; float32 but for what is summed in float64.

    `x`, `y` ``[fine y, fine x]`` arcsec and `kernel_fft` of the cut-out that holds the arcs; `lit` ``[lit]`` flat
    indices of its points that the source's grid lights up, and `place` ``[fine y * fine x]`` where each point stands in
    these, or their number; `root_weight` ``[y * x]`` 1 / sigma (0 where a pixel does not count), `data` ``[y * x]``
    whitened image less the best fit's fixed columns; `best` ``[column]`` amplitudes of the best fit's source, `modes`
    ``[column, mode]``, `mode_precision` and `mode_pull` ``[mode]`` the prior's precision and gradient in the modes'
    amplitudes; `fixed` ``[fixed, y * x]`` whitened fixed columns made orthonormal under their posterior, `fixed_pull`
    ``[fixed]`` what pixels outside the cut-out and the prior say of them; `constant` of the log-likelihood; `spacing`
    of the grid at the size `log_size` of the best fit's source, with which all columns grow and shrink at constant
    surface brightness; `source_flux` ``[1 + mode]`` of the best fit's source and of the modes.
    """

    x: jax.Array
    y: jax.Array
    kernel_fft: jax.Array
    lit: jax.Array
    place: jax.Array
    root_weight: jax.Array
    data: jax.Array
    best: jax.Array
    modes: jax.Array
    mode_precision: jax.Array
    mode_pull: jax.Array
    fixed: jax.Array
    fixed_pull: jax.Array
    constant: jax.Array
    spacing: jax.Array
    log_size: jax.Array
    source_flux: jax.Array


class Evaluated(NamedTuple):
    """Log marginal likelihood, and flux of arcs (before the PSF) and of the source at the amplitudes' mean given theta.

    Fluxes are in units of the image summed over its pixels.
    """

    log_likelihood: jax.Array
    arc_flux: jax.Array
    source_flux: jax.Array


class Reduced(NamedTuple):
    """What the integral over the amplitudes needs.

    `residual` y ``[y * x]`` and `columns` S ``[mode, y * x]`` of the modes, both whitened; with F the fixed columns
    `cross` S F^T and `pull`, F y and what else pulls at these; `matrix` and `vector` the modes' normal equations with
    the fixed columns integrated.
    """

    residual: jax.Array
    columns: jax.Array
    cross: jax.Array
    pull: jax.Array
    matrix: jax.Array
    vector: jax.Array


def images_of(core, offsets, band: BandArrays):
    """Lensed images ``[1 + mode, fine y, fine x]`` of the best fit's source and of the modes, before the PSF.

    `offsets` ``[3, fine y, fine x]`` are what `source_offsets` gives at `core`.
    """
    core = core.astype(band.x.dtype)
    dx, dy, radius2 = offsets
    scale = jnp.exp(core[12] - band.log_size)
    columns = scale**2 * gaussians(core[12], radius2).reshape(-1, band.x.size)
    combine = combinations(band)
    n = columns.shape[0]
    images = combine[:n].T @ columns
    if combine.shape[0] > n:
        along_x, along_y = (grid_profiles(d.ravel()[band.lit], scale * band.spacing) for d in (dx, dy))
        nodes = (along_x[:, None] * along_y[None]).reshape(-1, len(band.lit))
        images = images + jnp.pad(combine[n:].T @ nodes, ((0, 0), (0, 1)))[:, band.place]
    return images.reshape(-1, *band.x.shape)


def combinations(band: BandArrays):
    """Amplitudes ``[column, 1 + mode]`` of the source's columns in the best fit's source and in the modes."""
    return jnp.concatenate([band.best[:, None], band.modes], 1)


def reduced(images, band: BandArrays, fft_side, supersampling) -> Reduced:
    """Images before the PSF, ``[1 + mode, fine y, fine x]``, against the data."""
    images = observe(images, band.kernel_fft, fft_side, supersampling)
    whitened = images.reshape(len(images), -1) * band.root_weight
    residual, columns = band.data - whitened[0], whitened[1:]
    products = columns @ jnp.concatenate([columns, band.fixed, residual[None]]).T
    n = columns.shape[0]
    cross = products[:, n:-1].astype(float)
    pull = (band.fixed @ residual).astype(float) + band.fixed_pull
    matrix = products[:, :n].astype(float) - cross @ cross.T + jnp.diag(band.mode_precision)
    vector = products[:, -1].astype(float) - band.mode_pull - cross @ pull
    return Reduced(residual, columns, cross, pull, matrix, vector)


def integrated(found: Reduced, constant):
    """Log of the Gaussian integral over the amplitudes; also the Cholesky factor and the half-solved vector."""
    root = jnp.linalg.cholesky(found.matrix)
    half = solve_triangular(root, found.vector, lower=True)
    residual = found.residual.astype(float)
    chi2 = residual @ residual - found.pull @ found.pull - half @ half
    return constant - 0.5 * chi2 - jnp.sum(jnp.log(jnp.diag(root))), root, half


@partial(jax.jit, static_argnames=("fft_side", "supersampling"))
def evaluate(core, offsets, band: BandArrays, fft_side: int, supersampling: int) -> Evaluated:
    """`Evaluated` at one `CORE` vector, with the `offsets` of `images_of`."""
    images = images_of(core, offsets, band)
    value, root, half = integrated(reduced(images, band, fft_side, supersampling), band.constant)
    weights = jnp.concatenate([jnp.ones(1), solve_triangular(root.T, half)])
    arcs = images.sum((1, 2)).astype(float) @ weights / supersampling**2
    area = jnp.exp(2 * (core[12] - band.log_size))
    return Evaluated(value, arcs, area * (band.source_flux @ weights))
