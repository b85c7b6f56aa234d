"""One mass model and source position for all bands: the objective that the fits minimise.

Each band brings its own grid, PSF, orientation, light and source amplitudes; what they share is the `CORE` vector, in
which a later band sees the lens moved by its shift.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import scipy.ndimage as ndi

from lensmith.fitting import ProjectedBand, ProjectedState, at_pixels
from lensmith.modelling.grid_pullback import grid_pullback
from lensmith.modelling.lens_light import N_WIDTHS, LensLight
from lensmith.modelling.lensed_source import (
    GRID_SIDE,
    N_GAUSSIANS,
    grid_jacobian,
    node_columns,
    source_columns,
    source_jacobian,
)
from lensmith.modelling.nodes_window import NodesWindow, is_held, whole_window, wrapped_transform
from lensmith.modelling.parameters import LENS_X, LENS_Y, N_CORE
from lensmith.modelling.prepare import PreparedBand

FIRST_LIGHT = 11
"""Sky and corrections come first among the fixed columns, then the Gaussians of the lens light."""
_CENTRE_SIGMA, _SHAPE_SIGMA, _GRADIENT_SIGMA = 0.01, 0.03, 3.0
"""Priors of the linear corrections: light centre [arcsec], light ellipticity, sky terms [median noise a field]."""
_GRADIENT_LENGTH = 3.0
"""Length over which the sky terms are counted [arcsec]."""
_LIGHT_CHANGE, _SKY_CHANGE, _PATCH = 0.1, 0.1, 0.25
"""Expected changes of the lens light (relative) and sky (in noise) over patches of this radius [arcsec]."""


@dataclass(frozen=True, eq=False)
class SourceGrid:
    """A Gaussian-process prior on the amplitudes of the source's grid in one band.

    `spacing` arcsec, `precision` ``[node, node]`` inverse covariance, its strength included.
    """

    spacing: float
    precision: np.ndarray


@dataclass(frozen=True, eq=False)
class FieldBand:
    """One band ready to be fitted: its pixels, lens light, variance and what else the likelihood needs.

    `window` is where the nodes of the source's `grid` are drawn.
    """

    prepared: PreparedBand
    light: LensLight
    projected: ProjectedBand
    variance: np.ndarray
    grid: SourceGrid | None
    window: NodesWindow

    @property
    def use(self):
        """bool ``[y, x]``: pixels in the likelihood."""
        out = np.zeros(self.variance.size, bool)
        out[self.projected.select] = True
        return out.reshape(self.variance.shape)

    def holds_nodes(self, core) -> bool:
        """Whether the grid's nodes are drawn wherever they light something up at `core`."""
        return self.grid is None or is_held(self.window, self.prepared, core, self.grid.spacing)

    def images(self, theta, state: ProjectedState):
        """Lens light with sky, and lensed source, both ``[y, x]``, at one solution.

        Towards the edges, beyond the pixels in use, wings of the PSF may have wrapped around onto the source.
        """
        shape = self.variance.shape
        fixed, _ = fixed_columns(self.prepared, self.light)
        light = state.amplitudes[: self.projected.n_fixed] @ fixed
        columns = np.asarray(self.projected.columns(theta, np.arange(self.variance.size)), float)
        return light.reshape(shape), (state.amplitudes[self.projected.n_fixed :] @ columns).reshape(shape)


def fixed_columns(band: PreparedBand, light: LensLight):
    """Sky, corrections of the light's centre and shape, sky gradients and quadrupole, and the light's Gaussians.

    Returns them as ``[column, pixel]`` with the mean of their amplitudes' prior and which Gaussians are kept.
    """
    kept = light.in_use.reshape(2, N_WIDTHS)
    kept = ndi.binary_dilation(kept, np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]])).ravel()
    typical = np.median(band.noise[band.use])
    x, y = (band.x / _GRADIENT_LENGTH).ravel(), (band.y / _GRADIENT_LENGTH).ravel()
    sky = np.stack([x, y, x * x - y * y, 2 * x * y]) * typical
    ones = np.ones((1, band.image.size))
    fixed = np.vstack([ones, light.derivatives.reshape(6, -1), sky, light.columns.reshape(2 * N_WIDTHS, -1)[kept]])
    return fixed, np.concatenate([[light.sky], np.zeros(10), light.amplitudes[1:][kept]])


