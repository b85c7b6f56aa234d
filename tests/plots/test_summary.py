from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from lensmith.data import Verdict
from lensmith.plots import summary
from plots.mock_fit import NORTH, ONE, SIX, SOURCE, THREE, MockBand, make_fit


def panel(figure, title: str, row: int = 0):
    """The panel of a summary under a title, `row` rows down."""
    titled = [ax for ax in figure.axes if ax.get_title() == title]
    return titled[0] if row == 0 else figure.axes[figure.axes.index(titled[0]) + row * 9]


def words(figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def save(figure, tmp_path):
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert (tmp_path / "figure.png").stat().st_size > 2000


@pytest.mark.parametrize(("bands", "axes"), [(ONE, 5 + 5 + 1), (THREE, 3 * 9 + 1), (SIX, 6 * 9 + 1)])
def test_a_row_a_band(bands, axes, tmp_path):
    figure = summary(make_fit(bands))
    assert len(figure.axes) == axes
    assert [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel() in {b.name for b in bands}] == [
        b.name for b in bands
    ]
    save(figure, tmp_path)


def test_many_bands_stay_within_the_page():
    bands = [MockBand(f"B{i}", side=20, scale=0.3) for i in range(12)]
    fit = make_fit(bands)
    clear = [replace(band, arc_snr=float(i)) for i, band in enumerate(fit.bands)]
    figure = summary(replace(fit, bands=tuple(clear)))
    assert figure.get_size_inches()[1] <= 13.01
    shown = [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel().startswith("B")]
    assert shown == [f"B{i}" for i in range(2, 12)]
    assert any("10 of 12 bands" in text for text in words(figure))


def test_critical_curve_and_caustic_are_where_the_fit_says():
    fit = make_fit(THREE)
    figure = summary(fit)
    for row in range(3):
        curve = panel(figure, "Data", row).lines[0].get_xydata()
        assert curve[:-1] == pytest.approx(fit.critical_curves[0])
        assert curve[0] == pytest.approx(curve[-1])
    source = panel(figure, "Source")
    caustics = [line.get_xydata()[:-1] for line in source.lines if len(line.get_xydata()) > 2]
    assert caustics[0] == pytest.approx(fit.caustics[0])
    (left, right), (bottom, top) = source.get_xlim(), source.get_ylim()
    assert left < SOURCE[0] < right
    assert bottom < SOURCE[1] < top
    assert left < caustics[0][:, 0].min()
    assert top > caustics[0][:, 1].max()


def test_source_is_drawn_at_its_place():
    fit = make_fit()
    figure = summary(fit)
    (image,) = panel(figure, "Source").images
    to_frame = image.get_transform() - panel(figure, "Source").transData
    corners = to_frame.transform([(-0.5, -0.5), (47.5, 47.5)])
    half = fit.bands[0].source_width / 2
    assert corners == pytest.approx(np.array([SOURCE - half, SOURCE + half]))


def test_all_panels_on_the_sky_share_one_square():
    figure = summary(make_fit(THREE))
    names = ("Data", "Model", "(Data − model) / noise", "Data − lens light")
    limits = {
        panel(figure, name, row).get_xlim() + panel(figure, name, row).get_ylim() for name in names for row in (0, 2)
    }
    assert len(limits) == 1


def test_compass_points_north_on_every_band_with_known_orientation():
    figure = summary(make_fit(THREE))
    for row, oriented in enumerate((True, True, False)):
        arrows = {text.get_gid(): text for text in panel(figure, "Data", row).texts if text.get_gid()}
        assert set(arrows) == ({"compass-N", "compass-E"} if oriented else set())
        for label, angle in (("N", 90 - NORTH), ("E", 180 - NORTH)) if oriented else ():
            arrow = arrows[f"compass-{label}"]
            dx, dy = np.subtract(arrow.xy, arrow.xyann)
            assert np.degrees(np.arctan2(dy, dx)) % 360 == pytest.approx(angle % 360)


def test_scale_bar_is_as_long_as_it_says():
    figure = summary(make_fit())
    data = panel(figure, "Data")
    bar = next(line for line in data.lines if len(line.get_xdata()) == 2)
    (label,) = (text.get_text() for text in data.texts if text.get_text().endswith("″"))
    assert np.ptp(bar.get_xdata()) == pytest.approx(float(label[:-1]))


def test_residuals_only_where_fitted():
    fit = make_fit()
    (image,) = panel(summary(fit), "(Data − model) / noise").images
    shades = np.ma.filled(image.get_array().astype(float), np.nan)
    assert np.isfinite(shades).sum() == fit.bands[0].mask.sum()
    assert image.get_clim() == (0, 1)


def test_colour_bars_are_in_data_units():
    fit = make_fit()
    figure = summary(fit)
    labels = [ax.get_ylabel() for ax in figure.axes]
    assert labels.count("e⁻/s") == 3
    assert labels.count("e⁻/s / arcsec²") == 1
    assert "flux" in [ax.get_ylabel() for ax in summary(make_fit(SIX)).axes]


def test_numbers_verdict_and_notes_are_written():
    text = words(summary(make_fit()))
    assert "1.350 ± 0.030″" in text
    assert "check" in text
    assert any(line.startswith("• two solutions") for line in text)
    assert any("PSF assumed" in line for line in text)
    assert "0.222, 0.609" in text


def test_nothing_known_but_the_images(tmp_path):
    fit = make_fit(parameters={}, draws={}, critical_curves=(), caustics=(), modes=(), diagnostics={}, notes=())
    fit = replace(fit, ra=None, dec=None, z_lens=None, z_source=None, verdict=Verdict("failed"))
    save(summary(fit), tmp_path)


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_arrays_without_content(value, tmp_path):
    fit = make_fit(THREE)
    names = ("model", "lens_light", "arcs", "residual", "source", "noise")
    band = replace(fit.bands[0], **{name: np.full_like(getattr(fit.bands[0], name), value) for name in names})
    band = replace(band, chi2_red=np.nan, arc_snr=np.nan, source_centre=(np.nan, np.nan), source_width=np.nan)
    nothing = replace(band, mask=np.zeros_like(band.mask), arc_mask=np.zeros_like(band.mask))
    save(summary(replace(fit, bands=(band,))), tmp_path)
    save(summary(replace(fit, bands=(fit.bands[1], nothing))), tmp_path)


def test_odd_names_are_drawn_as_they_stand(tmp_path):
    reasons = ("cost $x_1$ is \\frac{", "星 " * 40, *(f"reason {i}" for i in range(60)))
    fit = make_fit(id="$\\alpha$_{^ 星 <b>", verdict=Verdict("check", reasons))
    text = words(summary(fit))
    assert "$\\alpha$_{^ ? <b>" in text
    assert any("cost $x_1$ is \\frac{" in line for line in text)
    assert text[-1] == "…"
    save(summary(fit), tmp_path)


def test_threads_draw_the_same_pictures(tmp_path):
    fits = [make_fit(seed=seed) for seed in (1, 2)]

    def draw(i):
        path = tmp_path / f"{i}.png"
        summary(fits[i % 2]).savefig(path, dpi=40)
        return path.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(draw, range(4)))
    assert pictures == [draw(0), draw(1)] * 2
