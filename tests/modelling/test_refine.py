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
