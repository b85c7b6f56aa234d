import numpy as np
import pytest

from lensmith.plots import stamp
from plots.mock_fit import THREE, make_fit


def test_compass_and_units_of_a_rotated_mirrored_band(tmp_path):
    band = make_fit(THREE).bands[1]
    figure = stamp(
        band.image, band.pixel_to_sky, oriented=True, noise=band.noise, mask=band.mask, unit=band.unit, title="$a_b$ 星"
    )
    panel, bar = figure.axes
    assert panel.get_title() == "$a_b$ ?"
    assert bar.get_ylabel() == "e⁻/s"
    arrows = {text.get_gid(): np.subtract(text.xy, text.xyann) for text in panel.texts if text.get_gid()}
    north, east = (arrows[f"compass-{name}"] for name in "NE")
    sky = band.pixel_to_sky @ np.stack([north, east], axis=1)
    assert sky[0, 0] == pytest.approx(0, abs=1e-12)
    assert sky[1, 0] > 0
    assert sky[1, 1] == pytest.approx(0, abs=1e-12)
    assert sky[0, 1] > 0
    figure.savefig(tmp_path / "stamp.png", dpi=40)


def test_north_up_east_left():
    figure = stamp(np.eye(9), 0.1 * np.diag([-1.0, 1.0]), oriented=True)
    arrows = {text.get_gid(): np.subtract(text.xy, text.xyann) for text in figure.axes[0].texts if text.get_gid()}
    assert arrows["compass-N"][0] == pytest.approx(0)
    assert arrows["compass-N"][1] > 0
    assert arrows["compass-E"][1] == pytest.approx(0)
    assert arrows["compass-E"][0] < 0


def test_without_orientation_there_is_no_compass():
    figure = stamp(np.arange(50.0).reshape(5, 10), 0.2 * np.eye(2))
    assert [text for text in figure.axes[0].texts if text.get_gid()] == []
    assert np.ptp(figure.axes[0].get_xlim()) == pytest.approx(2.0)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e7])
def test_colour_bar_reads_back_to_the_data(scale):
    rng = np.random.default_rng(2)
    image = scale * (rng.normal(size=(40, 40)) + 50 * np.exp(-0.5 * np.hypot(*np.indices((40, 40)) - 20) ** 2 / 9))
    bar = stamp(image, 0.1 * np.eye(2), noise=np.full_like(image, scale), unit="Jy").axes[1]
    label = bar.get_ylabel()
    exponent = label.split()[0].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))[2:] if " " in label else "0"
    values = [float(t.get_text().replace("−", "-")) * 10.0 ** int(exponent) for t in bar.get_yticklabels()]
    assert label.endswith("Jy")
    assert 2 <= len(values) <= 4
    assert min(values) >= image.min()
    assert max(values) <= image.max()
