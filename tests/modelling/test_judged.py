"""In which order second looks are taken, with the fits themselves left out."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling import judged
from lensmith.modelling.settings import ModelSettings

from .test_verdict import GOOD


@dataclass(frozen=True)
class Fit:
    """As much of a `Solved` as the order of the looks needs."""

    theta_E: float
    run: object
    narrow_radius: float | None = None
    second: object = None
    seconds: tuple = ()

    @property
    def final(self):
        return SimpleNamespace(theta=np.log([self.theta_E]))


@pytest.fixture
def looks(monkeypatch):
    """What was done, in order; `evidence` of the first field's fit and of the wider one's is set by the test."""
    out = SimpleNamespace(done=[], first=GOOD, wider=GOOD, wider_theta_E=2.58, twice=None)
    narrow, wide = SimpleNamespace(aligned=None), SimpleNamespace(aligned=None)

    def solve_wider(cutout, solved):
        out.done.append("wider")
        return Fit(out.wider_theta_E, wide, narrow_radius=solved.theta_E)

    def compare_finished(solved):
        out.done.append("rivals")
        return solved

    def hold_to_population(solved):
        out.done.append("held")
        return solved

    def add_second_source(solved, gain):
        out.done.append("second source")
        return replace(solved, second=out.twice)

    def evidence_of(cutout, solved, bands):
        if solved.second is not None:
            return solved.second
        found = out.first if solved.run is narrow else out.wider
        return replace(found, narrow_radius=solved.narrow_radius)

    monkeypatch.setattr(judged, "solve", lambda *_: Fit(1.45, narrow))
    monkeypatch.setattr(judged, "band_fits", lambda *_: ())
    monkeypatch.setattr(judged, "_other_winner", lambda solved: None)
    for stand_in in (solve_wider, compare_finished, hold_to_population, add_second_source, evidence_of):
        monkeypatch.setattr(judged, stand_in.__name__, stand_in)
    return out


def test_a_clear_fit_is_looked_at_once(looks):
    _, _, evidence = judged.solve_and_weigh(None, ModelSettings())
    assert looks.done == []
    assert evidence.narrow_radius is None


def test_images_beyond_the_field_widen_it_before_rivals_are_finished(looks):
    looks.first = replace(GOOD, beyond=2.55)
    looks.wider = replace(GOOD, gap=1.0)
    solved, _, evidence = judged.solve_and_weigh(None, ModelSettings())
    assert looks.done == ["wider", "rivals"]
    assert solved.theta_E == looks.wider_theta_E
    assert evidence.narrow_radius is None, "the first field would have chosen it as well, had it seen its images"


def test_a_wider_field_that_chooses_something_unexpected_is_a_reason_for_doubt(looks):
    looks.first = replace(GOOD, beyond=2.55)
    looks.wider_theta_E = 2.0
    assert judged.solve_and_weigh(None, ModelSettings())[2].narrow_radius == 1.45


@pytest.mark.parametrize(
    "strange", [{"q": 0.4}, {"shear": 0.3}, {"slope_away": 5.0}, {"at_bound": ("the slope gamma",)}]
)
def test_a_strange_mass_is_held_once_rivals_had_their_chance(looks, strange):
    looks.first = replace(GOOD, **strange)
    judged.solve_and_weigh(None, ModelSettings())
    assert looks.done == ["rivals", "held"]


def test_a_strange_mass_without_a_source_is_not_worth_it(looks):
    looks.first = replace(GOOD, q=0.4, arc_snr=3.0)
    judged.solve_and_weigh(None, ModelSettings())
    assert looks.done == []


def test_the_field_is_widened_once_at_most(looks):
    looks.first = looks.wider = replace(GOOD, left_over=2.9)
    judged.solve_and_weigh(None, ModelSettings())
    assert looks.done == ["rivals", "wider", "second source"]
    looks.done.clear()
    looks.first = replace(GOOD, beyond=2.55)
    judged.solve_and_weigh(None, ModelSettings())
    assert looks.done == ["wider", "rivals", "second source"]


@pytest.mark.parametrize("calls", [{"left_over": 2.9}, {"chi2_arc": 2.5}])
@pytest.mark.parametrize(("leaves", "kept"), [({}, True), ({"left_over": 2.9}, False), ({"chi2_arc": 2.5}, False)])
def test_a_second_source_is_kept_where_it_leaves_nothing_of_what_called_for_it(looks, calls, leaves, kept):
    looks.first = looks.wider = replace(GOOD, **calls)
    looks.twice = replace(GOOD, **leaves)
    solved, _, evidence = judged.solve_and_weigh(None, ModelSettings())
    assert (solved.second is not None) is kept
    assert (evidence.left_over is None and evidence.chi2_arc < 2) is kept


def test_no_second_source_is_looked_for_without_a_first(looks):
    looks.first = looks.wider = replace(GOOD, left_over=2.9, arc_snr=3.0)
    judged.solve_and_weigh(None, ModelSettings())
    assert "second source" not in looks.done
