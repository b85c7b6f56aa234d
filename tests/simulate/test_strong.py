"""The kind `strong`: deterministic, selected as asked, with a truth from which the images can be made again."""

import json

import numpy as np
import pytest
import yaml
from lenstronomy_reference import closeness, lenstronomy_image

from lensmith.errors import SettingsError
from lensmith.simulate.settings import RECIPES, preset_path, presets, resolve_settings
from lensmith.simulate.strong import StrongSettings, StrongSimulator
from lensmith.simulate.strong.impostors import IMPOSTORS
from lensmith.simulate.survey import load_survey

SMALL = {"side": 40, "supersampling": 2, "components": True, "psf": True, "sigma": True}
SEED = 4


@pytest.fixture(scope="module")
def simulator():
    selection = {"theta_E_over_frame": 0.8, "arc_snr": 25.0, "magnification": 3.0, "theta_E": [0.5, 1.5]}
    return StrongSimulator(load_survey("euclid-vis"), StrongSettings(**SMALL, lens_fraction=0.6, selection=selection))


@pytest.fixture(scope="module")
def samples(simulator):
    return simulator.samples(SEED, range(40))


def test_arrays_and_truth_are_what_the_simulator_says(simulator, samples):
    assert set(samples.arrays) == set(simulator.arrays)
    assert set(samples.arrays) == {"image", "lens", "source", "other", "points", "psf", "sigma"}
    assert set(samples.truth) == set(simulator.columns)
    for name, spec in simulator.arrays.items():
        assert samples.arrays[name].shape == (40, *spec.shape)
        assert samples.arrays[name].dtype == spec.dtype
        assert np.isfinite(samples.arrays[name]).all()
    kinds = {"float64": "f", "int64": "i", "bool": "b", "str": "U"}
    for name, column in simulator.columns.items():
        assert samples.truth[name].dtype.kind == kinds[column.dtype]


def test_sample_i_is_the_same_whatever_is_asked_for_beside_it(simulator, samples):
    for some in ([7], [31, 2, 7]):
        again = simulator.samples(SEED, some)
        for name, values in samples.arrays.items():
            assert (again.arrays[name] == values[some]).all()
        for name, values in samples.truth.items():
            assert np.array_equal(again.truth[name], values[some], equal_nan=values.dtype.kind == "f")
    other = simulator.samples(SEED + 1, [7])
    assert (other.arrays["image"] != samples.arrays["image"][7]).any()


def test_the_selection_holds(samples):
    lens = samples.truth["is_lens"]
    assert 15 < lens.sum() < 33
    assert samples.truth["arc_snr"][lens].min() >= 25
    assert samples.truth["magnification"][lens].min() >= 3
    assert samples.truth["theta_E_eff"][lens].min() >= 0.5
    assert samples.truth["theta_E_eff"][lens].max() <= 1.5
    assert np.isnan(samples.truth["theta_E"][~lens]).all()


def test_redshifts_dispersion_and_einstein_radius_belong_together(samples):
    from lensmith.physics.cosmology import sis_theta_E

    truth = {name: values[samples.truth["is_lens"]] for name, values in samples.truth.items()}
    expected = [sis_theta_E(*row) for row in zip(truth["sigma_v"], truth["z_lens"], truth["z_source"])]
    assert truth["theta_E"] == pytest.approx(expected, rel=1e-4)
    assert (truth["z_source"] > truth["z_lens"]).all()


def test_the_truth_makes_the_images_again(simulator, samples):
    """lenstronomy, given the profiles in the truth, draws the arcs and the lens."""
    for sample in np.flatnonzero(samples.truth["is_lens"])[:4]:
        psf = samples.arrays["psf"][sample, 0]
        truth = json.loads(samples.truth["profiles"][sample])
        source, light = (
            [one | {"flux": one["flux"][0]} for _, one in truth[name]] for name in ("source_light", "lens_light")
        )
        arcs = lenstronomy_image(simulator.camera, psf, truth["lens"], source=source)
        worst, rms = closeness(samples.arrays["source"][sample, 0], arcs)
        assert worst < 1e-3
        assert rms < 1e-4
        lens = lenstronomy_image(simulator.camera, psf, lens_light=light)
        assert closeness(samples.arrays["lens"][sample, 0], lens)[0] < 1e-3


def test_magnitudes_magnification_and_signal_to_noise_follow_from_the_arrays(samples):
    band = load_survey("euclid-vis").bands[0]
    for sample in np.flatnonzero(samples.truth["is_lens"])[:6]:
        arcs, sigma = samples.arrays["source"][sample, 0].astype(float), samples.arrays["sigma"][sample, 0]
        seen = arcs > sigma
        snr = arcs[seen].sum() / np.sqrt((sigma[seen].astype(float) ** 2).sum())
        assert samples.truth["arc_snr"][sample] == pytest.approx(snr, rel=1e-3)
        # Some of the light is smeared out of the frame by the PSF.
        flux = band.flux(samples.truth["arc_magnitude_VIS"][sample])
        assert 0.9 * flux < arcs.sum() < 1.001 * flux
        unlensed = band.flux(samples.truth["source_magnitude_VIS"][sample])
        assert samples.truth["magnification"][sample] == pytest.approx(flux / unlensed, rel=1e-4)


