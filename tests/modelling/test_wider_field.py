"""Which of two fields' choices stands, with the fits themselves left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling import ModelSettings
from lensmith.modelling import solve as module
from lensmith.modelling.modes import Solution
from lensmith.modelling.solve import BEHIND, Run, Solved, seen_instead, solve_wider


def solution(theta_E: float, inside: float, score: float = -80.0) -> Solution:
    return Solution(np.log([theta_E]), -2 * score, None, None, inside, score, score)


def solved(run, theta_E: float, inside: float) -> Solved:
    return Solved(run, [solution(theta_E, inside)], None, SimpleNamespace(theta=np.log([theta_E])))


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


def with_rival(monkeypatch, chosen_inside: float, rival_inside: float, behind: float) -> Solved:
    """A choice of 1.4 arcsec and a rival, with a stand-in for the fits that finish it."""
    monkeypatch.setattr(module, "objective_of", lambda run: None)
    monkeypatch.setattr(module, "finish", lambda run, rival, objective: (None, rival))
    monkeypatch.setattr(module, "other_radii_of", lambda run, smooth, final: ())
    monkeypatch.setattr(module, "limits", lambda cutout, aligned, settings: (settings.field_radius, (0.4, 2.8)))
    first = solved(Run(ModelSettings(), None, 2.6, (0.4, 2.8)), 1.4, chosen_inside)
    first.solutions.append(solution(1.03, rival_inside, -80.0 - behind))
    return first


@pytest.mark.parametrize(
    ("chosen_inside", "rival_inside", "behind", "stands"),
    [
        (0.4, 1.0, 3.0, 1.03),
        (0.4, 1.0, BEHIND + 1, 1.4),  # seen, but explains too little
        (0.4, 0.5, 3.0, 1.4),  # guessed as well
        (0.9, 1.0, 3.0, 1.4),
    ],
)
def test_what_is_seen_stands_in_for_a_guess(monkeypatch, chosen_inside, rival_inside, behind, stands):
    first = with_rival(monkeypatch, chosen_inside, rival_inside, behind)
    found = seen_instead(first)
    assert np.exp(found.final.theta[0]) == pytest.approx(stands)
    assert np.exp(found.solutions[0].theta[0]) == pytest.approx(stands)
    assert len(found.solutions) == 2


@pytest.mark.parametrize(("wider", "stands"), [((1.42, 0.5), 1.03), ((1.42, 0.9), 1.42), ((2.0, 0.5), 1.03)])
def test_a_guess_that_a_wider_field_does_not_show_does_not_stand(monkeypatch, wider, stands):
    first = with_rival(monkeypatch, 0.4, 1.0, 3.0)
    monkeypatch.setattr(module, "_solved", lambda run, clock, more: solved(run, *wider))
    assert np.exp(solve_wider(None, first).final.theta[0]) == pytest.approx(stands)


def test_an_image_too_small_for_a_wider_field_prefers_what_is_seen(monkeypatch):
    first = with_rival(monkeypatch, 0.4, 1.0, 3.0)
    monkeypatch.setattr(module, "limits", lambda cutout, aligned, settings: (2.6, (0.4, 2.8)))
    assert np.exp(solve_wider(None, first).final.theta[0]) == pytest.approx(1.03)


def test_a_fit_that_breaks_down_stands_in_for_nothing(monkeypatch):
    first = with_rival(monkeypatch, 0.4, 1.0, 3.0)

    def broken(*_):
        raise np.linalg.LinAlgError

    monkeypatch.setattr(module, "finish", broken)
    assert seen_instead(first) is first
