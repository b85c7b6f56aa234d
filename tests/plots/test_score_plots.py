"""Pictures of scores: drawn for plain, for empty and for odd cases, with what they say in their text."""

import numpy as np
import pytest

from lensmith import plots


def texts(figure) -> str:
    figure.canvas.draw()
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    found += [axes.get_title(loc=place) for axes in figure.axes for place in ("left", "center")]
    found += [text.get_text() for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()]
    return "\n".join(found)


def test_roc_draws_each_class_on_both_axes():
    curve = np.array([0, 0.1, 1.0]), np.array([0, 0.8, 1.0])
    figure = plots.roc({"no": curve, "vort": curve}, {"no": "no: 0.85"}, "20 samples")
    for word in ("no: 0.85", "vort", "20 samples"):
        assert word in texts(figure)
    assert [len(axes.lines) for axes in figure.axes] == [3, 3]
    assert figure.axes[1].get_xscale() == "log"


def test_confusion_says_share_and_count_of_every_cell():
    figure = plots.confusion(np.array([[3, 1], [0, 0]]), ["a_$", "b"], "title")
    said = texts(figure)
    for word in ("0.750\n3", "0.250\n1", "0.000\n0", "title"):
        assert word in said
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["a_$", "b"]


@pytest.mark.parametrize("bins", [1, 15])
def test_reliability_draws_every_bin(bins):
    confidence = np.linspace(0.4, 0.99, bins)
    figure = plots.reliability_diagram(confidence, np.ones(bins), np.full(bins, 10), "150 samples", "error 0.1")
    assert "error 0.1" in texts(figure)
    assert len(figure.axes[0].lines[1].get_xdata()) == bins


def test_training_curves_mark_the_chosen_epoch():
    rows = {name: [0.5, 0.4, 0.3] for name in ("train_loss", "val_loss", "val_accuracy", "val_auc")}
    figure = plots.training_curves({"epoch": [1, 2, 3]} | rows, chosen=2, title="resnet18")
    assert figure.axes[0].lines[-1].get_xdata()[0] == 2
    for word in ("training", "validation", "accuracy", "AUC", "resnet18"):
        assert word in texts(figure)
