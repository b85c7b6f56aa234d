"""The CNN + LSTM network and its branches."""

import pytest

torch = pytest.importorskip("torch")

from lensmith.errors import SettingsError  # noqa: E402
from lensmith.nets import InputSettings, NetworkSpec, build_network, parameter_count  # noqa: E402

CLASSES = ("no_lens", "lens", "lensed_snia", "lensed_sncc")


def network(name: str, side: int = 45):
    spec = NetworkSpec(name=name, shape=(4, side, side), classes=CLASSES, inputs=InputSettings(scale="none"))
    return build_network(spec).eval()


def test_it_has_the_published_number_of_parameters():
    assert parameter_count(network("gravilens")) == 722_340


def test_every_branch_matters_to_the_whole_and_only_its_own_to_a_part():
    torch.manual_seed(1)
    image, curve = torch.randn(3, 4, 45, 45), torch.randn(3, 14, 4)
    other = {"image": torch.randn(3, 4, 45, 45), "curve": torch.randn(3, 14, 4)}
    for name, reads in (
        ("gravilens", {"image", "curve"}),
        ("gravilens-image", {"image"}),
        ("gravilens-curve", {"curve"}),
    ):
        net, inputs = network(name), {"image": image, "curve": curve}
        with torch.inference_mode():
            scores = net(inputs)
            assert scores.shape == (3, 4)
            moved = {key for key in inputs if not torch.allclose(scores, net(inputs | {key: other[key]}))}
        assert moved == reads


def test_images_that_leave_no_pixel_are_refused():
    with pytest.raises(SettingsError, match="40 pixels"):
        network("gravilens", side=32)


def test_light_curves_keep_single_precision_in_a_training_in_bfloat16():
    """A supernova adds a few thousandths to a scaled light curve, where bfloat16 has steps of 0.004."""
    torch.manual_seed(3)
    branch = network("gravilens-curve").branches["curve"]
    curve = 0.7 + 0.003 * torch.rand(5, 14, 4)
    with torch.inference_mode():
        plain = branch(curve)
        with torch.autocast("cpu", torch.bfloat16):
            torch.testing.assert_close(branch(curve), plain, rtol=0, atol=0)
