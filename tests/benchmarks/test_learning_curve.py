"""Scores against the number of training samples: grouped by network, the same test samples, seeds averaged."""

import json

import pytest
from benchmarks.learning_curve import levels, picture, points_of, table

from lensmith.errors import InputError


def scores(folder, network, samples, accuracy, seed=1, judged_on="all 8 samples of fresh"):
    folder.mkdir()
    found = {"network": network, "training_samples": samples, "seed": seed, "judged_on": judged_on, "n": 8}
    found |= {"accuracy": [accuracy, accuracy - 0.1, accuracy + 0.1], "auc": {"macro": [0.8, 0.75, 0.85]}}
    (folder / "metrics.json").write_text(json.dumps(found | {"confusion": [[2, 0], [1, 5]]}), encoding="utf-8")
    return folder


def test_seeds_are_averaged_and_sizes_stand_side_by_side(tmp_path):
    folders = [scores(tmp_path / "a", "net", 100, 0.5), scores(tmp_path / "b", "net", 400, 0.6)]
    folders.append(scores(tmp_path / "c", "net", 400, 0.7, seed=2))
    small, large = points_of(folders)
    assert (small["samples"], small["seeds"], small["accuracy"]) == (100, 1, pytest.approx((0.5, 0.4, 0.6)))
    assert (large["samples"], large["seeds"], large["accuracy"]) == (400, 2, pytest.approx((0.65, 0.6, 0.7)))
    assert table([small, large]).splitlines()[-1].startswith("| `net` | 0.500 [0.400, 0.600]")
    left, right = picture([small, large]).axes
    assert left.get_ylabel() == "accuracy"
    assert [text.get_text() for text in right.get_xticklabels()] == ["100", "400"]


def test_where_accuracy_levels_off_is_said_for_three_sizes_in_one_ratio(tmp_path):
    folders = [scores(tmp_path / name, "net", n, 0.5) for name, n in (("a", 100), ("b", 500), ("c", 2500))]
    assert levels(points_of(folders[:2])) == ""
    for folder, wrong in zip(folders, (40, 20, 15), strict=True):
        rows = [f"{i},yes,{0.2 if i < wrong else 0.8},{0.8 if i < wrong else 0.2}" for i in range(100)]
        text = "\n".join(["name,class,p_yes,p_no", *rows])
        (folder / "predictions.csv").write_text(text, encoding="utf-8")
    assert "| levels off at |" in levels(points_of(folders))
    # Errors 0.40, 0.20, 0.15 fall by 0.20 and 0.05: 0.15 - 0.05^2 / 0.15 are left.
    assert levels(points_of(folders)).splitlines()[-1].startswith("| `net` | 0.500 | 0.867 [")


def test_scores_that_cannot_be_compared_are_refused(tmp_path):
    known = scores(tmp_path / "a", "net", 100, 0.5)
    with pytest.raises(InputError, match="on how many samples"):
        points_of([known, scores(tmp_path / "b", "net", None, 0.5)])
    with pytest.raises(InputError, match="same samples"):
        points_of([known, scores(tmp_path / "c", "net", 200, 0.5, judged_on="others")])
