"""The catalogue and the other files of a candidate: what is written is what is read."""

import json
from dataclasses import replace

import arviz
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_files import header, tan_wcs
from mock_fits import band_fit, lens_fit
from pyarrow import parquet

from lensmith.data import (
    COLUMNS,
    FITTED,
    atomic_write,
    coolest_template,
    read_catalogue,
    row_failed,
    row_from_fit,
    write_catalogue,
    write_model_fits,
    write_model_json,
    write_params_txt,
    write_posterior,
)
from lensmith.data.coolest import east_of_north
from lensmith.data.results import Estimate
from lensmith.errors import InputError

DESIGN = (
    *("id", "ra", "dec", "bands", "pixel_scale", "p_lens", "theta_E", "theta_E_lo", "theta_E_hi", "theta_E_eff"),
    *("gamma", "q", "phi", "shear", "phi_shear", "x_lens", "y_lens", "source_r", "chi2_red", "r_hat", "ess", "n_like"),
    *("seconds", "engine", "nn_theta_E", "nn_theta_E_sigma", "verdict", "reasons"),
)
FILES = ("catalog.ecsv", "catalog.fits", "catalog.parquet")


def test_every_column_of_the_design_is_there():
    names = [column.name for column in COLUMNS]
    assert set(DESIGN) <= set(names)
    for name, _, _ in FITTED:
        assert {f"{name}_{bound}" for bound in ("lo", "hi", "stat_lo", "stat_hi")} <= set(names)
    assert len(set(names)) == len(names)
    assert all(column.description for column in COLUMNS)


@pytest.mark.parametrize("name", FILES)
def test_catalogue_round_trip(tmp_path, name):
    fit = lens_fit()
    write_catalogue([row_from_fit(fit), row_failed("bad", "bad.fits: the file is empty", seconds=0.1)], tmp_path)
    table = read_catalogue(tmp_path / name)
    good, bad = table
    assert list(table["id"]) == ["lens", "bad"]
    assert good["theta_E"] == pytest.approx(1.2)
    assert good["theta_E_hi"] == pytest.approx(1.31)
    assert good["n_like"] == 1234
    assert good["reasons"] == "the PSF was assumed"
    assert (bad["verdict"], bad["reasons"]) == ("failed", "bad.fits: the file is empty")
    assert table["theta_E"].unit == "arcsec"
    assert "Einstein" in table["theta_E"].description
    for key in ("theta_E", "n_like", "bands", "ra"):
        assert np.ma.is_masked(bad[key]), key
    for key in ("p_lens", "r_hat", "ess", "nn_theta_E"):
        assert table[key].mask.all(), key


@pytest.mark.parametrize("rows", [[], [row_failed("a", "why")], [{"id": "b", "n_like": 3, "theta_E": 1.0}]])
def test_types_do_not_depend_on_what_is_missing(tmp_path, rows):
    write_catalogue(rows, tmp_path)
    kinds = {"text": "U", "number": "f", "count": "i"}
    for name in FILES:
        table = read_catalogue(tmp_path / name)
        assert [table[column.name].dtype.kind for column in COLUMNS] == [kinds[column.kind] for column in COLUMNS]
        assert len(table) == len(rows)


