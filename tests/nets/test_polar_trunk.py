"""Views in polar coordinates: turning an image moves its polar image, and radii and truths go along."""

import numpy as np
import pytest
import torch

from lensmith.errors import SettingsError
from lensmith.nets import NetworkSpec, build_network, save_checkpoint
from lensmith.nets.estimator import NAMES, rotated_truth, turned_truth
from lensmith.nets.polar_trunk import ANGLES, INNERMOST, OUTERMOST, RADII, light_centre, polar_image

SMALL = {"encoder": "polar", "options": {"width": 8, "kept": 8, "hidden": 8}}


def channels(x0=1.2, y0=-0.7, radius=None):
    """A galaxy at (x0, y0) [pixels from the middle] with a companion, or with a ring of `radius` about it."""
    y, x = np.indices((64, 64)) - 31.5
    galaxy = 40 * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 12)
    more = 20 * np.exp(-((x - 12) ** 2 + (y - 5) ** 2) / 6)
    if radius is not None:
        more = 20 * np.exp(-0.5 * (np.hypot(x - x0, y - y0) - radius) ** 2)
    stretched = np.arcsinh((galaxy + more) / 3)
    return torch.from_numpy(np.stack([stretched, np.arcsinh(more / 3), np.ones((64, 64))])).float()[None]


def test_the_centre_is_the_galaxys():
    assert light_centre(channels())[0].numpy() == pytest.approx([1.2, -0.7], abs=0.05)


def test_a_quarter_turn_moves_the_polar_image():
    image = channels()
    turned = torch.rot90(image, 1, (-2, -1))
    one, other = (polar_image(each, light_centre(each)) for each in (image, turned))
    assert torch.allclose(other, torch.roll(one, -ANGLES // 4, 3), atol=1e-3)


def test_angle_nought_can_lie_anywhere():
    image = channels()
    centre, steps = light_centre(image), 7
    turned = polar_image(image, centre, torch.tensor([2 * np.pi * steps / ANGLES]))
    assert torch.allclose(turned, torch.roll(polar_image(image, centre), -steps, 3), atol=1e-3)


@pytest.mark.parametrize("radius", [6.0, 20.0])
def test_a_ring_is_a_row(radius):
    image = channels(radius=radius)
    rows = polar_image(image, light_centre(image))[0, 1].mean(1)
    found = INNERMOST * (OUTERMOST / INNERMOST) ** (int(rows.argmax()) / (RADII - 1))
    assert found == pytest.approx(radius, rel=0.06)


def test_rotated_truths_are_those_of_turned_images():
    truth = torch.tensor([[0.1, 0.2, 0.3, 1.0, 2.0, 0.05, 0.02]])
    quarter = torch.tensor([-np.pi / 2])  # a turn by code 1 makes (x, y) to (y, -x)
    assert torch.allclose(rotated_truth(truth, quarter), turned_truth(truth, torch.tensor([1])), atol=1e-6)


def test_positions_are_counted_from_the_middle():
    torch.manual_seed(2)
    spec = NetworkSpec(name="estimator", settings=SMALL, shape=(2, 64, 64), classes=NAMES)
    net = build_network(spec).eval()
    near, away = (net({"image": channels(x0, y0, radius=9.0)})[0][0] for x0, y0 in ((0.0, 0.0), (2.0, -1.0)))
    assert (away - near)[3:5].detach().numpy() == pytest.approx([2, -1], abs=0.15)


def test_the_finder_takes_the_polar_encoder_and_no_options_of_others():
    spec = NetworkSpec(name="finder", settings=SMALL, shape=(2, 64, 64), classes=("impostor", "lens"))
    assert build_network(spec).eval()({"image": channels()}).shape == (1, 2)
    with pytest.raises(SettingsError, match="polar knows"):
        build_network(spec.model_copy(update={"settings": {"encoder": "polar", "options": {"channels": [8]}}}))
    with pytest.raises(SettingsError, match="8 at least"):
        build_network(spec.model_copy(update={"settings": {"encoder": "polar", "options": {"width": 4}}}))


def test_an_estimator_starts_from_the_trunk_of_a_finder(tmp_path):
    torch.manual_seed(3)
    spec = NetworkSpec(name="finder", settings=SMALL, shape=(2, 64, 64), classes=("impostor", "lens"))
    finder = build_network(spec)
    save_checkpoint(tmp_path / "model.safetensors", finder, {})
    start = SMALL | {"weights": str(tmp_path)}
    estimator = build_network(NetworkSpec(name="estimator", settings=start, shape=(2, 64, 64), classes=NAMES))
    pairs = zip(finder.body.trunk.state_dict().values(), estimator.body.trunk.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert "weights" not in estimator.spec.settings
    wider = start | {"options": SMALL["options"] | {"width": 12}}
    with pytest.raises(SettingsError, match="must agree"):
        build_network(NetworkSpec(name="estimator", settings=wider, shape=(2, 64, 64), classes=NAMES))


def test_a_mirror_image_has_the_mirrored_answer():
    torch.manual_seed(4)
    image = channels()
    finder = build_network(NetworkSpec(name="finder", settings=SMALL, shape=(2, 64, 64), classes=("impostor", "lens")))
    one, other = (finder.eval()({"image": each}) for each in (image, image.flip(-1)))
    assert torch.allclose(one, other, atol=1e-5)
    estimator = build_network(NetworkSpec(name="estimator", settings=SMALL, shape=(2, 64, 64), classes=NAMES))
    answers = [estimator.scaled_estimate({"image": each}) for each in (image, image.flip(-1))]
    (one, spread, _), (other, mirrored, _) = answers
    sign = np.array([1, 1, -1, -1, 1, 1, -1])
    assert other == pytest.approx(one * sign, abs=1e-4)
    assert mirrored == pytest.approx(spread * sign[:, None] * sign, abs=1e-4)