def _fixed_precision(band: PreparedBand, light: LensLight, fixed, weight) -> np.ndarray:
    """Inverse covariance of the fixed columns' amplitudes.

    Without it a wide source takes over the lens' halo: the data cannot tell them apart, the first light fit, which
    saw the whole stamp, can. Patches of the light may differ from it by `_LIGHT_CHANGE`, the sky by `_SKY_CHANGE`.
    """
    sigma = [_CENTRE_SIGMA] * 2 + [_SHAPE_SIGMA] * 4 + [_GRADIENT_SIGMA] * 4
    out = np.diag([0.0, *(1 / np.square(sigma)), *([0.0] * (len(fixed) - 11))])
    profile = [0, *range(11, len(fixed))]
    allowed = (_LIGHT_CHANGE * light.galaxy) ** 2 + (_SKY_CHANGE * band.noise) ** 2
    patch = np.pi * (_PATCH / band.pixel_scale) ** 2
    used = weight > 0
    scaled = fixed[profile][:, used] / np.sqrt(patch * allowed.ravel()[used])
    out[np.ix_(profile, profile)] += scaled @ scaled.T
    return out


def noise_variance(band: PreparedBand, light: LensLight, arcs, settings):
    """Variance ``[y, x]``: the noise, and what the models of lens light and arcs cannot follow."""
    bright = np.maximum(arcs, 0)
    return band.noise**2 + (settings.light_error * light.galaxy) ** 2 + (settings.arc_error * bright) ** 2


def _source_functions(band: PreparedBand, grid: SourceGrid | None, window: NodesWindow, used):
    """Number of source columns, which may be negative, and what draws them, their derivative and their pullback.

    They are right at the flat indices `used` of pixels.
    """
    kernel_fft, fft_side = wrapped_transform(band, used)
    observe = (jnp.asarray(band.fine_x), jnp.asarray(band.fine_y), jnp.asarray(kernel_fft))
    observe += (fft_side, band.supersampling)
    if grid is None:
        columns = lambda theta, pixels: at_pixels(source_columns(jnp.asarray(theta), *observe), pixels)
        jacobian = lambda theta, a, pixels: at_pixels(
            source_jacobian(jnp.asarray(theta), jnp.asarray(a), *observe), pixels
        )
        return N_GAUSSIANS, None, columns, jacobian, None
    n_columns = N_GAUSSIANS + GRID_SIDE**2
    near = (jnp.asarray(window.x), jnp.asarray(window.y), jnp.asarray(window.kernel_fft))
    near += (window.fft_side, band.supersampling)

    def columns(theta, pixels):
        inside, place = window.places(pixels, band.side)
        out = np.empty((n_columns, len(pixels)), np.float32)
        out[:N_GAUSSIANS] = at_pixels(source_columns(jnp.asarray(theta), *observe), pixels)
        nodes = np.asarray(node_columns(jnp.asarray(theta), grid.spacing, *near))
        np.take(nodes.reshape(len(nodes), -1), place, axis=1, out=out[N_GAUSSIANS:], mode="clip")
        out[N_GAUSSIANS:, ~inside] = 0
        return out

    def pullback(theta, vectors, cotangent, pixels):
        inside, place = window.places(pixels, band.side)
        # Where each place of the window stands in `pixels`; those that are not in use stand behind, where a zero is.
        number = np.full(window.side**2, len(pixels))
        number[place[inside]] = np.flatnonzero(inside)
        seen = np.pad(cotangent, ((0, 0), (0, 1))).take(number, 1)
        return grid_pullback(theta, vectors, seen, grid.spacing, window.x, window.y, *near[2:])

    def jacobian(theta, amplitudes, pixels):
        return at_pixels(grid_jacobian(jnp.asarray(theta), jnp.asarray(amplitudes), grid.spacing, *observe), pixels)

    return n_columns, np.arange(n_columns) >= N_GAUSSIANS, columns, jacobian, pullback


