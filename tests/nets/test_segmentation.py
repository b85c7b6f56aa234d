import numpy as np
import pytest
import torch

from lensmith.errors import InputError, SettingsError
from lensmith.nets import NetworkSpec, load_checkpoint, parameter_count, save_checkpoint
from lensmith.nets.canny import canny_edges
from lensmith.nets.registry import build_network
from lensmith.nets.segmentation_losses import mask_edges, region_loss, segmentation_loss
from lensmith.nets.segmenter_input import (
    detection_images,
    in_noise_units,
    on_grid,
    resampled,
    resampled_classes,
    resampling_factor,
)

SMALL = {
    "unet": {"encoder": "regnetx_002", "decoder": [16, 16, 8, 8, 8]},
    "isnet": {"width": 0.125},
    "msrfnet": {"width": 0.125},
}
PUBLISHED = {"unet": 32_521_105, "isnet": 44_046_790, "msrfnet": 17_683_560}
"""Parameters for three bands and one class at the published widths."""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


def small(name, bands=2, side=40, classes=("background", "lens", "arc"), **settings):
    spec = NetworkSpec(name=name, settings=SMALL[name] | settings, shape=(bands, side, side), classes=classes)
    return build_network(spec)


def samples(n=2, bands=2, rows=40, columns=40):
    return {"image": np.random.default_rng(1).random((n, bands, rows, columns)).astype(np.float32)}


@pytest.mark.parametrize("name", SMALL)
def test_parameters_are_those_of_the_published_networks(name):
    with torch.device("meta"):
        network = build_network(NetworkSpec(name=name, shape=(3, 128, 128), classes=("lens",)))
    assert parameter_count(network) == PUBLISHED[name]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("bands", "rows", "columns"), [(1, 45, 45), (4, 37, 70)])
def test_any_number_of_bands_and_any_size(name, bands, rows, columns):
    network = small(name, bands)
    found = network.probabilities(samples(1, bands, rows, columns))
    assert found.shape == (1, 3, rows, columns)
    assert found.sum(1) == pytest.approx(np.ones((1, rows, columns)), abs=1e-5)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("exclusive", [True, False])
def test_every_weight_learns(name, exclusive):
    network = small(name, exclusive=exclusive)
    inputs = {key: torch.from_numpy(values) for key, values in network.prepare(samples(4)).items()}
    classes = torch.zeros(4, 40, 40, dtype=torch.long)
    classes[:, 10:20, 10:20], classes[:, 25:30, 8:20] = 1, 2
    masks = torch.nn.functional.one_hot(classes, 3).movedim(-1, 1).float()
    teacher = network.make_teacher()
    network.train()
    loss = network.loss(inputs, masks, teacher)
    loss.backward()
    assert torch.isfinite(loss)
    idle = [key for key, weights in network.named_parameters() if weights.grad is None]
    assert idle == []
    if teacher is not None:
        assert all(weights.grad is None for weights in teacher.parameters())
        network.teacher_loss(teacher, masks).backward()
        assert all(weights.grad is not None for weights in teacher.parameters())


@pytest.mark.parametrize("name", SMALL)
def test_a_sample_is_judged_alike_alone_and_in_a_batch(name):
    network = small(name)
    arrays = samples(3)
    together = network.probabilities(arrays)
    for k in range(3):
        alone = network.probabilities({"image": arrays["image"][k : k + 1]})
        assert together[k] == pytest.approx(alone[0], abs=2e-6)


@pytest.mark.parametrize("name", SMALL)
def test_a_checkpoint_gives_the_same_masks(name, tmp_path):
    network = small(name, classes=("lens", "arc"), exclusive=False)
    save_checkpoint(tmp_path / "model.safetensors", network, {})
    again = load_checkpoint(tmp_path).network
    assert np.array_equal(network.probabilities(samples()), again.probabilities(samples()))


def test_the_side_outputs_of_isnet_and_msrfnet():
    for name, levels in (("isnet", 6), ("msrfnet", 4)):
        network = small(name).eval()
        inputs = {key: torch.from_numpy(values) for key, values in network.prepare(samples(1)).items()}
        shapes = [tuple(scores.shape[-2:]) for scores in network.on_grid(inputs)]
        assert shapes == [(40, 40)] * levels


def test_supervision_by_features_counts():
    network = small("isnet").eval()
    inputs = {"image": torch.from_numpy(samples()["image"])}
    masks = torch.zeros(2, 3, 40, 40)
    masks[:, 0] = 1
    teacher = network.make_teacher().eval()
    with torch.no_grad():
        assert network.loss(inputs, masks, teacher) > network.loss(inputs, masks)
    assert small("isnet", teacher_epochs=0).make_teacher() is None


def test_an_unknown_encoder_is_said():
    with pytest.raises(SettingsError, match="no encoder of timm"):
        small("unet", encoder="resnet5000")


def test_losses_are_least_for_the_true_masks():
    masks = torch.zeros(2, 2, 8, 8)
    masks[:, 0, :4], masks[:, 1, 4:] = 1, 1
    right = 20 * (2 * masks - 1)
    for region in ("dice", "jaccard", "none"):
        for exclusive in (True, False):
            assert segmentation_loss(right, masks, exclusive, region) < 1e-3
            assert segmentation_loss(-right, masks, exclusive, region) > 5
    assert region_loss(masks, masks, "jaccard") == pytest.approx(0, abs=1e-6)
    half = region_loss(masks * torch.tensor([1.0, 0.0]).view(1, 2, 1, 1), masks, "dice")
    assert half == pytest.approx(0.5, abs=0.02)
    empty = torch.zeros(1, 1, 8, 8)
    assert region_loss(torch.ones(1, 1, 8, 8), empty, "dice") == 0


