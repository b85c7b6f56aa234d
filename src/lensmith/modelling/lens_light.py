"""The lens galaxy's light: a multi-Gaussian expansion (Emsellem et al. 1994; Cappellari 2002) around one centre.

Fitted robustly and asymmetrically before anything is known of the arcs: pixels brighter than the model count little
(they may be arcs), fainter ones almost fully.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lensmith.fitting import Bounds, GaussianPrior, ProjectedBand, at_pixels, minimise
from lensmith.modelling.lensed_source import observe
from lensmith.modelling.prepare import PreparedBand
from lensmith.physics.ellipticity import radius_squared
from lensmith.physics.imaging import bin_pixels

N_WIDTHS = 14
LIGHT_STEPS = 12
_MAX_ELLIPTICITY = 0.6
_MAX_STEP = np.array([0.05, 0.05, 0.1, 0.1, 0.1, 0.1])
_PRIOR_SIGMA = np.array([0.04, 0.04, 0.25, 0.25, 0.25, 0.25])
_BRIGHT, _FAINT = 2.0, 12.0
"""Scales in sigma of the weights of positive and of negative residuals."""
_ENVELOPE = 35
"""Percentile of a ring that stands for the lens light at the start."""


@dataclass(frozen=True, eq=False)
class LensLight:
    """Lens light of one band.

    `theta` (x, y, e1, e2 of the first and e1, e2 of the second set of Gaussians); `amplitudes` ``[1 + 2 N_WIDTHS]``,
    the sky first; `columns` observed images of the Gaussians ``[gaussian, y, x]``; `derivatives` of the observed
    galaxy ``[6, y, x]``; `galaxy` ``[y, x]`` without sky; `centre_sigma` arcsec, from the curvature of the fit.
    """

    theta: np.ndarray
    amplitudes: np.ndarray
    columns: np.ndarray
    derivatives: np.ndarray
    galaxy: np.ndarray
    centre_sigma: float

    @property
    def sky(self) -> float:
        """Constant background."""
        return float(self.amplitudes[0])

    @property
    def in_use(self):
        """bool ``[gaussian]``: amplitude above zero."""
        return self.amplitudes[1:] > 0

    @property
    def flux(self) -> float:
        """Total flux of the galaxy."""
        return float(self.amplitudes[1:].sum())

    @property
    def ellipticity(self) -> np.ndarray:
        """Flux-weighted (e1, e2), at most 0.25 long: a guess of the mass ellipticity."""
        first, second = self.amplitudes[1 : 1 + N_WIDTHS].sum(), self.amplitudes[1 + N_WIDTHS :].sum()
        e = (first * self.theta[2:4] + second * self.theta[4:6]) / max(first + second, 1e-300)
        return e * min(1, 0.25 / max(np.hypot(*e), 1e-9))

    def binned(self) -> "LensLight":
        """The same on pixels twice as large."""
        return LensLight(
            self.theta,
            self.amplitudes,
            bin_pixels(self.columns, 2),
            bin_pixels(self.derivatives, 2),
            bin_pixels(self.galaxy, 2),
            self.centre_sigma,
        )


def _gaussians(theta, widths, x, y):
    dx, dy = x - theta[0], y - theta[1]
    variance = widths[:, None, None] ** 2
    first = radius_squared(dx, dy, theta[2], theta[3])
    second = radius_squared(dx, dy, theta[4], theta[5])
    both = jnp.concatenate([jnp.exp(-0.5 * first / variance), jnp.exp(-0.5 * second / variance)])
    return both / (2 * jnp.pi * jnp.concatenate([variance, variance]))


@partial(jax.jit, static_argnames=("fft_side", "supersampling"))
def light_columns(theta, widths, x, y, kernel_fft, fft_side, supersampling):
    """Observed images ``[gaussian, y, x]`` of unit flux: all widths with the first ellipticity, then the second."""
    theta, widths = theta.astype(x.dtype), widths.astype(x.dtype)
    return observe(_gaussians(theta, widths, x, y), kernel_fft, fft_side, supersampling)


@partial(jax.jit, static_argnames=("fft_side", "supersampling"))
def light_jacobian(theta, amplitudes, widths, x, y, kernel_fft, fft_side, supersampling):
    """Derivative ``[6, y, x]`` of the observed galaxy."""
    theta, widths, amplitudes = theta.astype(x.dtype), widths.astype(x.dtype), amplitudes.astype(x.dtype)
    tangents = jax.jacfwd(lambda t: jnp.tensordot(amplitudes, _gaussians(t, widths, x, y), 1))(theta)
    return observe(jnp.moveaxis(tangents, -1, 0), kernel_fft, fft_side, supersampling)


def gaussian_widths(band: PreparedBand) -> np.ndarray:
    """Log-spaced widths [arcsec], from half a pixel to the edge of the stamp."""
    return np.geomspace(0.5 * band.pixel_scale, 0.9 * band.radius[band.inside].max(), N_WIDTHS)


class _LightFit:
    """Asymmetrically weighted least squares of one band's light: the objective that `minimise` works on."""

    def __init__(self, band: PreparedBand, settings, mask):
        self.band, self.settings = band, settings
        self.use = band.use.ravel() if mask is None else (band.use & mask).ravel()
        self.grid = (band.fine_x, band.fine_y, band.kernel_fft, band.fft_side, band.supersampling)
        self.widths = jnp.asarray(gaussian_widths(band))
        centre = np.array([band.x[band.side // 2, band.side // 2], band.y[band.side // 2, band.side // 2]])
        self.start = np.array([*centre, 0.02, 0.01, 0.03, -0.01])
        box = np.array([*centre, 0, 0, 0, 0])
        reach = np.array([band.pixel_scale] * 2 + [_MAX_ELLIPTICITY] * 4)
        self.bounds = Bounds(box - reach, box + reach, _MAX_STEP)
        self.prior = GaussianPrior(box, _PRIOR_SIGMA)
        self.data = band.image.ravel()
        self.projected = ProjectedBand(
            self.data,
            self.use / band.noise.ravel() ** 2,
            np.ones((1, self.data.size)),
            np.array([True]),
            lambda theta, pixels: at_pixels(light_columns(jnp.asarray(theta), self.widths, *self.grid), pixels),
            lambda theta, a, pixels: at_pixels(
                light_jacobian(jnp.asarray(theta), jnp.asarray(a), self.widths, *self.grid), pixels
            ),
            2 * N_WIDTHS,
        )

    def weigh_against(self, galaxy, sky: float) -> None:
        """Set the weights by the deviation of the data from `galaxy` ``[pixel]`` + `sky`."""
        variance = self.band.noise.ravel() ** 2 + (self.settings.light_error * np.maximum(galaxy, 0)) ** 2
        deviation = (self.data - sky - galaxy) / np.sqrt(variance)
        robust = 1 / (1 + (deviation / np.where(deviation > 0, _BRIGHT, _FAINT)) ** 2)
        self.projected.set_weight(self.use / variance, robust[self.projected.select])

    def evaluate(self, theta):
        """State at theta, which is remembered for the next `reweight`."""
        state = self.projected.evaluate(theta)
        return state, theta

    def cost(self, state) -> float:
        """Chi-square under the present weights."""
        return state[0].chi2

    robust_cost = cost

    def reweight(self, state) -> bool:
        """Noise with the model's own error, and the asymmetric robust factors."""
        projected, theta = state
        columns = np.asarray(light_columns(jnp.asarray(theta), self.widths, *self.grid)).reshape(2 * N_WIDTHS, -1)
        galaxy = projected.amplitudes[1:] @ columns
        self.weigh_against(galaxy, projected.amplitudes[0])
        return True

    def normal_equations(self, theta, state):
        """Of the projected chi-square."""
        return self.projected.normal_equations(theta, state[0])


def _central_ellipticity(image, x, y, sigma: float):
    """(e1, e2) of the inner light from second moments under a round Gaussian window, which halves what it sees."""
    weight = np.maximum(image, 0) * np.exp(-0.5 * (x**2 + y**2) / sigma**2)
    xx, yy, xy = ((weight * product).sum() / weight.sum() for product in (x * x, y * y, x * y))
    # A window as wide as the light hides half of its second moments' difference; the components of
    # (1 - q^2) / (1 + q^2) are about twice those of (1 - q) / (1 + q).
    return np.clip([(xx - yy) / (xx + yy), 2 * xy / (xx + yy)], -0.4, 0.4)


def lower_envelope(band: PreparedBand) -> tuple[np.ndarray, float]:
    """The light that elliptical rings have all around: a low percentile on each, ``[y, x]``, and the sky.

    Arcs cover less than most of a ring, so this start does not hold them for lens light, as a plain first fit would.
    """
    middle = band.side // 2
    x, y = band.x - band.x[middle, middle], band.y - band.y[middle, middle]
    sky = float(np.percentile(band.image[band.use], 10))
    e1, e2 = _central_ellipticity(np.where(band.use, band.image - sky, 0), x, y, max(0.5, band.fwhm))
    radius = np.sqrt(radius_squared(x, y, e1, e2))
    edges = np.concatenate([[0], np.geomspace(1.0, radius.max() / band.pixel_scale, 24)]) * band.pixel_scale
    ring = np.digitize(radius, edges) - 1
    centres, values = [], []
    for index in range(len(edges) - 1):
        pixels = band.use & (ring == index)
        if pixels.sum() >= 3:
            centres.append(radius[pixels].mean())
            values.append(np.percentile(band.image[pixels], _ENVELOPE))
    profile = np.minimum.accumulate(np.interp(radius.ravel(), centres, values)[np.argsort(radius.ravel())])
    out = np.empty(radius.size)
    out[np.argsort(radius.ravel())] = profile
    return np.maximum(out.reshape(radius.shape) - sky, 0), sky


def fit_lens_light(band: PreparedBand, settings, mask=None) -> LensLight:
    """Fit the multi-Gaussian expansion of one band; `mask` (True = use) narrows the pixels further."""
    fit = _LightFit(band, settings, mask)
    envelope, sky = lower_envelope(band)
    fit.weigh_against(envelope.ravel(), sky)
    # The weights change the loss at every step, so that its decrease says nothing: a fixed number of steps.
    found = minimise(fit, fit.start, fit.prior, fit.bounds, max_iterations=LIGHT_STEPS, tolerance=-np.inf)
    theta, (state, _) = jnp.asarray(found.theta), found.state
    matrix = fit.normal_equations(found.theta, found.state)[0] + np.diag(1 / fit.prior.sigma**2)
    shape = (-1, band.side, band.side)
    columns = np.asarray(light_columns(theta, fit.widths, *fit.grid), float)
    amplitudes = state.amplitudes
    derivatives = light_jacobian(theta, jnp.asarray(amplitudes[1:]), fit.widths, *fit.grid)
    covariance = np.linalg.inv(matrix)
    return LensLight(
        found.theta,
        amplitudes,
        columns.reshape(shape),
        np.asarray(derivatives, float).reshape(shape),
        np.tensordot(amplitudes[1:], columns, 1),
        float(np.sqrt(max(covariance[0, 0], covariance[1, 1]))),
    )
