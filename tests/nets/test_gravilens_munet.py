"""The three sub-networks and their combination."""

import pytest

torch = pytest.importorskip("torch")

from lensmith.nets import InputSettings, NetworkSpec, build_network  # noqa: E402

CLASSES = ("no_lens", "lens", "lensed_snia", "lensed_sncc")


@pytest.fixture
def network():
    torch.manual_seed(1)
    spec = NetworkSpec(name="gravilens-munet", shape=(4, 45, 45), classes=CLASSES, inputs=InputSettings(scale="none"))
    return build_network(spec)


def batch(n: int):
    return {"image": torch.randn(n, 4, 45, 45), "curve": torch.randn(n, 14, 4)}


def test_members_are_taught_apart_and_asked_together(network):
    inputs = batch(3)
    assert network.train()(inputs).shape == (3, 3, 4)
    with torch.inference_mode():
        scores = network.eval()(inputs)
        members = torch.stack([member(**inputs) for member in network.members.values()], 1)
    torch.testing.assert_close(scores, members.log_softmax(-1).mean(1))


def test_every_modality_matters_to_every_member(network):
    network.eval()
    inputs, other = batch(3), batch(3)
    with torch.inference_mode():
        for member in network.members.values():
            for name in inputs:
                assert not torch.allclose(member(**inputs), member(**(inputs | {name: other[name]})))


def test_the_combination_trusts_who_is_right_on_held_out_samples(network):
    inputs = batch(256)
    network.eval()
    with torch.no_grad():
        labels = network.members["global"](**inputs).argmax(1)
        before = torch.nn.functional.cross_entropy(network(inputs), labels)
        weights = {name: value.clone() for name, value in network.named_parameters()}
        network.learn_from_held_out([inputs], labels)
        after = torch.nn.functional.cross_entropy(network(inputs), labels)
    assert after < 0.7 * before
    size = network.weight.reshape(4, 3, 4).diagonal(dim1=0, dim2=2).mean(1)
    assert size.argmax() == 1
    for name, value in network.named_parameters():
        assert torch.equal(value, weights[name])