def test_edges_of_masks():
    masks = torch.zeros(1, 2, 9, 9)
    masks[:, 0, 3:6, 3:6] = 1
    edges = mask_edges(masks)[0, 0]
    assert edges[4, 4] == 0
    assert edges[3:6, 3:6].sum() == 8
    assert edges[2, 2:7].sum() == 5
    assert edges[0].sum() == 0


def test_canny_finds_the_rim_of_a_disc_and_nothing_in_a_flat_image():
    y, x = np.mgrid[:60, :60] - 29.5
    radius = np.hypot(x, y)
    edges = canny_edges(np.where(radius < 15, 5.0, 1.0))
    assert np.abs(radius[edges] - 15).max() < 1.5
    angles = np.degrees(np.arctan2(y[edges], x[edges]))
    assert np.diff(np.sort(angles)).max() < 12
    assert edges.sum() < 2.5 * 2 * np.pi * 15
    assert not canny_edges(np.ones((20, 20))).any()


def test_detection_images_have_unit_noise():
    random = np.random.default_rng(4)
    images = random.normal(7, 1, (3, 4, 64, 64)) * np.array([1, 5, 0.1, 30]).reshape(1, 4, 1, 1)
    units = in_noise_units(images)
    assert np.abs(np.median(units, (1, 2))).max() < 0.1
    assert units.std((1, 2)) == pytest.approx(np.ones(3), rel=0.05)
    assert detection_images(images[:, 0]).shape == (3, 1, 64, 64)
    assert np.isfinite(detection_images(np.zeros((1, 2, 20, 20)))).all()
    one, all_ = detection_images(images[:1]), detection_images(images)
    assert np.array_equal(one[0], all_[0])


def test_resampling_brings_the_psf_into_the_range():
    assert resampling_factor(3.0) == 1
    assert resampling_factor(0.55) == 2
    assert resampling_factor(8.0) == 0.5
    assert resampling_factor(3.0, side=128) == 0.5
    assert resampling_factor(2.0, side=200) == pytest.approx(0.55)
    with pytest.raises(InputError, match="positive"):
        resampling_factor(0.0)


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.0])
def test_resampling_keeps_centre_and_width(factor):
    y, x = np.mgrid[:61, :61] - 30.0
    image = np.exp(-((x - 4) ** 2 + (y + 6) ** 2) / (2 * 4**2))
    out = resampled(image[None], factor)[0]
    rows, columns = np.indices(out.shape)
    middle = [(axis * out).sum() / out.sum() - (n - 1) / 2 for axis, n in zip((columns, rows), out.shape[::-1])]
    assert middle == pytest.approx([4 * factor, -6 * factor], abs=0.1)
    assert out.sum() == pytest.approx(image.sum() * factor**2, rel=0.03)


@pytest.mark.parametrize("factor", [0.6, 0.987, 1.0, 1.7])
def test_classes_are_resampled_as_classes_and_keep_their_size(factor):
    y, x = np.mgrid[:40, :40] - 19.5
    classes = np.where(np.hypot(x, y) < 7, 3, 0).astype(np.uint8)
    classes[:, :4] = 1
    out = resampled_classes(classes, factor, side=80)
    assert out.dtype == np.uint8
    assert set(np.unique(out)) == {0, 1, 3}
    assert np.sqrt(np.sum(out == 3) / np.pi) == pytest.approx(7 * factor, rel=0.04)


def test_a_grid_is_moved_and_turned():
    image = np.zeros((21, 31))
    image[12, 20] = 1  # x 5, y 2 from the middle
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    out = on_grid(image, quarter, np.zeros(2), (31, 31))
    assert np.unravel_index(out.argmax(), out.shape) == (15 - 5, 15 + 2)
    moved = on_grid(image, np.eye(2), np.array([3.0, 1.0]), (21, 31))
    assert np.unravel_index(moved.argmax(), moved.shape) == (11, 17)
    assert moved.sum() == pytest.approx(1)


@pytest.mark.parametrize("levels", [3, 4, 5])
def test_a_unet_of_fewer_levels_with_the_image_at_its_own_resolution(levels):
    network = small("unet", bands=1, decoder=[16, 16, 8, 8, 8][:levels], refine=4)
    found = network.probabilities(samples(2, 1, 45, 45))
    assert found.shape == (2, 3, 45, 45)
    assert np.array_equal(network.probabilities(samples(2, 1, 45, 45)), found)
    inputs = {key: torch.from_numpy(values) for key, values in network.prepare(samples(2, 1)).items()}
    network.train()
    network(inputs).mean().backward()
    assert all(weights.grad is not None for weights in network.parameters())


def test_the_noise_unit_input_has_one_channel_whatever_the_bands():
    network = small("unet", bands=4, units="noise")
    assert network.probabilities(samples(1, 4)).shape == (1, 3, 40, 40)
    assert network.probabilities(samples(1, 1)).shape == (1, 3, 40, 40)
