"""Variable projection on a decaying exponential: the amplitudes drop out, the gradient is the true one."""

import numpy as np
import pytest

from lensmith.fitting import Bounds, GaussianPrior, ProjectedBand, minimise

T = np.linspace(0, 4, 200)


def decay(theta, pixels):
    return np.exp(-theta[0] * T[pixels])[None]


def decay_jacobian(theta, amplitudes, pixels):
    return (-amplitudes[0] * T[pixels] * np.exp(-theta[0] * T[pixels]))[None]


class One:
    """A single `ProjectedBand` as an objective."""

    def __init__(self, band):
        self.band = band

    def evaluate(self, theta):
        return self.band.evaluate(theta)

    def cost(self, state):
        return state.chi2 + state.penalty

    def robust_cost(self, state):
        return self.band.robust_cost(state)

    def reweight(self, state):
        self.band.reweight(state)
        return self.band.cauchy is not None

    def normal_equations(self, theta, state):
        return self.band.normal_equations(theta, state)


def problem(data, sigma=0.01, **options):
    weight = np.full(T.size, sigma**-2)
    fixed = np.ones((1, T.size))
    return ProjectedBand(data, weight, fixed, np.array([True]), decay, decay_jacobian, 1, **options)


WIDE = GaussianPrior(np.array([1.0]), np.array([100.0]))
BOUNDS = Bounds(np.array([0.01]), np.array([10.0]), np.array([1.0]))


def test_recovers_rate_amplitude_and_background():
    data = 3 * np.exp(-0.7 * T) + 0.5
    band = problem(data)
    found = minimise(One(band), [2.0], WIDE, BOUNDS, 50, 1e-9)
    assert found.theta[0] == pytest.approx(0.7, rel=1e-4)
    np.testing.assert_allclose(found.state.amplitudes, [0.5, 3], rtol=1e-3)


def test_descent_vector_is_the_gradient_of_the_projected_chi_square():
    data = 3 * np.exp(-0.7 * T) + 0.5
    band = problem(data)
    theta, step = np.array([0.9]), 1e-5
    _, vector = band.normal_equations(theta, band.evaluate(theta))
    slope = (band.evaluate(theta + step).chi2 - band.evaluate(theta - step).chi2) / (2 * step)
    assert -2 * vector[0] == pytest.approx(slope, rel=1e-3)


def test_gauss_newton_error_is_the_scatter_of_repeated_fits():
    rng, rates, sigma = np.random.default_rng(1), [], 0.05
    for _ in range(200):
        band = problem(3 * np.exp(-0.7 * T) + 0.5 + sigma * rng.normal(size=T.size), sigma)
        found = minimise(One(band), [0.7], WIDE, BOUNDS, 20, 1e-6)
        rates.append(found.theta[0])
        matrix, _ = band.normal_equations(found.theta, found.state)
    # 200 fits know their scatter to 5 %: four standard errors.
    assert np.std(rates) == pytest.approx(matrix[0, 0] ** -0.5, rel=0.2)


def test_cauchy_loss_shrugs_off_outliers():
    data = 3 * np.exp(-0.7 * T) + 0.5
    data[::20] += 2.0
    plain = minimise(One(problem(data)), [1.0], WIDE, BOUNDS, 50, 1e-9).theta[0]
    robust = minimise(One(problem(data, cauchy=3.0)), [1.0], WIDE, BOUNDS, 50, 1e-9).theta[0]
    assert abs(robust - 0.7) < 0.005 < abs(plain - 0.7)


def test_prior_on_amplitudes_is_counted_once_in_cost():
    data = 3 * np.exp(-0.7 * T) + 0.5
    band = problem(data, prior=np.diag([4.0, 0.0]))
    state = band.evaluate(np.array([0.7]))
    assert state.penalty == pytest.approx(4 * state.amplitudes[0] ** 2)


def test_bound_holds():
    found = minimise(
        One(problem(3 * np.exp(-0.7 * T))), [2.0], WIDE, Bounds(np.array([1.0]), np.array([5.0]), np.array([1.0]))
    )
    assert found.theta[0] == 1.0


def test_new_robust_weights_need_no_new_columns():
    drawn = []

    def counted(theta, pixels):
        drawn.append(theta[0])
        return decay(theta, pixels)

    data = 3 * np.exp(-0.7 * T) + 0.5
    data[50] += 5
    options = {"cauchy": 3.0}
    band = problem(data, **options)
    band.columns = counted
    state = band.evaluate(np.array([0.7]))
    band.reweight(state)
    again = band.evaluate(np.array([0.7]))
    assert drawn == [0.7]
    assert again.chi2 < state.chi2
    fresh = problem(data, **options)
    fresh.reweight(state)
    np.testing.assert_array_equal(fresh.evaluate(np.array([0.7])).residual, again.residual)
    band.evaluate(np.array([0.8]))
    band.forget_columns()
    band.evaluate(np.array([0.8]))
    assert drawn == [0.7, 0.8, 0.8]
