"""The kind `sky`: reproducible, sheared as the laws say, written in the layouts that others read."""

import numpy as np
import pytest

from lensmith.data.dark_worlds import read_true_haloes
from lensmith.data.sky_pictures import read_picture, read_picture_folder
from lensmith.data.sky_tables import read_sky_table
from lensmith.errors import SettingsError
from lensmith.physics.weak_lensing import halo_ellipticity
from lensmith.simulate.dataset_job import samples, simulate_dataset
from lensmith.simulate.settings import RECIPES, presets, resolve_settings
from lensmith.simulate.sky import SkySettings, SkySimulator
from lensmith.simulate.sky.catalogue import draw_sky
from lensmith.simulate.sky.picture import covariance, paint_sky

SMALL = {"n_galaxies": {"uniform": [60, 90]}}


def test_the_recipe_spells_out_the_defaults():
    assert resolve_settings("sky", config=RECIPES / "sky.yaml") == SkySettings()


@pytest.mark.parametrize("preset", presets("sky"))
def test_every_preset_is_valid(preset):
    assert isinstance(resolve_settings("sky", preset=preset), SkySettings)


def test_a_sky_does_not_depend_on_what_is_asked_beside_it():
    simulator = SkySimulator(settings=SkySettings(**SMALL, image=True, picture={"side": 64}))
    together, alone = simulator.samples(3, range(5)), simulator.samples(3, [4])
    for name in simulator.arrays:
        np.testing.assert_array_equal(together.arrays[name][4], alone.arrays[name][0])
        assert together.arrays[name].shape[1:] == simulator.arrays[name].shape
        assert together.arrays[name].dtype == simulator.arrays[name].dtype
    for name in simulator.columns:
        np.testing.assert_array_equal(together.truth[name][4], alone.truth[name][0])


def test_truth_and_arrays_agree():
    made = next(samples("sky", 1, settings=SMALL | {"n_haloes": {"choice": [0, 1, 2, 3]}}, stop=20, batch=20))
    haloes, catalogue = made.arrays["haloes"], made.arrays["catalogue"]
    np.testing.assert_array_equal(np.isfinite(haloes[..., 0]).sum(axis=1), made.truth["n_haloes"])
    np.testing.assert_array_equal(np.isfinite(catalogue[..., 0]).sum(axis=1), made.truth["n_galaxies"])
    np.testing.assert_allclose(haloes[:, 0, 0], made.truth["halo_x1"].astype(np.float32))
    assert set(made.truth["n_haloes"]) == {0, 1, 2, 3}
    known = catalogue[np.isfinite(catalogue[..., 0])]
    assert (np.hypot(known[:, 2], known[:, 3]) < 0.95 + 1e-6).all()
    assert known[:, :2].min() >= 0
    assert known[:, :2].max() <= 4200


@pytest.mark.parametrize("law", ["nfw", "sis", "core"])
def test_shapes_carry_the_shear_of_their_halo(law):
    settings = SkySettings(n_galaxies=3000, n_haloes=1, law=law, shape_noise=0.2)
    catalogue, haloes, _ = draw_sky(8, 2, settings)
    x, y, e1, e2 = catalogue.T
    g1, g2 = halo_ellipticity(law, x, y, *haloes[0])
    weak = np.hypot(g1, g2) < 0.3
    for rest in (e1 - g1, e2 - g2):
        assert abs(rest[weak].mean()) < 4 * 0.2 / np.sqrt(weak.sum())
        assert rest[weak].std() == pytest.approx(0.2, rel=0.06)


def test_without_haloes_shapes_are_noise_of_the_scatter_asked_for():
    catalogue, haloes, _ = draw_sky(1, 1, SkySettings(n_galaxies=4000, n_haloes=0, shape_noise=0.25))
    assert haloes.shape == (0, 4)
    assert catalogue[:, 2:].std() == pytest.approx(0.25, rel=0.05)


def test_dark_worlds_layout_reads_back(tmp_path):
    settings = SkySettings(**SMALL, n_haloes={"choice": [1, 2, 3]}, layout="dark-worlds")
    data = simulate_dataset("sky", tmp_path / "out", 4, 2, settings=settings)
    folder = tmp_path / "out" / "dark-worlds"
    truth = read_true_haloes(folder / "halos.csv")
    for k in range(4):
        field = read_sky_table(folder / f"Sky{k + 1}.csv")
        assert len(field) == data.column("n_galaxies")[k]
        assert field.layout == "dark-worlds"
        there = truth[f"Sky{k + 1}"].positions
        assert len(there) == data.column("n_haloes")[k]
        assert there[0][0] == pytest.approx(data.column("halo_x1")[k], abs=0.01)


def test_picture_layout_reads_back(tmp_path):
    settings = SkySettings(**SMALL, layout="pictures", picture={"side": 96}, validation_every=3)
    data = simulate_dataset("sky", tmp_path / "out", 6, 2, settings=settings, preview=True)
    training = read_picture_folder(tmp_path / "out", "training")
    validation = read_picture_folder(tmp_path / "out", "validation")
    assert [p.path.stem for p in validation.pictures] == ["sky-000000", "sky-000003"]
    assert training.notes == validation.notes == ()
    for picture in training.pictures + validation.pictures:
        row = int(picture.path.stem[-6:])
        assert picture.count == data.column("n_haloes")[row]
        np.testing.assert_array_equal(read_picture(picture.path), data.samples([row]).arrays["image"][0])
        if picture.count:
            x, y = data.column("halo_x1")[row], data.column("halo_y1")[row]
            np.testing.assert_allclose(picture.lenses[0], np.array([y, x]) * 96 / 4200 - 0.5, atol=0.006)
    assert (tmp_path / "out" / "preview.png").stat().st_size > 1000


def test_a_painted_galaxy_has_the_moments_and_the_place_asked_for():
    plain = {"peak": 200, "colour_scatter": 0, "background": 0, "noise": 0}
    settings = SkySettings(side=64, picture={"side": 64, "radius": 3.0, "psf": 1.0} | plain)
    image = paint_sky(0, 0, np.array([[30.5, 20.5, 0.3, -0.2]]), settings)[..., 0].astype(float)
    rows, columns = np.mgrid[:64, :64]
    x, y = (np.average(v, weights=image) for v in (columns, rows))
    assert (x, y) == pytest.approx((30, 20), abs=0.02)
    dx, dy = columns - x, rows - y
    moments = [[np.average(a * b, weights=image) for a in (dx, dy)] for b in (dx, dy)]
    np.testing.assert_allclose(moments, covariance(0.3, -0.2, 3.0, 1.0), rtol=0.03)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"n_haloes": 4}, "n_haloes must lie within"),
        ({"n_galaxies": 0}, "n_galaxies must lie within"),
        ({"shape_noise": 0.9}, "shape_noise must lie"),
        ({"first": []}, "at least one kind"),
        ({"lawn": "nfw"}, "did you mean law"),
        ({"law": "king"}, "law"),
    ],
)
def test_bad_settings_are_one_sentence(settings, reason):
    with pytest.raises(SettingsError, match=reason):
        SkySettings(**settings)


def test_a_sky_takes_no_survey():
    with pytest.raises(SettingsError, match="takes no survey"):
        SkySimulator(survey=object())