def test_other_readers_read_the_files(tmp_path):
    write_catalogue([row_from_fit(lens_fit()), row_failed("bad", "é\nnot ASCII")], tmp_path)
    assert len(Table.read(tmp_path / "catalog.ecsv")) == 2
    assert Table.read(tmp_path / "catalog.fits")["theta_E"][0] == pytest.approx(1.2)
    schema = parquet.read_schema(tmp_path / "catalog.parquet")
    assert schema.field("theta_E").metadata[b"unit"] == b"arcsec"
    assert parquet.read_table(tmp_path / "catalog.parquet")["theta_E"].null_count == 1
    assert list(read_catalogue(tmp_path)["reasons"])[1] == "é not ASCII"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reason=st.text(max_size=30),
    theta=st.floats(allow_nan=True, allow_infinity=True),
    count=st.none() | st.integers(0, 2**40),
)
def test_any_reason_and_number_survive(tmp_path, reason, theta, count):
    reason = "".join(letter for letter in reason if letter.isprintable())
    write_catalogue([{"id": "x", "reasons": reason, "theta_E": theta, "n_like": count}], tmp_path)
    for name in FILES[::2]:  # FITS is ASCII only
        (row,) = read_catalogue(tmp_path / name)
        assert ("" if np.ma.is_masked(row["reasons"]) else row["reasons"]) == " ".join(reason.split())
        assert np.ma.is_masked(row["theta_E"]) if not np.isfinite(theta) else row["theta_E"] == theta
        assert np.ma.is_masked(row["n_like"]) if count is None else row["n_like"] == count


def test_unknown_columns_and_missing_catalogues(tmp_path):
    with pytest.raises(ValueError, match="no column thetaE"):
        write_catalogue([{"id": "x", "thetaE": 1.0}], tmp_path)
    with pytest.raises(InputError, match="no catalogue"):
        read_catalogue(tmp_path)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def interrupted():
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_position_angle_where_the_orientation_is_known():
    north_up = band_fit(pixel_to_sky=0.05 * np.diag([-1.0, 1.0]))
    assert row_from_fit(lens_fit(bands=(north_up,)))["pa"] == pytest.approx((30.0 - 90.0) % 180)
    assert "pa" not in row_from_fit(lens_fit())


def test_model_fits(tmp_path):
    wcs = WCS(header(**tan_wcs(24)))
    bands = (band_fit(wcs=wcs), band_fit("F606W", side=30, pixel_to_sky=0.05 * np.diag([-1.0, 1.0])))
    write_model_fits(lens_fit(bands=bands), tmp_path / "model.fits")
    with fits.open(tmp_path / "model.fits") as hdus:
        assert hdus[0].header["VERDICT"] == "check"
        for band in bands:
            for plane in ("model", "residual", "lens_light", "arcs", "source"):
                np.testing.assert_array_equal(hdus[f"{band.name}_{plane}".upper()].data, getattr(band, plane))
            np.testing.assert_array_equal(hdus[f"{band.name}_MASK"].data.astype(bool), band.mask)
        sky = WCS(hdus["F814W_MODEL"].header).pixel_to_world(11.5, 11.5)
        assert (sky.ra.deg, sky.dec.deg) == pytest.approx((150.0, 2.0))
        frame = WCS(hdus["F606W_MODEL"].header, key="A")
        np.testing.assert_allclose(frame.wcs_pix2world([[14.5, 14.5], [24.5, 14.5]], 0), [[0, 0], [0.5, 0]], atol=1e-9)
        source = WCS(hdus["F814W_SOURCE"].header, key="A").wcs_pix2world([[14.5, 14.5]], 0)
        np.testing.assert_allclose(source, [[0.11, -0.07]], atol=1e-9)
        assert hdus["F606W_MODEL"].header["PIX2A11"] == pytest.approx(-0.05)


def test_posterior_is_read_by_arviz(tmp_path):
    fit = lens_fit()
    write_posterior(fit, tmp_path / "posterior.nc")
    data = arviz.from_netcdf(tmp_path / "posterior.nc")
    np.testing.assert_array_equal(data.posterior["theta_E"].values, fit.draws["theta_E"][None])
    assert data.posterior["theta_E"].attrs["units"] == "arcsec"
    assert data.posterior.attrs["id"] == "lens"


def test_params_txt(tmp_path):
    write_params_txt(lens_fit(), tmp_path / "params.txt")
    lines = [line.split() for line in (tmp_path / "params.txt").read_text().splitlines() if not line.startswith("#")]
    rows = {line[0]: line[1:] for line in lines}
    assert [float(value) for value in rows["theta_E"][:5]] == pytest.approx([1.2, 0.05, 0.06, 0.1, 0.11])
    assert rows["theta_E"][5] == "arcsec"
    assert list(rows) == list(lens_fit().parameters)


