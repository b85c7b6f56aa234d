"""The command: tables, maps and pictures of skies; resuming; one sentence for what cannot be read."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from lensmith.data.dark_worlds import TrueHaloes, write_sky, write_true_haloes
from lensmith.errors import InputError, SettingsError
from lensmith.halos import analyse_sky, find_halos, load_prior
from lensmith.halos.files import halo_rows, map_units, sky_position

from .mock_sky import FAST, mock_sky

HALO = (1300.0, 2900.0, 0.5, 330.0)


def written(folder, name="Sky1", haloes=(HALO,), seed=0):
    field = mock_sky(haloes, seed=seed)
    write_sky(folder / f"{name}.csv", np.stack([field.x, field.y, field.e1, field.e2], axis=1))
    return folder / f"{name}.csv"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A folder of two good skies and a bad one, looked at."""
    root = tmp_path_factory.mktemp("skies")
    skies = root / "skies"
    skies.mkdir()
    written(skies)
    written(skies, "Sky2", (), seed=5)
    (skies / "Bad.csv").write_text("x,y,e1,e2\n1,2,0.1,7\n")
    write_true_haloes(skies / "halos.csv", [TrueHaloes("Sky1", np.array([HALO[:2]]), np.array(HALO[:2]))])
    lines = []
    find_halos([skies], root / "out", truth=skies / "halos.csv", effort=FAST, say=lines.append)
    return root, lines


def test_tables_hold_what_was_found(done):
    root, lines = done
    assert len(lines) == 3
    skies, halos = (Table.read(root / "out" / name) for name in ("skies.ecsv", "halos.ecsv"))
    assert list(skies["sky"]) == ["Bad", "Sky1", "Sky2"]
    assert list(skies["status"]) == ["cannot tell", "done", "done"]
    assert np.ma.is_masked(skies["p1"][0])
    assert skies["p0"][1] + skies["p1"][1] + skies["p2"][1] + skies["p3"][1] == pytest.approx(1)
    assert skies["p0"][1] < 0.05
    assert skies["matched_filter_false_alarm"][1] < 0.05
    first = halos[(halos["sky"] == "Sky1") & (halos["halo"] == 1)][0]
    assert np.hypot(first["x"] - HALO[0], first["y"] - HALO[1]) < 150
    assert first["r68"] < first["r95"]
    assert first["amplitude_lo"] < first["amplitude"] < first["amplitude_hi"]
    assert first["snr"] > 5
    assert first["p_detection"] > 0.95
    assert str(halos["x"].unit) == "pix"
    assert halos["x"].description


def test_the_reason_is_one_sentence_with_the_file(done):
    root, _ = done
    reason = Table.read(root / "out" / "skies.ecsv")["reason"][0]
    assert "Bad" in reason
    assert not (root / "out" / "Bad").exists()


def test_every_sky_has_its_maps_and_its_picture(done):
    folder = done[0] / "out" / "Sky1"
    with fits.open(folder / "map.fits") as maps:
        names = [unit.name for unit in maps[1:]]
        assert set(names) == {"KAPPA", "KAPPA_B", "APERTURE_MASS_SN", "MATCHED_FILTER_SN", "HALOES"}
        image, wcs = maps["MATCHED_FILTER_SN"].data, WCS(maps["MATCHED_FILTER_SN"].header)
        row, column = np.unravel_index(image.argmax(), image.shape)
        assert np.hypot(*np.subtract(wcs.pixel_to_world_values(column, row), HALO[:2])) < 200
        assert maps["HALOES"].data.sum() >= 1 - 1e-5
    assert (folder / "sky.png").read_bytes().startswith(b"\x89PNG")


def test_a_sky_that_is_done_is_not_looked_at_again(done, monkeypatch):
    root, _ = done
    before = Table.read(root / "out" / "halos.ecsv")
    monkeypatch.setattr("lensmith.halos.command.analyse_sky", None)
    find_halos([root / "skies" / "Sky1.csv"], root / "out", effort=FAST)
    after = Table.read(root / "out" / "halos.ecsv")
    assert list(after["x"]) == list(before["x"][before["sky"] == "Sky1"])


def test_other_options_or_another_file_are_looked_at_again(done):
    root, _ = done
    result = root / "out" / "Sky1" / "result.json"
    about = json.loads(result.read_text())["about"]
    find_halos([root / "skies" / "Sky1.csv"], root / "again", halos=1, effort=FAST)
    again = json.loads((root / "again" / "Sky1" / "result.json").read_text())["about"]
    assert again["file"] == about["file"]
    assert again != about


def test_the_number_given_is_the_number_listed():
    result = analyse_sky(mock_sky([HALO]), load_prior("dark-worlds"), halos=2, effort=FAST, classical=False)
    assert len(result.haloes) == 2
    assert list(result.probabilities) == [0, 0, 1, 0]
    assert result.haloes[0].snr > result.haloes[1].snr


def test_maps_of_a_sky_with_coordinates_carry_them():
    from dataclasses import replace

    field = replace(mock_sky([HALO]), unit="arcsec", centre=(150.0, 40.0))
    field = replace(field, x=field.x - 2100, y=field.y - 2100, extent=(-2100, 2100, -2100, 2100))
    result = analyse_sky(field, load_prior("dark-worlds"), halos=1, effort=FAST)
    image = map_units(result)["HALOES"]
    wcs = WCS(image.header)
    row, column = 40, 10
    x, y = (column + 0.5) * 4200 / 64 - 2100, (row + 0.5) * 4200 / 64 - 2100
    np.testing.assert_allclose(wcs.pixel_to_world_values(column, row), sky_position(field, x, y), atol=1e-7)


def test_wrong_use_is_one_sentence(tmp_path):
    path = written(tmp_path)
    with pytest.raises(SettingsError, match="from 1 to 3"):
        find_halos([path], tmp_path / "out", halos=4)
    with pytest.raises(SettingsError, match="no prior"):
        find_halos([path], tmp_path / "out", prior="flat")
    with pytest.raises(InputError, match="is not there"):
        find_halos([tmp_path / "none.csv"], tmp_path / "out")
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="no sky given"):
        find_halos([tmp_path / "other"], tmp_path / "out")


def test_when_nothing_can_be_told_of_any_sky_it_is_an_error(tmp_path):
    (tmp_path / "few.csv").write_text("x,y,e1,e2\n1,2,0.1,0.2\n3,4,0.1,0.2\n")
    with pytest.raises(InputError, match="only 2 galaxies"):
        find_halos([tmp_path / "few.csv"], tmp_path / "out")
    assert Table.read(tmp_path / "out" / "skies.ecsv")["status"][0] == "cannot tell"


def test_an_image_with_a_wcs_hands_it_on():
    from dataclasses import replace

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 40.0], [2000.5, 1800.5]
    turn = np.deg2rad(30)
    wcs.wcs.cd = 1e-4 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    field = replace(mock_sky([HALO]), wcs=wcs)
    result = analyse_sky(field, load_prior("dark-worlds"), halos=1, effort=FAST)
    row, column = 40, 10
    x, y = (column + 0.5) * 4200 / 64, (row + 0.5) * 4200 / 64
    found = WCS(map_units(result)["HALOES"].header).pixel_to_world_values(column, row)
    np.testing.assert_allclose(found, sky_position(field, x, y), atol=1e-7)
    assert halo_rows(result, "nfw")[0]["dec"] == pytest.approx(40, abs=0.5)
