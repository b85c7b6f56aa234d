"""Fits of the same solution from other masses, with the fits themselves left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.fitting import GaussianPrior
from lensmith.modelling.parameters import N_CORE
from lensmith.modelling.restarts import better_restart, other_starts

PRIOR = GaussianPrior(np.full(N_CORE, 0.02), np.ones(N_CORE))
THETA = np.linspace(0.1, 0.3, N_CORE)


def fit(theta, loss: float, evaluations: int = 10):
    objective = SimpleNamespace(robust_cost=lambda state: loss, n_evaluations=evaluations)
    return SimpleNamespace(theta=theta, state=None, objective=objective, prior=SimpleNamespace(chi2=lambda theta: 0.0))


def smooth_fit(loss: float = 100.0):
    out = fit(THETA, loss)
    out.prior = SimpleNamespace(mean=PRIOR.mean, chi2=lambda theta: 0.0)
    return out


def test_starts_keep_radius_centre_and_source_place_and_differ_in_the_mass():
    starts = np.array(other_starts(THETA, PRIOR))
    kept = [0, 4, 5, 8, 9]
    np.testing.assert_array_equal(starts[:, kept], np.repeat(THETA[None, kept], len(starts), 0))
    assert len(np.unique(starts[:, [2, 3, 6, 7]].round(6), axis=0)) == len(starts)


@pytest.mark.parametrize(("reached", "followed"), [(60.0, True), (98.0, True), (99.5, False), (120.0, False)])
def test_only_a_clearly_better_restart_is_followed(reached, followed):
    found = better_restart(smooth_fit(), lambda start, steps=None: fit(THETA, 150.0 if steps else reached))
    assert (found is not None) is followed


def test_another_solution_is_not_taken_for_the_same_one():
    farther = THETA.copy()
    farther[0] += 0.2
    assert better_restart(smooth_fit(), lambda start, steps=None: fit(farther, 10.0)) is None
    elsewhere = THETA.copy()
    elsewhere[8] += 0.4
    assert better_restart(smooth_fit(), lambda start, steps=None: fit(elsewhere, 10.0)) is None


def test_another_solution_takes_no_place_among_those_that_go_on():
    """Most restarts run to another solution of a lower loss; the one that does not is the one to follow up."""
    farther = THETA.copy()
    farther[0] += 0.2
    began = iter(range(100))

    def fit_from(start, steps=None):
        if steps and next(began) != 4:
            return fit(farther, 10.0)
        return fit(THETA, 150.0 if steps else 60.0)

    assert better_restart(smooth_fit(), fit_from).theta is THETA


@pytest.mark.parametrize("reached", [60.0, 150.0])
def test_every_evaluation_is_counted_once(reached):
    first = smooth_fit()
    made = []

    def fit_from(start, steps=None):
        made.append(fit(THETA, reached))
        return made[-1]

    found = better_restart(first, fit_from)
    total = (found or first).objective.n_evaluations + (0 if found is None else first.objective.n_evaluations)
    assert total == 10 * (1 + len(made))


def test_few_restarts_are_the_plainest_and_one_goes_on():
    begun, finished = [], []

    def fit_from(start, steps=None):
        (begun if steps else finished).append(start)
        return fit(THETA, 60.0)

    assert better_restart(smooth_fit(), fit_from, few=True) is not None
    plain, like_light = other_starts(THETA, PRIOR)[:2]
    np.testing.assert_array_equal(begun, [plain, like_light])
    assert len(finished) == 1
