from dataclasses import replace

import numpy as np
import pytest

from lensmith.data import Cutout, row_from_fit, write_model_fits, write_model_json, write_params_txt, write_posterior
from lensmith.errors import FitError
from lensmith.modelling.quasar import QuasarSettings, lens_fit_of, model_quasar
from lensmith.physics import cosmology
from modelling.mock_quasar import SOURCES, Z_LENS, Z_SOURCE, mock_quasar


@pytest.fixture(scope="module", params=sorted(SOURCES))
def fitted(request):
    cutout, truth = mock_quasar(request.param)
    return model_quasar(cutout), truth, cutout


def best(fit, name):
    return np.array([getattr(image, name).best for image in fit.images])


def pulls(estimates, truths):
    return np.array([(e.median - t) / ((e.stat_hi - e.stat_lo) / 2) for e, t in zip(estimates, truths)])


def test_images_are_found_where_they_are_in_the_order_in_which_they_arrive(fitted):
    fit, truth, _ = fitted
    assert len(fit.images) == len(truth["x"])
    assert np.hypot(best(fit, "x") - truth["x"], best(fit, "y") - truth["y"]).max() < 0.005
    assert [image.parity for image in fit.images] == list(np.sign(truth["magnification"]))
    assert fit.unseen == ()
    assert fit.doubts == ()


def test_fluxes_are_the_true_ones_though_the_lens_alone_would_give_others(fitted):
    fit, truth, _ = fitted
    assert best(fit, "flux") == pytest.approx(truth["flux"], rel=0.02)
    ratios = truth["flux"] / truth["flux"].max()
    assert np.abs(pulls([image.flux_ratio for image in fit.images if image.flux_ratio.best < 1], np.delete(
        ratios, ratios.argmax()))).max() < 3.5  # fmt: skip


def test_the_lens_is_the_true_one(fitted):
    fit, truth, _ = fitted
    assert fit.parameters["theta_E"].best == pytest.approx(truth["lens"]["theta_E"], rel=0.01)
    names = [name for name in truth["lens"] if name in fit.parameters]
    assert len(names) == 8
    assert np.abs(pulls([fit.parameters[name] for name in names], [truth["lens"][name] for name in names])).max() < 3


def test_intervals_hold_magnifications_and_delays(fitted):
    fit, truth, _ = fitted
    assert np.abs(pulls([image.magnification for image in fit.images], truth["magnification"])).max() < 3
    late = [image.delay for image in fit.images[1:]]
    assert np.abs(pulls(late, truth["delay"][1:])).max() < 3
    assert fit.images[0].delay.best == 0
    assert all(delay.stat_lo < delay.best < delay.stat_hi and delay.unit == "d" for delay in late)


@pytest.mark.filterwarnings("ignore:Use ``angular_diameter_distance")
def test_delays_are_lenstronomys_for_the_same_lens(fitted):
    from lenstronomy.LensModel.lens_model import LensModel

    fit = fitted[0]
    p = {name: estimate.best for name, estimate in fit.parameters.items()}
    centre = {"center_x": p["x_lens"], "center_y": p["y_lens"]}
    mass = {name: p[name] for name in ("theta_E", "gamma", "e1", "e2")} | centre
    shear = {"gamma1": p["gamma1"], "gamma2": p["gamma2"], "ra_0": p["x_lens"], "dec_0": p["y_lens"]}
    lens = LensModel(["EPL", "SHEAR"], z_lens=Z_LENS, z_source=Z_SOURCE, cosmo=cosmology.DEFAULT)
    arrival = lens.arrival_time(
        best(fit, "x"), best(fit, "y"), [mass, shear], x_source=p["x_source"], y_source=p["y_source"]
    )
    assert best(fit, "delay")[1:] == pytest.approx((arrival - arrival[0])[1:], rel=1e-3)
    assert best(fit, "magnification") == pytest.approx(
        lens.magnification(best(fit, "x"), best(fit, "y"), [mass, shear]), rel=1e-4
    )


def test_the_picture_is_all_explained(fitted):
    fit, _, cutout = fitted
    assert fit.model == pytest.approx(fit.lens_light + fit.points + fit.host)
    assert fit.diagnostics["chi2_red"] == pytest.approx(1, abs=0.15)
    assert fit.host_fluxes.sum() == pytest.approx(4.0, rel=0.25)
    assert fit.data.shape == cutout.bands[0].shape


def test_every_output_of_a_run_takes_it(fitted, tmp_path):
    fit, _, cutout = fitted
    record = lens_fit_of(cutout, fit)
    write_model_fits(record, tmp_path / "model.fits")
    write_model_json(record, tmp_path / "model.json")
    write_params_txt(record, tmp_path / "params.txt")
    write_posterior(record, tmp_path / "posterior.nc")
    assert row_from_fit(record)["theta_E"] == fit.parameters["theta_E"].median
    assert "delay_image_2" in (tmp_path / "params.txt").read_text()
    assert record.verdict.value == "check"
    band = record.bands[0]
    assert band.model == pytest.approx(band.lens_light + band.arcs, rel=1e-4, abs=1e-6)
    assert band.source.sum() * (band.source_width / len(band.source)) ** 2 == pytest.approx(
        fit.host_fluxes.sum(), rel=0.05
    )


def test_without_redshifts_there_are_no_delays():
    cutout, _ = mock_quasar("double")
    fit = model_quasar(replace(cutout, z_lens=None, z_source=None), QuasarSettings(n_draws=100, host=False))
    assert all(image.delay is None for image in fit.images)
    assert not any(name.startswith("delay") for name in fit.derived)


def test_an_isothermal_lens_has_its_slope_fixed():
    fit = model_quasar(mock_quasar("double")[0], QuasarSettings(mass="SIE", n_draws=100))
    assert fit.parameters["gamma"].best == pytest.approx(2.0, abs=1e-5)


def test_a_galaxy_without_a_quasar_is_refused():
    cutout, _ = mock_quasar("double")
    (band,) = cutout.bands
    x, y = np.meshgrid(np.arange(71) - 35, np.arange(71) - 35)
    smooth = 5 * np.exp(-np.hypot(x, y) / 8)
    noise = 0.02 * np.random.default_rng(0).standard_normal(band.shape)
    alone = replace(band, image=smooth + noise, noise=np.full(band.shape, 0.02))
    with pytest.raises(FitError, match="at least 2 are needed"):
        model_quasar(Cutout("galaxy", (alone,)))


@pytest.mark.slow
def test_masked_pixels_and_cosmic_rays_do_not_matter():
    cutout, truth = mock_quasar("double")
    (band,) = cutout.bands
    mask, image = np.ones(band.shape, bool), np.array(band.image)
    mask[5:12, 50:60], image[5:12, 50:60] = False, 1e4
    hit = (np.array([20, 21, 21, 22]), np.array([20, 20, 21, 21]))
    image[hit] += 1.0
    fit = model_quasar(replace(cutout, bands=(replace(band, image=image, mask=mask),)), QuasarSettings(n_draws=100))
    assert not fit.mask[hit].any()
    assert np.hypot(best(fit, "x") - truth["x"], best(fit, "y") - truth["y"]).max() < 0.005