@pytest.mark.parametrize(("phi", "expected"), [(0, 90), (90, 0), (45, -45), (-30, 60), (180, 90), (135, 45)])
def test_coolest_angles(phi, expected):
    assert east_of_north(phi) == pytest.approx(expected)


def test_coolest_template(tmp_path):
    fit = lens_fit(ra=150.0, dec=-2.0, z_lens=0.3)
    write_model_json(fit, tmp_path / "model.json")
    data = json.loads((tmp_path / "model.json").read_text())
    assert data == json.loads(json.dumps(coolest_template(fit)))
    assert (data["standard"], data["mode"]) == ("COOLEST", "MAP")
    assert data["coordinates_origin"]["ra"].startswith("10h00m00")
    field, lens, source = data["lensing_entities"]
    assert (field["type"], lens["type"], source["redshift"], lens["redshift"]) == ("MassField", "Galaxy", None, 0.3)
    (pemd,) = lens["mass_model"]
    assert pemd["type"] == "PEMD"
    assert set(pemd["parameters"]) == {"theta_E", "gamma", "q", "phi", "center_x", "center_y"}
    theta = pemd["parameters"]["theta_E"]
    assert theta["point_estimate"]["value"] == pytest.approx(fit.parameters["theta_E"].best)
    assert theta["posterior_stats"]["percentile_84th"] == pytest.approx(1.31)
    assert pemd["parameters"]["phi"]["posterior_stats"]["median"] == pytest.approx(-60.0)
    assert data["observation"]["pixels"]["field_of_view_x"] == pytest.approx([-0.6, 0.6])


def test_derived_quantities_and_sampler_reach_every_file(tmp_path):
    derived = {
        name: Estimate(value, value, 0.9 * value, 1.1 * value, 0.8 * value, 1.2 * value, unit)
        for name, value, unit in (("x_image_1", 1.0, "arcsec"), ("y_image_1", 0.5, "arcsec"), ("mu_image_1", 4.0, ""))
    }
    derived["mag_lens_F814W"] = Estimate(20.0, 20.0, 19.9, 20.1, 19.8, 20.2, "mag")
    derived["mass_E"] = Estimate(1e11, 1e11, 0.9e11, 1.1e11, 0.8e11, 1.2e11, "Msun")
    fit = lens_fit()
    count = len(fit.draws["theta_E"])
    fit = replace(
        fit,
        derived=derived,
        prior_decides=("gamma",),
        sampler="importance",
        diagnostics=fit.diagnostics | {"k_hat": 0.31},
        sample_stats={"lp": np.zeros(count)},
        weighted_draws={"theta_E": np.ones(7), "log_weight": np.zeros(7)},
    )
    row = row_from_fit(fit)
    assert row["images"] == "1 0.5 4"
    assert (row["n_images"], row["k_hat"], row["prior_decides"]) == (1, 0.31, "gamma")
    assert row["mass_E_stat_hi"] == pytest.approx(1.1e11)
    write_catalogue([row], tmp_path)
    assert read_catalogue(tmp_path / "catalog.fits")["mass_E"][0] == pytest.approx(1e11)
    write_params_txt(fit, tmp_path / "params.txt")
    text = (tmp_path / "params.txt").read_text()
    assert "mag_lens_F814W" in text
    assert next(line for line in text.splitlines() if line.startswith("gamma ")).endswith("decided by the prior")
    write_posterior(fit, tmp_path / "posterior.nc")
    read = arviz.from_netcdf(tmp_path / "posterior.nc")
    assert read.sample_stats["lp"].shape == (1, count)
    assert read.weighted_posterior["log_weight"].shape == (7,)
    assert read.posterior.attrs["k_hat"] == 0.31
    assert coolest_template(fit)["meta"]["derived"]["mass_E"]["statistical"] == [0.9e11, 1.1e11]
