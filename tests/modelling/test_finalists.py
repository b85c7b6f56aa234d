"""A second look at the choice between solutions: rivals finished, fewer pixels, images outside the pixels in use."""

from dataclasses import replace

import numpy as np
import pytest

from lensmith.modelling import finalists
from lensmith.modelling.finalists import compare_finished
from lensmith.modelling.joint import field_band
from lensmith.modelling.modes import images_outside
from lensmith.modelling.narrower import radius_in_narrower_field
from lensmith.modelling.settings import ModelSettings
from lensmith.modelling.solve import solve

from .mock_lens import TRUTH, mock_band, mock_cutout


@pytest.fixture(scope="module")
def solved():
    return solve(mock_cutout(), ModelSettings())


def misled(solved):
    """The same with theta_E of the chosen solution 12 % too large, and the right one behind it."""
    right = solved.solutions[0]
    theta = right.theta.copy()
    theta[0] += np.log(1.12)
    fooled = replace(right, theta=theta, score=right.score + 5)
    final = replace(solved.final, theta=theta, state=solved.final.objective.evaluate(theta))
    return replace(solved, solutions=[fooled, right], final=final)


def test_the_right_solution_wins_once_its_rivals_are_finished(solved):
    chosen = compare_finished(misled(solved))
    assert np.exp(chosen.final.theta[0]) == pytest.approx(TRUTH["theta_E"], rel=0.01)
    assert chosen.solutions[0].score > chosen.solutions[1].score + 2
    assert "rivals" in chosen.seconds


def test_a_finished_score_does_not_depend_on_the_unit_of_the_pixels(solved):
    band = mock_band()
    bright = mock_cutout(replace(band, image=1e4 * band.image, noise=1e4 * band.noise))
    scores = [finished_score(each) for each in (solved, solve(bright, ModelSettings()))]
    assert scores[0] == pytest.approx(scores[1], abs=0.2)


def finished_score(solved):
    run, s = solved.run, solved.run.settings
    fields = [
        field_band(b, light, s, run.field_radius, s.cauchy_search)
        for b, light in zip(run.aligned.bands, run.aligned.lights)
    ]
    return finalists.scored_finished(run, fields, solved.solutions[0], solved.smooth, solved.final).score


def test_without_a_rival_nothing_changes(solved):
    lone = replace(solved, solutions=solved.solutions[:1])
    assert compare_finished(lone) is lone


def test_rivals_that_survive_are_part_of_the_posterior(solved, monkeypatch):
    right = solved.solutions[0]
    theta = right.theta.copy()
    theta[0] += np.log(1.2)
    twin = replace(right, theta=theta)
    monkeypatch.setattr(finalists, "finish", lambda run, solution, objective: (solved.smooth, solved.final))
    monkeypatch.setattr(finalists, "scored_finished", lambda run, fields, before, *_: before)
    (other,) = compare_finished(replace(solved, solutions=[right, twin])).others
    assert other[1] == pytest.approx(0.0)


def test_a_narrower_field_is_asked_where_there_is_a_rival(solved):
    chosen = solved.solutions[0]
    assert radius_in_narrower_field(solved.run, [chosen]) is None
    theta = chosen.theta.copy()
    theta[0] += np.log(1.3)
    rival = replace(chosen, theta=theta, score=chosen.score - 3, smooth_score=chosen.smooth_score - 3)
    assert radius_in_narrower_field(solved.run, [chosen, rival]) == pytest.approx(np.exp(chosen.theta[0]))


def test_images_on_empty_sky_outside_the_pixels_in_use_count_against_a_solution(solved):
    aligned, s = solved.run.aligned, solved.run.settings
    field = field_band(aligned.bands[0], aligned.lights[0], s, 1.6, s.cauchy_search)
    sky = np.where(field.prepared.radius > 2.0, 5 * field.prepared.noise, 0.0)
    inside, worse = images_outside([field], [sky])
    assert inside == 0
    assert worse > 1000
    arcs = np.where(field.use, 5 * field.prepared.noise, 0.0)
    inside, worse = images_outside([field], [arcs])
    assert inside == pytest.approx(1)
    assert worse == 0


@pytest.mark.parametrize(
    ("arcs", "n_bands", "scale"),
    [([400.0, 2000.0], 1, 20.0), ([2000.0], 2, 10.0), ([50.0], 1, 10.0), ([90_000.0], 1, 50.0), ([9000.0], 3, 30.0)],
)
def test_the_deeper_the_image_the_less_chi_square_says(arcs, n_bands, scale):
    assert finalists.misfit_of(arcs, n_bands) == pytest.approx(scale)


def test_chi_square_decides_more_in_shallow_images(solved):
    fields, score = list(solved.final.objective.bands), {}
    for scale in (10.0, 50.0):
        args = solved.run, fields, solved.solutions[0], solved.smooth, solved.final
        score[scale] = finalists.scored_finished(*args, scale)
    cost = score[10.0].cost
    assert score[10.0].cost == score[50.0].cost
    # `images_outside` adds what it finds beyond the pixels in use, on a lens as small as this one little.
    assert score[50.0].score - score[10.0].score == pytest.approx(0.5 * cost * (1 / 10 - 1 / 50), rel=0.2)
