"""Classifiers on held-out samples: the loss before scores are scaled, and paired differences."""

import numpy as np
import pytest
import torch
from benchmarks.held_out import cross_entropies, loss_lines, unscale

from lensmith.nets.score_scaling import ScoreScaling


def test_cross_entropies_are_those_of_torch():
    scores = torch.from_numpy(np.random.default_rng(1).normal(size=(30, 4)))
    labels = torch.arange(30) % 4
    found = cross_entropies(labels.numpy(), scores.softmax(1).numpy())
    assert found.mean() == pytest.approx(float(torch.nn.functional.cross_entropy(scores, labels)))


def test_a_network_without_its_scaling_gives_scores_as_they_are():
    network = torch.nn.Module()
    network.scaling = ScoreScaling(3, 5)
    network.scaling.maps *= 2
    unscale(network)
    scores = torch.tensor([[1.0, -2.0, 3.0]])
    assert torch.equal(network.scaling(scores, torch.tensor([True]), torch.tensor([5])), scores)


def test_the_difference_is_of_the_first_less_the_other_and_paired():
    theirs = np.random.default_rng(2).exponential(size=200)
    lines = loss_lines({"new": theirs - 0.1, "old": theirs}, resamples=50)
    assert lines[-1] == "new less old, paired: cross-entropy -0.1000 [-0.1000, -0.1000]"
