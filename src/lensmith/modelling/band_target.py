"""One band of a final fit, frozen: what its marginal likelihood needs (see `lensmith.modelling.target`)."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import scipy.ndimage as ndi
from scipy.fft import next_fast_len
from scipy.linalg import eigh

from lensmith.fitting import positive_root
from lensmith.modelling.joint import FIRST_LIGHT, FieldBand
from lensmith.modelling.lensed_source import GRID_OVERLAP, N_GAUSSIANS
from lensmith.modelling.marginal_likelihood import BandArrays
from lensmith.modelling.nodes_window import lit_by_nodes
from lensmith.modelling.prepare import padded_transform

_INFORMED = 0.2
"""Information of the data over that of the prior, from which a mode of the source is kept."""
_MODE_STEP, _FIXED_STEP, _SIDE_STEP, _LIT_PARTS = 32, 32, 16, 4
"""Sizes are rounded up to multiples of these (the lit points: of the fourth part of all points), so that compiled
functions are shared between lenses."""
_FEW_STEP = 8
"""The same of the modes of a source without a grid, which has few."""
_VISIBLE = 0.02
"""Spread that the source's prior and data leave in a pixel, in units of its noise, from which the pixel matters."""
_MARGIN = 0.08
"""By how much the arcs may move, in units of theta_E: the cut-out is wider by so much."""
LIGHT_FREEDOM = 4.0 ** np.arange(6)
"""Factors by which the prior variance of sky and lens light may be raised: the evidence chooses."""
_OUTLIER = 4.0
"""Scale of the robust loss where the fit had none [sigma]."""


@dataclass(frozen=True, eq=False)
class BandTarget:
    """One band: what the likelihood needs, and the static sizes of its compiled function.

    `informed` is how many modes of the source the data inform; `light_freedom` the factor by which
    the prior variance of sky and lens light was raised.
    """

    arrays: BandArrays
    fft_side: int
    supersampling: int
    informed: int
    light_freedom: float

    @property
    def static(self) -> dict:
        """Arguments that JAX compiles in."""
        return {"fft_side": self.fft_side, "supersampling": self.supersampling}


