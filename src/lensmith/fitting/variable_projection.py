"""Variable projection: the linear amplitudes of a model are solved for at every trial of its non-linear parameters.

Golub & Pereyra (1973); the Jacobian is Kaufman's (1975) approximation, which drops the term that needs second
derivatives. One `ProjectedBand` is one image with its own linear columns; several are fitted jointly by adding their
normal equations.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from lensmith.fitting.cholesky import positive_root
from lensmith.fitting.nonnegative import solve_nonnegative

_INFORMED = 0.01
"""Information of the data over that of the prior, from which a mode of the amplitudes counts in a gradient."""


def at_pixels(images, pixels) -> np.ndarray:
    """Images ``[image, y, x]`` at flat indices of their pixels, ``[image, pixel]``."""
    images = np.asarray(images)
    return images.reshape(len(images), -1).take(pixels, 1)  # three times as fast as an index


@dataclass(frozen=True, eq=False)
class ProjectedState:
    """The best amplitudes at one trial and what follows from them.

    `residual` is ``[pixel]`` in units of the (weighted) noise, `columns` the weighted non-linear columns
    ``[column, pixel]``, `gram` and `vector` the normal equations of the amplitudes with their prior. `log_determinant`
    is what marginalising over amplitudes adds to the chi-square (0 where they are only maximised over).
    """

    amplitudes: np.ndarray
    passive: np.ndarray
    residual: np.ndarray
    columns: np.ndarray
    gram: np.ndarray
    vector: np.ndarray
    chi2: float
    penalty: float
    log_determinant: float = 0.0


class ProjectedBand:
    """Chi-square of one image, minimised over the amplitudes of fixed and of parameter-dependent columns.

    Parameters
    ----------
    data : float ``[pixel]`` on the whole grid, flattened.
    weight : float ``[pixel]``, 1/variance; 0 where a pixel is not used.
    fixed : float ``[column, pixel]``, columns that no non-linear parameter changes (lens light, sky).
    fixed_free : bool ``[column]``, True where the amplitude may be negative.
    columns : ``theta, pixels -> [column, pixel]``, the parameter-dependent columns at these places of the flat grid.
    jacobian : ``theta, amplitudes, pixels -> [parameter, pixel]``, derivative of amplitudes @ columns.
    n_columns : how many columns `columns` returns.
    columns_free : bool ``[column]`` for them; None: none is free.
    prior : ``[all columns, all columns]`` inverse covariance of a Gaussian prior on the amplitudes, or None.
    prior_mean : ``[all columns]`` its mean; None for zero.
    cauchy : scale of the Cauchy loss in sigma, None for a Gaussian likelihood.
    pullback : ``theta, vectors, cotangent, pixels -> [parameter]``, the gradient of the sum of the columns that may be
        negative, combined by vectors ``[column, mode]``, times cotangent ``[mode, pixel]``; with it, the amplitudes of
        these columns, which must come last, are marginalised over, not maximised over.

    Maximising over many amplitudes is biased: the chi-square with the prior's penalty always gains by a lens that
    magnifies more, since the same image then takes fewer of them. The log-determinant of their posterior precision,
    which the integral over them adds (Suyu et al. 2006, eq. 19), takes that gain back.
    """

    def __init__(
        self, data, weight, fixed, fixed_free, columns, jacobian, n_columns, columns_free=None, prior=None,
        prior_mean=None, cauchy=None, pullback=None,
    ):  # fmt: skip
        self.select = np.flatnonzero(weight > 0)
        self.n_fixed = len(fixed)
        self.columns, self.jacobian, self.n_columns = columns, jacobian, n_columns
        extra = np.zeros(n_columns, bool) if columns_free is None else columns_free
        self.free = np.concatenate([fixed_free, extra])
        self.prior, self.cauchy, self.pullback = prior, cauchy, pullback
        self.marginal = slice(len(self.free) - int(extra.sum()), None)
        self.prior_mean = np.zeros(len(self.free)) if prior_mean is None else prior_mean
        self._data, self._fixed = data[self.select], fixed[:, self.select]
        self._weight = weight[self.select]
        self._drawn: tuple[np.ndarray, np.ndarray] | None = None
        self.reset()

    @property
    def n_pixels(self) -> int:
        """Pixels in use."""
        return len(self.select)

    def reset(self) -> None:
        """Back to Gaussian weights and no memory of the active set."""
        self.passive = None
        self._set_robust(np.ones(self.n_pixels))

    def forget_columns(self) -> None:
        """Let go of the columns that were drawn last: many finished fits are kept, and they are large."""
        self._drawn = None

    def reweight(self, state: ProjectedState) -> None:
        """Set the weights of iteratively re-weighted least squares for the Cauchy loss from the residual of `state`."""
        if self.cauchy is not None:
            plain = state.residual / np.sqrt(self.robust)
            self._set_robust(1 / (1 + (plain / self.cauchy) ** 2))

    def set_weight(self, weight, robust) -> None:
        """Replace weights on the whole grid (pixels in use stay the same) and the robust factors on pixels in use."""
        self._weight = weight[self.select]
        self._set_robust(robust)

    def _set_robust(self, robust) -> None:
        self.robust = robust
        self.root_weight = np.sqrt(self._weight * robust)
        self.fixed = self._fixed * self.root_weight
        self.data = self._data * self.root_weight
        self._gram_fixed = self.fixed @ self.fixed.T
        self._vector_fixed = self.fixed @ self.data

    def evaluate(self, theta) -> ProjectedState:
        """Solve for the amplitudes at `theta`."""
        drawn = self._drawn_at(theta)
        columns = drawn * self.root_weight.astype(drawn.dtype)
        fixed = self.fixed.astype(columns.dtype, copy=False)
        cross = fixed @ columns.T
        gram = np.block([[self._gram_fixed, cross], [cross.T, columns @ columns.T]]).astype(float)
        vector = np.concatenate([self._vector_fixed, columns @ self.data.astype(columns.dtype)]).astype(float)
        if self.prior is not None:
            gram += self.prior
            vector += self.prior @ self.prior_mean
        amplitudes, passive = solve_nonnegative(gram, vector, self.free, self.passive)
        self.passive = passive
        used = amplitudes.astype(columns.dtype)
        # Some BLAS raise the flag of an invalid operation from the padding of their vectors; the cost tells the truth.
        with np.errstate(invalid="ignore"):
            residual = self.data - amplitudes[: self.n_fixed] @ self.fixed - used[self.n_fixed :] @ columns
        away = amplitudes - self.prior_mean
        penalty = 0.0 if self.prior is None else float(away @ self.prior @ away)
        chi2 = float(residual @ residual)
        log_determinant = 0.0
        if self.pullback is not None:
            log_determinant = 2 * float(np.sum(np.log(np.diag(self._marginal_root(gram, passive)[0]))))
        return ProjectedState(amplitudes, passive, residual, columns, gram, vector, chi2, penalty, log_determinant)

    def _marginal_root(self, gram, passive):
        """Cholesky root of the marginal amplitudes' precision, fixed columns integrated; regression on these.

        Columns held non-negative are left out: their number changes from step to step, which would make jumps.
        """
        fixed, own = np.flatnonzero(passive[: self.n_fixed]), self.marginal
        block = gram[np.ix_(fixed, fixed)]
        block = block + 1e-9 * np.diag(np.diag(block)) + 1e-14 * np.eye(len(fixed)) * np.trace(block)
        regression = np.linalg.solve(block, gram[fixed, own])
        precision = gram[own, own] - gram[fixed, own].T @ regression
        return positive_root(precision), regression

    def _log_determinant_gradient(self, theta, state: ProjectedState):
        """Derivative ``[parameter]`` of half the log-determinant at fixed weights.

        In the modes of the data's information against the prior's, without those of which the data say nothing: among
        the columns themselves large terms of alternating sign would cancel, which single precision does not bear.
        """
        root, regression = self._marginal_root(state.gram, state.passive)
        prior = self.prior[self.marginal, self.marginal]
        ratio, modes = eigh(root @ root.T - prior, prior)
        informed = ratio > _INFORMED
        vectors = modes[:, informed] / np.sqrt(1 + ratio[informed])
        own = state.columns[len(state.columns) - len(prior) :]
        fixed = self.fixed[state.passive[: self.n_fixed]].astype(own.dtype)
        apart = vectors.T.astype(own.dtype) @ own - (regression @ vectors).T.astype(own.dtype) @ fixed
        cotangent = apart * self.root_weight.astype(own.dtype)
        return np.asarray(self.pullback(theta, vectors, cotangent, self.select), float)

    def robust_cost(self, state: ProjectedState) -> float:
        """Chi-square, or the Cauchy loss in its place, plus penalty and log-determinant of the amplitudes."""
        if self.cauchy is None:
            return state.chi2 + state.penalty + state.log_determinant
        plain = state.residual / np.sqrt(self.robust)
        return (
            float(np.sum(self.cauchy**2 * np.log1p((plain / self.cauchy) ** 2))) + state.penalty + state.log_determinant
        )

    def normal_equations(self, theta, state: ProjectedState):
        """Gauss-Newton matrix ``[parameter, parameter]`` and descent vector of half the chi-square, projected."""
        matrix, derivative = self._curvature(theta, state)
        vector = derivative @ state.residual
        if self.pullback is not None:
            vector = vector - self._log_determinant_gradient(theta, state)
        return matrix, vector

    def curvature(self, theta, state: ProjectedState) -> np.ndarray:
        """The matrix of `normal_equations`, without the work that its vector takes."""
        return self._curvature(theta, state)[0]

    def _curvature(self, theta, state: ProjectedState):
        """Gauss-Newton matrix, and the weighted derivative ``[parameter, pixel]`` of the image."""
        drawn = np.asarray(self.jacobian(theta, state.amplitudes[self.n_fixed :], self.select))
        drawn = drawn * self.root_weight.astype(drawn.dtype)
        derivative, passive = drawn.astype(float), state.passive
        gram = state.gram[np.ix_(passive, passive)]
        diagonal = np.diag(gram)
        gram = gram + np.diag(1e-9 * diagonal + 1e-14 * diagonal.max(initial=1e-300))
        # Columns without a prior are nearly parallel and need double precision; the many with one do not.
        plain = len(state.columns) - (len(self.free) - self.marginal.start)
        own, marginal = state.columns[:plain].astype(float), state.columns[plain:]
        cross = np.vstack([self.fixed @ derivative.T, own @ derivative.T, marginal @ drawn.T])[passive]
        return derivative @ derivative.T - cross.T @ np.linalg.solve(gram, cross), derivative

    def _drawn_at(self, theta) -> np.ndarray:
        """Columns ``[column, pixel]`` at `theta`, kept until the next: new robust weights need no new images."""
        if self._drawn is None or not np.array_equal(self._drawn[0], theta):
            self._drawn = np.array(theta), np.asarray(self.columns(theta, self.select))
        return self._drawn[1]
