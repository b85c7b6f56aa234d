"""Which of several fits with the source on its grid is kept, the fits themselves left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling import refine


def grid_fit(evidence, place, strengths=(4.0,)):
    return SimpleNamespace(
        evidence=evidence, theta=np.array([place]), strengths=strengths, objective=SimpleNamespace(n_evaluations=5)
    )


def structured(monkeypatch, fits):
    """`fit_structured` where its fits turn out as `fits`, in turn; the kept one, and (start, strongest) of each."""
    asked, coming = [], iter(fits)

    def fit_grid(aligned, fit, radius, settings, reach, strongest=np.inf):
        asked.append((fit, strongest))
        return next(coming)

    monkeypatch.setattr(refine, "fit_grid", fit_grid)
    monkeypatch.setattr(refine, "log_evidence", lambda fit: fit.evidence)
    monkeypatch.setattr(refine, "moved", lambda fit, theta: float(theta[0]))
    return refine.fit_structured(None, "smooth", 2.0, None), asked


@pytest.mark.parametrize(("again", "kept"), [(-90.0, 1), (-110.0, 0)])
def test_the_grid_is_laid_once_more_where_the_fit_has_ended(monkeypatch, again, kept):
    fits = [grid_fit(-100.0, 1.0), grid_fit(again, 2.0)]
    best, asked = structured(monkeypatch, fits)
    assert best is fits[kept]
    assert asked == [("smooth", np.inf), (1.0, 4.0)]
    assert best.objective.n_evaluations == 10


def test_where_little_structure_is_found_some_is_tried(monkeypatch):
    fits = [grid_fit(-100.0, 1.0, (256.0,)), grid_fit(-95.0, 2.0, (16.0,)), grid_fit(-96.0, 3.0, (16.0,))]
    best, asked = structured(monkeypatch, fits)
    assert best is fits[1]
    assert asked == [("smooth", np.inf), ("smooth", 16.0), (2.0, 16.0)]
    assert best.objective.n_evaluations == 15


class Bands:
    """An objective that draws nodes where it was laid out for, or everywhere."""

    def __init__(self, whole):
        self.whole, self.n_evaluations = whole, 0

    def forget_columns(self):
        self.forgot = True

    def holds_nodes(self, theta):
        return self.whole or abs(theta[0]) < 1


@pytest.mark.parametrize(("moves_to", "fits"), [(0.5, [(False, 0.0)]), (2.0, [(False, 0.0), (True, 2.0)])])
def test_a_fit_that_leaves_its_window_goes_on_with_the_whole_stamp(monkeypatch, moves_to, fits):
    done = []

    def minimise(objective, start, *_):
        done.append((objective.whole, float(start[0])))
        objective.n_evaluations += 3
        return SimpleNamespace(theta=np.array([moves_to]), state=None, iterations=1)

    monkeypatch.setattr(refine, "_grid_fields", lambda *arguments: (arguments[-1], (4.0,)))
    monkeypatch.setattr(refine, "JointObjective", Bands)
    monkeypatch.setattr(refine, "minimise", minimise)
    fit = refine.Refined(np.zeros(1), None, None, None, None, (), ())
    found = refine.fit_grid(None, fit, 2.0, None)
    assert done == fits
    assert found.theta[0] == moves_to
    assert found.objective.n_evaluations == 3 * len(fits)
    assert found.objective.forgot
