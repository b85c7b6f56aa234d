"""Every network of the registry: shapes, sizes, settings, and that a sample does not depend on its neighbours."""

import numpy as np
import pytest
import torch

from lensmith.errors import InputError, SettingsError
from lensmith.nets import NETWORKS, InputSettings, NetworkSpec, build_network, parameter_count
from lensmith.nets.images import prepare_images

SMALL = {"lens-pinn": {"width": 8, "hidden": 16}, "lens-physics": {"width": 8, "proposal_width": 8, "lessons": 1}}
IMAGE_CLASSIFIERS = ("lens-physics", "lens-pinn", "resnet10", "resnet18")


def spec_of(name: str, **settings) -> NetworkSpec:
    inputs = InputSettings(side=32)
    return NetworkSpec(name=name, settings=SMALL.get(name, {}) | settings, inputs=inputs, shape=(1, 40, 40))


def images(n: int) -> np.ndarray:
    return np.random.default_rng(0).random((n, 1, 40, 40), dtype=np.float32) * 0.1


@pytest.mark.parametrize("name", IMAGE_CLASSIFIERS)
def test_probabilities_do_not_depend_on_the_batch(name):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = build_network(spec_of(name))
    arrays = {"image": images(5)}
    together = network.probabilities(arrays)
    assert together.shape == (5, 3)
    assert together.sum(1) == pytest.approx(np.ones(5), abs=1e-5)
    alone = np.concatenate([network.probabilities({"image": arrays["image"][i : i + 1]}) for i in range(5)])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_sizes():
    assert set(IMAGE_CLASSIFIERS) <= set(NETWORKS)
    with torch.device("meta"):
        sizes = {name: parameter_count(build_network(NetworkSpec(name=name))) for name in IMAGE_CLASSIFIERS}
    assert 11.1e6 < sizes["resnet18"] < 11.3e6
    assert 4.8e6 < sizes["resnet10"] < 5.1e6
    assert sizes["lens-pinn"] < 5e6
    assert 4 * sizes["lens-physics"] < 10e6


def test_the_ablation_has_as_many_parameters_and_trains_all_of_them():
    on, off = (build_network(spec_of("lens-physics", physics=switch)) for switch in ("on", False))
    assert parameter_count(on) == parameter_count(off)
    assert {tuple(weights.shape) for weights in on.state_dict().values()} == {
        tuple(weights.shape) for weights in off.state_dict().values()
    }
    inputs = {name: torch.from_numpy(values) for name, values in off.prepare({"image": images(4)}).items()}
    off.train()
    off.classification_loss(inputs, torch.tensor([0, 1, 2, 0]), torch.nn.CrossEntropyLoss()).backward()
    assert all(weights.grad is not None for weights in off.parameters())
    assert not any(weights.requires_grad for weights in on.proposal.parameters())


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (NetworkSpec(name="resnet81"), "did you mean resnet18"),
        (NetworkSpec(name="resnet18", settings={"dropuot": 0.1}), "did you mean dropout"),
        (NetworkSpec(name="lens-physics", settings={"given": {"theta": 1.0}}), "theta is no parameter"),
        (NetworkSpec(name="lens-pinn", settings={"width": 1}), "width = 1"),
    ],
)
def test_wrong_settings_are_one_sentence(spec, says):
    with pytest.raises(SettingsError, match=says):
        build_network(spec)


def test_images_are_binned_cropped_and_scaled_one_by_one():
    stack = np.arange(2 * 6 * 6, dtype=np.float32).reshape(2, 6, 6)
    plain = prepare_images(stack, InputSettings(bin=2, scale="none"))
    assert plain.shape == (2, 1, 3, 3)
    assert plain[0, 0, 0, 0] == np.mean([0, 1, 6, 7])
    scaled = prepare_images(stack, InputSettings(scale="minmax"))
    assert scaled[0] == pytest.approx(scaled[1])
    assert (scaled.min(), scaled.max()) == (0, 1)
    big = prepare_images(np.zeros((1, 2, 20, 22), np.float32), InputSettings(side=10, scale="standard"))
    assert big.shape == (1, 2, 10, 10)
    assert np.all(big == 0)
    soft = prepare_images(stack, InputSettings(scale="asinh", softening=1.0))
    assert soft[0, 0, 0, 1] == pytest.approx(np.arcsinh(1) / 2 - 0.4, rel=1e-6)
    with pytest.raises(InputError, match="lower side"):
        prepare_images(stack, InputSettings(side=8))
