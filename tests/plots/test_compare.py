import numpy as np
import pytest

from lensmith.plots import compare

REFERENCE = np.array([1.0, 1.2, 1.5, np.nan, 2.0, 0.8])
FITTED = np.array([1.01, 1.19, 2.1, 1.0, np.nan, 0.78])
NAMES = ["a", "b", "far $off$", "no reference", "no fit", "f"]


def texts(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def test_points_lie_where_the_numbers_say(tmp_path):
    figure = compare(REFERENCE, FITTED, np.full(6, 0.02), NAMES)
    points = figure.axes[0].lines[0].get_xydata()
    assert points == pytest.approx(np.array([[1.0, 1.01], [1.2, 1.19], [1.5, 2.1], [0.8, 0.78]]))
    percent = figure.axes[1].lines[0].get_ydata()
    assert percent == pytest.approx([1.0, -0.8333333, 40.0, -2.5])
    figure.savefig(tmp_path / "compare.png", dpi=40)


def test_outliers_are_named_and_scores_given():
    figure = compare(REFERENCE, FITTED, np.full(6, np.nan), NAMES, verdicts=["accept"] * 2 + ["check"] * 3 + ["accept"])
    found = texts(figure)
    assert "far $off$" in found
    assert "a" not in found
    assert any("all: median 1.8 %" in text and "over 20 %: 25.0 %" in text for text in found)
    assert any("accepted: median 1.0 %" in text and "over 20 %: 0.0 %" in text for text in found)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["accept (3)", "check (1)"]


def test_errors_on_either_side():
    errors = np.array([[0.1] * 6, [0.3] * 6])
    bars = compare(REFERENCE, FITTED, errors, NAMES).axes[0].containers[0].lines[2][0].get_segments()
    assert bars[0][:, 1] == pytest.approx([0.91, 1.31])


def test_nothing_to_compare(tmp_path):
    compare([np.nan], [1.0], [0.1], ["a"]).savefig(tmp_path / "compare.png", dpi=40)