def _up(n: int, step: int) -> int:
    return max(step, -(-n // step) * step)


def _frozen_weight(field: FieldBand, state, inflation: float):
    """Weight ``[pixel in use]`` with the noise of outliers raised, and all noise by the factor `inflation`."""
    projected = field.projected
    weight = projected.root_weight**2 / projected.robust
    residual = np.abs(state.residual) / np.sqrt(projected.robust)
    scale = projected.cauchy or _OUTLIER
    return weight / (inflation * np.maximum(residual / scale, 1)) ** 2


def _source_prior(field: FieldBand, amplitudes):
    """Inverse covariance of the source's amplitudes: the grid's, and broad independent ones for its Gaussians."""
    n_fixed = field.projected.n_fixed
    out = field.projected.prior[n_fixed:, n_fixed:].copy()
    total = max(np.sum(np.maximum(amplitudes[:N_GAUSSIANS], 0)), 1e-300)
    out[:N_GAUSSIANS, :N_GAUSSIANS] += np.eye(N_GAUSSIANS) / total**2
    return out


def _fixed_prior(field: FieldBand, freedom: float):
    """Inverse covariance of the fixed columns' amplitudes, that of the profile (sky and Gaussians) relaxed."""
    n = field.projected.n_fixed
    out = field.projected.prior[:n, :n].copy()
    profile = np.r_[0, FIRST_LIGHT:n]
    out[np.ix_(profile, profile)] /= freedom
    return out


def _light_freedom(field: FieldBand, state, root_weight, source, source_prior) -> float:
    """The factor of `LIGHT_FREEDOM` with the largest evidence of the linear model at the best fit.

    The first fit of the lens light knew nothing of the arcs. Where they pulled it, a prior tight around it bends the
    mass: the slope by many sigma.
    """
    projected = field.projected
    n = projected.n_fixed
    fixed = projected.fixed / projected.root_weight * root_weight
    columns, used = np.vstack([fixed, source]), np.concatenate([np.ones(n, bool), state.passive[n:]])
    away = (projected.data / projected.root_weight - projected.prior_mean[:n] @ (fixed / root_weight)) * root_weight
    gram, vector = (columns @ columns.T)[np.ix_(used, used)], (columns @ away)[used]
    values = []
    for freedom in LIGHT_FREEDOM:
        prior = np.zeros((len(used),) * 2)
        prior[:n, :n], prior[n:, n:] = _fixed_prior(field, freedom), source_prior
        total = gram + prior[np.ix_(used, used)]
        root = positive_root(total)
        half = np.linalg.solve(root, vector)
        own = prior[:n, :n][np.ix_(used[:n], used[:n])]
        log_det = np.linalg.slogdet(own + 1e-9 * np.diag(np.diag(gram)[: len(own)]))[1]
        values.append(0.5 * (half @ half + log_det) - np.sum(np.log(np.diag(root))))
    return float(LIGHT_FREEDOM[np.argmax(values)])


def _fixed_part(field: FieldBand, state, root_weight, prior):
    """Whitened fixed columns, made orthonormal under their posterior; the prior's pull; log-determinants."""
    projected = field.projected
    columns = projected.fixed / projected.root_weight * root_weight
    gram = columns @ columns.T + prior
    gram = gram + 1e-9 * np.diag(np.diag(gram))
    root = np.linalg.cholesky(gram)
    away = (state.amplitudes - projected.prior_mean)[: projected.n_fixed]
    prior_root = np.linalg.cholesky(prior + 1e-9 * np.diag(np.diag(gram)))
    log_det = np.sum(np.log(np.diag(prior_root))) - np.sum(np.log(np.diag(root)))
    return np.linalg.solve(root, columns), -np.linalg.solve(root, prior @ away), log_det - 0.5 * away @ prior @ away


def _modes(information, prior, used):
    """Modes ``[column, mode]`` in order of how much the data say of them, scaled to unit posterior variance.

    Also the ratio ``[mode]`` of the data's information to the prior's.
    """
    ratio, vectors = eigh(information[np.ix_(used, used)], prior[np.ix_(used, used)])
    ratio, vectors = np.maximum(ratio[::-1], 0), vectors[:, ::-1]
    informed = int((ratio > _INFORMED).sum())
    # With the best fit's source an even number of images.
    number = _up(1 + informed, _MODE_STEP if len(ratio) > _MODE_STEP else _FEW_STEP) - 1
    kept = min(number, len(ratio))
    out = np.zeros((len(prior), number))
    out[used, :kept] = vectors[:, :kept] / np.sqrt(1 + ratio[:kept])
    ratios = np.zeros(out.shape[1])
    ratios[:kept] = ratio[:kept]
    return out, ratios, informed


def _cut_out(field: FieldBand, matters, reach: float):
    """Square (row, column, side) of the band's grid that holds all pixels that matter with `reach` pixels around."""
    side = field.prepared.side
    rows, columns = np.nonzero(ndi.binary_dilation(matters, iterations=max(1, int(np.ceil(reach)))))
    if not len(rows):
        rows, columns = np.array([side // 2]), np.array([side // 2])
    size = min(_up(int(max(np.ptp(rows), np.ptp(columns))) + 1, _SIDE_STEP), side)
    corner = [int(np.clip((v.min() + v.max() + 1 - size) // 2, 0, side - size)) for v in (rows, columns)]
    return *corner, size


def _kernel_transform(kernel, side: int, whole: bool):
    """FFT of a kernel centred on pixel (0, 0), and the side of the FFT, the smallest that is fast.

    A cut-out that is not the `whole` stamp has next to no light at its edges (`_MARGIN`), so that nothing wraps around.
    """
    least = side + len(kernel) // 2 if whole else max(side, len(kernel))
    return padded_transform(kernel, next_fast_len(least, real=True))


def _lit(field: FieldBand, core, x, y):
    """Flat indices of the points (x, y) that the source's grid lights up, and where every point stands among them.

    Most of a field is too far from the arcs. The last index is repeated up to a multiple of the step; a point that is
    not lit gets the number of indices.
    """
    if field.grid is None:
        return np.zeros(1, int), np.full(x.size, 1)
    lit = np.flatnonzero(lit_by_nodes(core, field.grid.spacing, x, y))
    lit = lit if len(lit) else np.zeros(1, int)
    number = min(_up(len(lit), -(-x.size // _LIT_PARTS)), x.size)
    place = np.full(x.size, number)
    place[lit] = np.arange(len(lit))
    return np.pad(lit, (0, number - len(lit)), mode="edge"), place


@dataclass(frozen=True, eq=False)
class _Linear:
    """The linear model at the best fit: whitened `data` ``[pixel in use]`` less the fixed columns, and the rest of it.

    `fixed`, `fixed_pull`, `modes` and `ratios` as `_fixed_part` and `_modes` give them, `constant` of the likelihood.
    """

    root_weight: np.ndarray
    data: np.ndarray
    fixed: np.ndarray
    fixed_pull: np.ndarray
    modes: np.ndarray
    ratios: np.ndarray
    informed: int
    prior: np.ndarray
    sensitivity: np.ndarray
    constant: float
    freedom: float


def _linear_model(field: FieldBand, core, state, inflation: float) -> _Linear:
    projected = field.projected
    weight = _frozen_weight(field, state, inflation)
    root_weight = np.sqrt(weight)
    best, used = state.amplitudes[projected.n_fixed :], state.passive[projected.n_fixed :]
    prior = _source_prior(field, best)
    whitened = np.asarray(projected.columns(core, projected.select), float) * root_weight
    freedom = _light_freedom(field, state, root_weight, whitened, prior)
    fixed, fixed_pull, constant = _fixed_part(field, state, root_weight, _fixed_prior(field, freedom))
    cross = whitened @ fixed.T
    modes, ratios, informed = _modes(whitened @ whitened.T - cross @ cross.T, prior, used)
    plain = (projected.data - state.amplitudes[: projected.n_fixed] @ projected.fixed) / projected.root_weight
    sensitivity = np.zeros(field.prepared.image.size)
    sensitivity[projected.select] = np.sqrt(np.sum((modes.T @ whitened) ** 2, 0) + (best @ whitened) ** 2)
    constant += np.sum(np.log(root_weight)) - 0.5 * len(weight) * np.log(2 * np.pi)
    constant -= 0.5 * (best[used] @ prior[np.ix_(used, used)] @ best[used] + np.sum(np.log1p(ratios)))
    return _Linear(
        root_weight, plain * root_weight, fixed, fixed_pull, modes, ratios, informed, prior,
        sensitivity.reshape(field.prepared.image.shape), constant, freedom,
    )  # fmt: skip


def _column_fluxes(field: FieldBand) -> np.ndarray:
    """Flux ``[column]`` of the source's columns at unit amplitude before lensing, in the image's flux."""
    gaussian = np.ones(N_GAUSSIANS)
    if field.grid is None:
        return gaussian / field.prepared.pixel_scale**2
    node = np.full(field.projected.n_columns - N_GAUSSIANS, 2 * np.pi * (GRID_OVERLAP * field.grid.spacing) ** 2)
    return np.concatenate([gaussian, node]) / field.prepared.pixel_scale**2


def band_target(field: FieldBand, core, state, inflation: float = 1.0) -> BandTarget:
    """Freeze one band of a final fit; `core` and `state` are its best values, `inflation` a factor on its noise."""
    prepared, select = field.prepared, field.projected.select
    linear, best = _linear_model(field, core, state, inflation), state.amplitudes[field.projected.n_fixed :]
    reach = _MARGIN * np.exp(core[0]) / prepared.pixel_scale + 1
    row, column, side = _cut_out(field, linear.sensitivity > _VISIBLE, reach)
    rows, columns = np.divmod(select, prepared.side)
    inside = (rows >= row) & (rows < row + side) & (columns >= column) & (columns < column + side)
    data, fixed = linear.data, linear.fixed
    outside_pull = fixed[:, ~inside] @ data[~inside] + linear.fixed_pull
    s = prepared.supersampling
    fine = np.s_[row * s : (row + side) * s, column * s : (column + side) * s]
    lit, place = _lit(field, core, prepared.fine_x[fine], prepared.fine_y[fine])
    kernel_fft, fft_side = _kernel_transform(prepared.kernel, side, side == prepared.side)
    n_fixed, pixels = _up(len(fixed), _FIXED_STEP), ((rows - row) * side + columns - column)[inside]
    single = lambda values: jnp.asarray(values, jnp.float32)
    on_cut_out = lambda values: _placed(values[..., inside], pixels, side**2)
    arrays = BandArrays(
        x=single(prepared.fine_x[fine]),
        y=single(prepared.fine_y[fine]),
        kernel_fft=jnp.asarray(kernel_fft, jnp.complex64),
        lit=jnp.asarray(lit, jnp.int32),
        place=jnp.asarray(place, jnp.int32),
        root_weight=single(on_cut_out(linear.root_weight)),
        data=single(on_cut_out(data)),
        best=single(best),
        modes=single(linear.modes),
        mode_precision=jnp.asarray(1 / (1 + linear.ratios)),
        mode_pull=jnp.asarray(linear.modes.T @ (linear.prior @ best)),
        fixed=single(_padded(on_cut_out(fixed), (n_fixed, side**2))),
        fixed_pull=jnp.asarray(_padded(outside_pull, (n_fixed,))),
        constant=jnp.asarray(linear.constant - 0.5 * data[~inside] @ data[~inside]),
        spacing=jnp.asarray(field.grid.spacing if field.grid else 1.0, jnp.float32),
        log_size=jnp.asarray(core[12], jnp.float32),
        source_flux=jnp.asarray(_column_fluxes(field) @ np.column_stack([best, linear.modes])),
    )
    return BandTarget(arrays, fft_side, s, linear.informed, linear.freedom)


def _placed(values, places, size: int):
    """Values ``[..., place]`` in an array ``[..., size]`` of zeros."""
    out = np.zeros((*values.shape[:-1], size))
    out[..., places] = values
    return out


def _padded(values, shape):
    values = np.asarray(values)
    return np.pad(values, [(0, n - m) for n, m in zip(shape, values.shape)])