def field_band(
    band: PreparedBand,
    light: LensLight,
    settings,
    radius: float,
    cauchy,
    arcs=None,
    mask=None,
    grid: SourceGrid | None = None,
    window: NodesWindow | None = None,
) -> FieldBand:
    """Set up the likelihood of one band.

    Parameters
    ----------
    radius : pixels farther than this from the lens [arcsec] are not used.
    cauchy : scale of the robust loss, None for a Gaussian likelihood.
    arcs : model of the lensed source ``[y, x]`` for the variance; None: the smoothed positive residual.
    mask : bool ``[y, x]``, True = use, or None.
    grid : the source's grid prior, or None for Gaussians alone.
    window : where the grid's nodes are drawn; None: on the whole stamp.
    """
    window = window or whole_window(band)
    if arcs is None:
        residual = band.image - light.galaxy - light.sky
        arcs = ndi.gaussian_filter(np.where(band.use, residual, 0.0), 0.7)
    variance = noise_variance(band, light, arcs, settings)
    weight = band.use * (band.radius < radius) / (variance * band.information_loss)
    if mask is not None:
        weight = weight * mask
    fixed, mean = fixed_columns(band, light)
    precision = _fixed_precision(band, light, fixed, weight.ravel())
    free = np.zeros(len(fixed), bool)
    free[:11] = True
    n_columns, columns_free, columns, jacobian, pullback = _source_functions(band, grid, window, np.flatnonzero(weight))
    prior = np.zeros((len(fixed) + n_columns,) * 2)
    prior[: len(fixed), : len(fixed)] = precision
    if grid is not None:
        prior[len(fixed) + N_GAUSSIANS :, len(fixed) + N_GAUSSIANS :] = grid.precision
    projected = ProjectedBand(
        band.image.ravel(),
        weight.ravel(),
        fixed,
        free,
        columns,
        jacobian,
        n_columns,
        columns_free,
        prior,
        np.concatenate([mean, np.zeros(n_columns)]),
        None if cauchy is None else cauchy / np.sqrt(band.information_loss),
        pullback,
    )
    return FieldBand(band, light, projected, variance, grid, window)


@dataclass(frozen=True, eq=False)
class JointState:
    """States of all bands at one trial vector."""

    bands: tuple[ProjectedState, ...]

    @property
    def chi2(self) -> float:
        """Chi-square, the amplitudes' penalties and log-determinants, summed over the bands."""
        return sum(state.chi2 + state.penalty + state.log_determinant for state in self.bands)


class JointObjective:
    """Sum of the bands' projected chi-squares as a function of the whole parameter vector."""

    def __init__(self, bands: list[FieldBand]):
        self.bands = tuple(bands)
        self.n_evaluations = 0

    def core(self, theta, index: int) -> np.ndarray:
        """The `CORE` vector as band `index` sees it."""
        core = np.array(theta[:N_CORE])
        if index:
            core[[LENS_X, LENS_Y]] += theta[N_CORE + 2 * index - 2 : N_CORE + 2 * index]
        return core

    def holds_nodes(self, theta) -> bool:
        """Whether every band draws the nodes of its source wherever they light something up."""
        return all(band.holds_nodes(self.core(theta, index)) for index, band in enumerate(self.bands))

    def reset(self) -> None:
        """Forget robust weights and active sets."""
        for band in self.bands:
            band.projected.reset()

    def forget_columns(self) -> None:
        """Of every band, once a fit has ended."""
        for band in self.bands:
            band.projected.forget_columns()

    def evaluate(self, theta) -> JointState:
        """All bands at theta."""
        self.n_evaluations += 1
        return JointState(tuple(b.projected.evaluate(self.core(theta, i)) for i, b in enumerate(self.bands)))

    def cost(self, state: JointState) -> float:
        """Chi-square under the present weights."""
        return state.chi2

    def robust_cost(self, state: JointState) -> float:
        """Cauchy loss, where there is one."""
        return sum(band.projected.robust_cost(part) for band, part in zip(self.bands, state.bands))

    def reweight(self, state: JointState) -> bool:
        """New robust weights in every band that has them."""
        for band, part in zip(self.bands, state.bands):
            band.projected.reweight(part)
        return any(band.projected.cauchy is not None for band in self.bands)

    def normal_equations(self, theta, state: JointState):
        """Sum over the bands; a shift's derivative is that of the lens centre."""
        matrix, vector = np.zeros((len(theta),) * 2), np.zeros(len(theta))
        for index, (band, part) in enumerate(zip(self.bands, state.bands)):
            own_matrix, own_vector = band.projected.normal_equations(self.core(theta, index), part)
            place = _place(index, len(theta))
            matrix += place.T @ own_matrix @ place
            vector += place.T @ own_vector
        return matrix, vector

    def curvature(self, theta, state: JointState) -> np.ndarray:
        """The matrix of `normal_equations`, without the work that its vector takes."""
        matrix = np.zeros((len(theta),) * 2)
        for index, (band, part) in enumerate(zip(self.bands, state.bands)):
            place = _place(index, len(theta))
            matrix += place.T @ band.projected.curvature(self.core(theta, index), part) @ place
        return matrix


def _place(index: int, size: int) -> np.ndarray:
    """Derivative ``[core, parameter]`` of the `CORE` vector that band `index` sees."""
    place = np.eye(N_CORE, size)
    if index:
        place[LENS_X, N_CORE + 2 * index - 2] = 1
        place[LENS_Y, N_CORE + 2 * index - 1] = 1
    return place