def test_noise_is_that_of_the_sigma_map(samples):
    light = sum(samples.arrays[name] for name in ("lens", "source", "other", "points"))
    pull = (samples.arrays["image"] - light) / samples.arrays["sigma"]
    assert pull.mean() == pytest.approx(0, abs=0.02)
    assert pull.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", IMPOSTORS)
def test_every_impostor_is_drawn_and_has_no_arcs(simulator, name):
    settings = StrongSettings(**SMALL, lens_fraction=0, impostors={"kinds": {"choice": [name]}})
    drawn = StrongSimulator(load_survey("euclid-vis"), settings).samples(1, range(6))
    assert (drawn.truth["class"] == name).all()
    assert not drawn.truth["is_lens"].any()
    assert not drawn.arrays["source"].any()
    light = sum(drawn.arrays[part] for part in ("lens", "other", "points"))
    assert (light.max((1, 2, 3)) > 3 * drawn.arrays["sigma"].min((1, 2, 3))).all()
    if name in ("spiral", "ring", "merger", "satellite", "spikes"):
        assert drawn.arrays["other"].any()
    if name in ("star", "spikes"):
        assert drawn.arrays["points"].any(axis=(1, 2, 3)).all()


def test_groups_have_a_halo_and_members_that_lens():
    settings = StrongSettings(
        **(SMALL | {"side": 64}),
        lens_fraction=1,
        deflector={"scale": {"choice": ["group"]}},
        selection={"arc_snr": None},
    )
    drawn = StrongSimulator(load_survey("euclid-vis"), settings).samples(1, range(6))
    assert (drawn.truth["scale"] == "group").all()
    assert (drawn.truth["theta_E_eff"] > drawn.truth["theta_E"]).all()
    assert (drawn.truth["n_other"] >= 2).all()
    for text in drawn.truth["profiles"]:
        names = [name for name, _ in json.loads(text)["lens"]]
        assert names.count("EPL") >= 3
        assert names.count("NFW") == 1


def test_quasars_are_points_where_the_truth_says():
    preset = resolve_settings("strong", sets=["lens_fraction=1", "neighbours.star_density=0"], preset="quasars")
    settings = preset.model_copy(update=SMALL)
    drawn = StrongSimulator(load_survey("euclid-vis"), settings).samples(2, range(8))
    assert drawn.truth["quasar"].all()
    scale = 0.1
    for sample in range(8):
        images = drawn.truth["n_images"][sample]
        points = drawn.arrays["points"][sample, 0]
        assert points.max() > 0
        x, y = (
            np.array([drawn.truth[f"image_{axis}_{k}"][sample] for k in range(1, images + 1)]) for axis in ("x", "y")
        )
        # All light of the points is within a few pixels of an image.
        rows, columns = np.indices(points.shape)
        away = np.hypot(
            columns[..., None] - (x / scale + (40 - 1) / 2), rows[..., None] - (y / scale + (40 - 1) / 2)
        ).min(-1)
        assert np.abs(points[away > 6]).sum() < 0.1 * points.sum()
        delays = np.array([drawn.truth[f"image_delay_{k}"][sample] for k in range(1, images + 1)])
        assert (np.diff(delays) >= 0).all()


def test_the_recipe_holds_the_defaults():
    content = yaml.safe_load((RECIPES / "strong.yaml").read_text(encoding="utf-8"))
    assert StrongSettings(**content) == StrongSettings()
    assert set(content) == set(StrongSettings.model_fields)
    for name, value in content.items():
        if isinstance(value, dict) and value:
            assert set(value) == set(type(getattr(StrongSettings(), name)).model_fields)


@pytest.mark.parametrize("preset", presets("strong"))
def test_every_preset_is_valid_and_changes_something(preset):
    assert yaml.safe_load(preset_path("strong", preset).read_text(encoding="utf-8"))
    assert resolve_settings("strong", preset=preset) != StrongSettings()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"lens_fration": 0.5}, "lens_fraction"),
        ({"deflector": {"z": -0.3}}, "positive"),
        ({"deflector": {"z": 1.0}, "source": {"z": 0.5}}, "in front of the lens"),
        ({"side": 3}, "side"),
    ],
)
def test_bad_settings_are_one_clear_sentence(values, says):
    with pytest.raises(SettingsError, match=says):
        StrongSettings(**values)


def test_what_cannot_be_simulated_says_so():
    survey = load_survey("euclid-vis")
    with pytest.raises(SettingsError, match="needs a survey"):
        StrongSimulator(None, StrongSettings())
    with pytest.raises(SettingsError, match="catalogue=FILE"):
        StrongSimulator(survey, StrongSettings(source={"catalogue_fraction": 0.5}))
    with pytest.raises(SettingsError, match="no class spirall; did you mean spiral"):
        StrongSimulator(survey, StrongSettings(lens_fraction=0, impostors={"kinds": "spirall"})).samples(1, [0])
    hopeless = StrongSettings(**SMALL, lens_fraction=1, selection={"theta_E": [15, 16], "attempts": 20})
    with pytest.raises(SettingsError, match="none of 20 scenes passed"):
        StrongSimulator(survey, hopeless).samples(1, [0])
