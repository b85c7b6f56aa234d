import pytest
import torch

from training.rings import TINY, write_rings


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def rings(tmp_path_factory):
    return write_rings(tmp_path_factory.mktemp("rings"))


@pytest.fixture(scope="session")
def trained(rings, tmp_path_factory):
    """A run folder of three epochs, and what was told."""
    from lensmith.training import load_recipe, train

    out, told = tmp_path_factory.mktemp("trained") / "run", []
    train(load_recipe("lens-pinn", list(TINY)), out, rings, command="lensmith train lens-pinn", tell=told.append)
    return out, told
