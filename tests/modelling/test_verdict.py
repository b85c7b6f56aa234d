"""Each reason of the verdict, one at a time."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lensmith.modelling.modes import Parity, score_solution
from lensmith.modelling.verdict import Evidence, judge, needs_wider_field, score_gap, winner_beyond

GOOD = Evidence(
    theta_E=1.2,
    theta_E_smooth=1.21,
    q=0.8,
    shear=0.04,
    offset=0.3,
    at_bound=(),
    gap=12.0,
    parity=Parity(2000.0, 900.0, 1.0, 1.0, 3000.0),
    chi2_arc=0.9,
    arc_snr=80.0,
    field_radius=2.6,
    fwhm=0.1,
    inside=0.99,
    left_over=None,
    assumed=(),
)


def test_a_good_fit_is_accepted_without_reasons():
    verdict = judge(GOOD)
    assert (verdict.value, verdict.reasons) == ("accept", ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gap": 0.5}, "another solution fits almost as well"),
        ({"gap": -3.0}, "another solution fits better"),
        ({"parity": Parity(2000.0, 10.0, 1.0, 1.0, 2000.0)}, "no significant counter-image"),
        ({"parity": Parity(500.0, 2000.0, 1.0, 1.0, 2500.0)}, "dominate"),
        ({"parity": Parity(2000.0, 900.0, 1.0, 2.0, 3000.0)}, "brightnesses"),
        ({"chi2_arc": 3.0}, "not fitted"),
        ({"chi2_arc": float("nan")}, "not fitted"),
        ({"other_radii": (1.21, 1.4)}, "depends on the source model"),
        ({"free_radius": 1.3}, "how far the mass may be"),
        ({"narrow_radius": 0.8}, "narrower field"),
        ({"at_bound": ("gamma1",)}, "edge of its range"),
        ({"slope_away": 4.5, "gamma": 2.59}, "unlike lens galaxies"),
        ({"q": 0.27}, "unlike lens galaxies"),
        ({"q": 0.45}, "very elongated"),
        ({"shear": 0.23}, "unlike lens galaxies"),
        ({"q": 0.5, "shear": 0.14, "slope_away": -2.2, "gamma": 1.79}, "unlike lens galaxies"),
        ({"offset": 0.85}, "off the axis"),
        ({"offset": 0.01}, "straight behind"),
        ({"source_radius": 0.013}, "compact as a star"),
        ({"theta_E": 2.5, "theta_E_smooth": 2.5}, "edge of the field"),
        ({"fwhm": 1.5}, "not resolved"),
        ({"inside": 0.4}, "no pixel was fitted"),
        ({"left_over": 2.9}, "arc-like object 2.9 arcsec"),
        ({"assumed": ("PSF assumed: 0.9 arcsec",)}, "PSF assumed"),
    ],
)
def test_one_thing_wrong_asks_for_a_look(change, words):
    verdict = judge(replace(GOOD, **change))
    assert verdict.value == "check"
    assert words in " ".join(verdict.reasons)


@pytest.mark.parametrize("offset", [0.01, 0.85])
def test_where_the_source_lies_is_no_doubt_about_what_the_finder_is_sure_of(offset):
    said = {p: judge(replace(GOOD, offset=offset, p_lens=p)).value for p in (None, 0.1, 0.9, 0.99)}
    assert said == {None: "check", 0.1: "check", 0.9: "check", 0.99: "accept"}
    assert judge(replace(GOOD, offset=offset, p_lens=0.99, gap=0.5)).value == "check"


def test_a_held_mass_is_accepted_where_the_finder_is_sure():
    said = {p: judge(replace(GOOD, free_radius=1.21, p_lens=p)).value for p in (None, 0.9, 0.99)}
    assert said == {None: "check", 0.9: "check", 0.99: "accept"}


def test_no_source_is_a_reject():
    assert judge(replace(GOOD, arc_snr=4.0)).value == "reject"


def test_a_lone_image_scores_below_a_pair():
    theta = [0.2, 2.0, 0.1, 0.0, 0, 0, 0.02, 0.0, 0.2, 0.1]
    pair, lone = Parity(2000.0, 900.0, 1, 1, 3000.0), Parity(100.0, 3000.0, 1, 1, 3000.0)
    score = lambda parity, **k: score_solution(
        5000.0, theta, parity, k.get("inside", 1.0), k.get("size", 0.15), k.get("field", 2.6), 1
    )
    assert score(pair) > score(lone) + 5
    assert score(pair) > score(pair, inside=0.5) + 5
    assert score(pair) > score(pair, field=1.2) + 5
    assert score(pair) > score(pair, size=0.014) + 5, "a source like a star explains something else"


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({}, False),
        ({"left_over": 2.9}, True),
        ({"beyond": 2.5}, True),
        ({"inside": 0.4}, True),
        ({"parity": Parity(2000.0, 10.0, 1.0, 1.0, 2000.0)}, True),
        ({"parity": Parity(20.0, 10.0, 1.0, 1.0, 30.0), "arc_snr": 5.0}, False),
    ],
)
def test_a_wider_field_is_for_arcs_that_may_lie_outside(change, needed):
    assert needs_wider_field(replace(GOOD, **change)) is needed


def test_a_solution_that_lost_for_want_of_field_is_remembered():
    chosen = SimpleNamespace(theta=[np.log(1.45)], inside=0.84, score=-16.6)
    wide = SimpleNamespace(theta=[np.log(2.53)], inside=0.61, score=-23.3)
    assert winner_beyond([chosen, wide], 2.74) == pytest.approx(2.53)
    assert winner_beyond([chosen, wide], 4.5) is None, "in a wide field it lost by more"
    far = SimpleNamespace(theta=wide.theta, inside=0.61, score=-33.0)
    assert winner_beyond([chosen, far], 2.74) is None


@pytest.mark.parametrize(("apart", "gap"), [(0.01, 30.0), (0.05, 30.0), (0.08, 0.5), (0.3, 0.5)])
def test_the_gap_is_to_the_best_solution_of_another_radius(apart, gap):
    """What is the same minimum within a few per cent is no rival; one 8 % away is."""
    solutions = [
        SimpleNamespace(theta=np.log([radius]), score=score)
        for radius, score in ((1.0, 10.0), (1.0 + apart, 9.5), (0.6, -20.0))
    ]
    assert score_gap(solutions, 1.0) == pytest.approx(gap)
