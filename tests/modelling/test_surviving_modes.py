import numpy as np
import pytest

from lensmith.modelling import solve as fitting
from lensmith.modelling.modes import Contender
from lensmith.modelling.settings import ModelSettings


def run_with(weights):
    contenders = tuple(Contender(f"solution {i}", w) for i, w in enumerate(weights))
    return fitting.Run(ModelSettings(), None, 2.6, (0.4, 2.8), contenders=contenders)


@pytest.fixture(autouse=True)
def finished(monkeypatch):
    monkeypatch.setattr(fitting, "finish", lambda run, solution, objective: ("smooth", f"final of {solution}"))


def test_solutions_with_weight_are_part_of_the_posterior_and_the_others_are_not():
    others = fitting._surviving(run_with([0.68, 0.3, 0.02]), None)
    assert [name for name, _ in others] == ["final of solution 1"]
    assert np.exp(others[0][1]) == pytest.approx(0.3 / 0.68)


def test_a_lone_solution_is_the_whole_posterior():
    assert fitting._surviving(run_with([]), None) == ()
    assert fitting._surviving(run_with([0.999, 0.001]), None) == ()
