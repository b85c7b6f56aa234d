"""Which of two fields' choices stands, with the fits themselves left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling import ModelSettings
from lensmith.modelling import solve as module
from lensmith.modelling.solve import Run, Solved, solve_wider


def solved(run, theta_E: float, inside: float) -> Solved:
    theta = np.log([theta_E])
    return Solved(run, [SimpleNamespace(theta=theta, inside=inside)], None, SimpleNamespace(theta=theta))


@pytest.mark.parametrize(
    ("first", "wider", "stands", "narrow"),
    [
        ((1.0, 1.0), (1.4, 0.9), 1.4, 1.0),
        ((1.0, 1.0), (1.4, 0.5), 1.0, None),  # it was to show its images, and does not
        ((1.0, 0.5), (1.4, 0.6), 1.4, 1.0),
        ((1.0, 1.0), (1.01, 0.5), 1.0, None),
        ((1.0, 0.5), (1.01, 0.9), 1.01, None),
    ],
)
def test_what_stands_when_the_field_is_widened(monkeypatch, first, wider, stands, narrow):
    run = Run(ModelSettings(), None, 2.6, (0.4, 2.8))
    monkeypatch.setattr(module, "limits", lambda cutout, aligned, settings: (settings.field_radius, (0.4, 2.8)))
    monkeypatch.setattr(module, "_solved", lambda run, clock, more: solved(run, *wider))
    found = solve_wider(None, solved(run, *first))
    assert np.exp(found.final.theta[0]) == pytest.approx(stands)
    assert found.narrow_radius == (narrow if narrow is None else pytest.approx(narrow))
