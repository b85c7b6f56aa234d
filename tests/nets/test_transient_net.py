"""The network of image and light curve: what it may not see, what may be missing, what it costs."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lensmith.nets import InputSettings, NetworkSpec, build_network, parameter_count  # noqa: E402
from lensmith.nets.score_scaling import fitted_map  # noqa: E402
from lensmith.nets.transient_inputs import curve_stages, images_in_noise  # noqa: E402
from lensmith.nets.transient_thinning import chosen_stage, shallower, thinned  # noqa: E402

CLASSES = ("no_lens", "lens", "lensed_snia", "lensed_sncc")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    spec = NetworkSpec(name="transient", shape=(4, 45, 45), classes=CLASSES, inputs=InputSettings(scale="none"))
    return build_network(spec).eval()


def arrays(n: int = 5, epochs: int = 14, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    time = 7.0 * np.arange(epochs)[:, None] + 0.004 * np.arange(4) + 60_000
    return {
        "image": random.normal(size=(n, 4, 45, 45)).astype(np.float32),
        "flux": random.normal(3, 5, size=(n, epochs, 4)).astype(np.float32),
        "flux_error": random.uniform(1, 4, size=(n, epochs, 4)).astype(np.float32),
        "time": np.broadcast_to(time, (n, epochs, 4)).copy(),
    }


def tensors(network, values):
    return {name: torch.from_numpy(value) for name, value in network.prepare(values).items()}


def first(values, epochs: int):
    return {name: value if name == "image" else value[:, :epochs] for name, value in values.items()}


def test_it_is_smaller_than_gravilens(network):
    assert parameter_count(network) < 722_340 / 3


def test_no_later_epoch_is_seen(network):
    values = arrays()
    inputs = tensors(network, values)
    with torch.inference_mode():
        after = network.after_every_epoch(inputs)
        for epochs in (1, 6, 14):
            cut = tensors(network, first(values, epochs)) | {"image": inputs["image"]}
            torch.testing.assert_close(after[:, epochs - 1], network(cut), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(after[:, 5], after[:, 13])


def test_missing_measurements_do_not_matter(network):
    values = arrays()
    values["flux_error"][:, 4] = 0
    values["flux_error"][:, :, 2] = 0
    other = {name: value.copy() for name, value in values.items()}
    other["flux"][:, 4], other["flux"][:, :, 2] = 1e4, np.nan
    without = {name: np.delete(value, 4, 1) if name != "image" else value for name, value in values.items()}
    with torch.inference_mode():
        scores = network(tensors(network, values))
        torch.testing.assert_close(network(tensors(network, other)), scores)
        torch.testing.assert_close(network(tensors(network, without)), scores, rtol=1e-4, atol=1e-4)


def test_either_modality_may_be_missing(network):
    values = arrays()
    blind = values | {"image": np.zeros_like(values["image"])}
    unknown = np.full(5, np.nan, np.float32)
    still = {"image": values["image"], "flux": unknown, "flux_error": unknown, "time": unknown}
    whole, no_image, no_curve = (network.probabilities(one) for one in (values, blind, still))
    for found in (whole, no_image, no_curve):
        assert found.shape == (5, 4)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    blind["image"] += 7.0  # a flat image holds nothing either
    assert not np.allclose(whole, no_image)
    assert not np.allclose(whole, no_curve)
    assert np.isfinite(network.probabilities(blind)).all()


def test_the_scale_of_images_and_the_start_of_the_clock_are_of_no_matter(network):
    values = arrays()
    moved = values | {"image": values["image"] * 0.01 + 5, "time": values["time"] + 365}
    np.testing.assert_allclose(network.probabilities(values), network.probabilities(moved), atol=2e-3)


def test_images_come_in_units_of_their_noise():
    random = np.random.default_rng(2)
    y, x = np.mgrid[:45, :45] - 22.0
    galaxy = 80 * np.exp(-(x**2 + y**2) / 60)
    images = (galaxy + 4 * random.normal(size=(30, 1, 45, 45)) + 100).astype(np.float32)
    found = images_in_noise(images)
    assert found[..., :3, :3].std() == pytest.approx(1, rel=0.1)
    assert found[..., 20:25, 20:25].mean() == pytest.approx(galaxy[20:25, 20:25].mean() / 4, rel=0.05)
    assert not images_in_noise(np.ones((1, 1, 45, 45), np.float32)).any()


def test_stages_are_what_was_known_earlier():
    values = arrays(3)
    early, error = (np.stack([values[name]] * 2, 1) for name in ("flux", "flux_error"))
    error[:, 0, 5:] = 0
    stages, days = curve_stages(values | {"flux_after": early, "flux_error_after": error}, 3, 4)
    assert stages.shape == (3, 3, 14, 4, 2)
    assert not stages[:, 0, 5:].any()
    assert stages[:, 0, :5, :, 1].all()
    np.testing.assert_allclose(days[0, :, 0], 7 * np.arange(14), atol=0.01)


def test_training_takes_away_what_its_settings_say():
    torch.manual_seed(0)
    curve = torch.ones(4000, 14, 4, 2)
    kept = thinned(curve, 0.25, 0.0, 0.0)[..., 0]
    assert 0.72 < kept.mean() < 0.78
    assert torch.equal(kept.amin(1), kept.amax(1))
    kept = thinned(curve, 0.0, 0.25, 0.0)[..., 0]
    assert 0.72 < kept.mean() < 0.78
    assert torch.equal(kept.amin(2), kept.amax(2))
    cut, epochs = chosen_stage(torch.ones(4000, 1, 14, 4, 2), 0.5)
    assert 0.5 < (epochs == 14).float().mean() < 0.57
    assert torch.equal((cut[..., 0, 1] > 0).sum(1), epochs)
    image = torch.randn(200, 4, 30, 30)
    noisy = shallower(image, torch.full((200,), 7), torch.full((200,), 14))
    assert noisy.std() == pytest.approx(2**0.5, rel=0.02)
    assert torch.equal(shallower(image, torch.full((200,), 14), torch.full((200,), 14)), image)


@pytest.mark.slow
def test_overconfidence_is_undone_after_any_number_of_epochs_and_without_an_image():
    torch.manual_seed(5)
    network = build_network(NetworkSpec(name="transient", shape=(4, 45, 45), classes=CLASSES)).eval()
    with torch.no_grad():
        network.head[-1].weight *= 60
        inputs = tensors(network, arrays(400, epochs=3, seed=4))
        scores = network(inputs)
        labels = torch.distributions.Categorical(logits=scores / 1.6).sample()
        blind, early = inputs | {"there": 0 * inputs["there"]}, inputs | {"curve": inputs["curve"][:, :, :1]}
        early["days"] = inputs["days"][:, :1]
        loss = torch.nn.functional.cross_entropy
        seen = {"whole": inputs, "no image": blind, "one epoch": early}
        before = {name: float(loss(network(one), labels)) for name, one in seen.items()}
    network.learn_from_held_out([inputs], labels)
    with torch.inference_mode():
        after = {name: float(loss(network(one), labels)) for name, one in seen.items()}
        torch.testing.assert_close(network.after_every_epoch(inputs)[:, -1], network(inputs))
        torch.testing.assert_close(network.after_every_epoch(blind)[:, -1], network(blind))
    assert all(after[name] < 0.95 * before[name] for name in seen)
    assert after["one epoch"] < 1.4  # chance is 1.386
    assert network.scaling.maps[1, 3, :, :-1].diagonal().mean() == pytest.approx(1 / 1.6, abs=0.15)
    before = network.scaling.maps.clone()
    network.learn_from_held_out([inputs], labels)  # what was learned before does not count
    torch.testing.assert_close(network.scaling.maps, before)


@pytest.mark.parametrize("spread", [3.0, 0.01])
def test_a_map_finds_back_what_the_scores_lack(spread):
    torch.manual_seed(1)
    true = spread * torch.randn(4000, 4)
    labels = torch.distributions.Categorical(logits=true + torch.tensor([0.0, 1.0, -1.0, 0.5])).sample()
    scores = 5 * true
    found = fitted_map(scores, labels).float()
    fitted = scores @ found[:, :-1].T + found[:, -1]
    with torch.no_grad():
        best = torch.nn.functional.cross_entropy(true + torch.tensor([0.0, 1.0, -1.0, 0.5]), labels)
        assert torch.nn.functional.cross_entropy(fitted, labels) < best + 0.005


def test_stored_images_are_left_as_they_are(network):
    values = arrays(2)
    values["image"][0] = np.nan
    before = values["image"].copy()
    network.prepare(values)
    np.testing.assert_array_equal(values["image"], before)
