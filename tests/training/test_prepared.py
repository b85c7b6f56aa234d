"""What trainings share: taught parts and prepared inputs."""

import numpy as np
import torch

from lensmith.nets import InputSettings, NetworkSpec, build_network
from lensmith.training.prepared import preparation_key, teach_or_fetch


def network(**settings):
    small = {"lessons": 1, "width": 8, "proposal_width": 8} | settings
    return build_network(NetworkSpec(name="lens-physics", settings=small, inputs=InputSettings(side=32)))


def weights(part) -> np.ndarray:
    return np.concatenate([value.detach().numpy().ravel() for value in part.state_dict().values()])


def test_a_part_is_taught_once_for_all_trainings(tmp_path):
    torch.manual_seed(1)
    first, said = network(), []
    untaught = weights(first.proposal)
    teach_or_fetch(first, tmp_path, said.append)
    assert not np.array_equal(weights(first.proposal), untaught)
    kept = list(tmp_path.glob("taught-*"))
    assert len(kept) == 1
    torch.manual_seed(2)
    second = network(width=16, dropout=0.5)
    second.learn_to_prepare = None
    teach_or_fetch(second, tmp_path, said.append)
    assert np.array_equal(weights(second.proposal), weights(first.proposal))
    # Prepared inputs are the same whatever the classifier; another fit makes others.
    assert preparation_key(first, "data") == preparation_key(second, "data")
    assert preparation_key(first, "data") != preparation_key(first, "other data")
    steeper = network(steps=1)
    teach_or_fetch(steeper, tmp_path, said.append)
    assert preparation_key(steeper, "data") != preparation_key(first, "data")
    assert list(tmp_path.glob("taught-*")) == kept


def test_a_network_without_lessons_keeps_nothing(tmp_path):
    teach_or_fetch(network(physics="off"), tmp_path, print)
    assert not list(tmp_path.iterdir())
    assert preparation_key(network(physics="off"), "data") != preparation_key(network(physics="off", width=16), "data")
