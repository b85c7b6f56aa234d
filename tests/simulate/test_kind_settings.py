"""Settings of a kind: what is said later wins, and what is wrong is said in one sentence."""

import pytest
from fake_kind import Blob, FakeSettings
from pydantic import model_validator

from lensmith.errors import SettingsError
from lensmith.simulate import KINDS
from lensmith.simulate import settings as settings_module
from lensmith.simulate.distributions import Distribution, distribution
from lensmith.simulate.registry import settings_class
from lensmith.simulate.settings import (
    KindSettings,
    check_behind,
    check_positive,
    presets,
    resolve,
    resolve_settings,
)
from lensmith.simulate.survey import load_survey


def test_defaults(fake):
    assert resolve_settings("fake") == FakeSettings()
    assert FakeSettings().blob.magnitude == distribution({"uniform": [19, 22]})


def test_preset_file_and_command_line_in_this_order(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(settings_module, "RECIPES", tmp_path)
    (tmp_path / "fake-deep.yaml").write_text("survey: des-deep\nside: 20\nblob: {magnitude: 24, redshift: 2}\n")
    config = tmp_path / "mine.yaml"
    config.write_text("blob:\n  magnitude: {normal: [23, 1], max: 25}\n")
    assert presets("fake") == ("deep",)
    settings, survey = resolve("fake", config, ["blob.redshift=1.5", "seconds=0.5"], "deep")
    assert survey == "des-deep"
    assert settings.side == 20
    assert settings.blob == Blob(magnitude={"normal": [23, 1], "max": 25}, redshift=1.5)
    assert settings.seconds == 0.5
    settings, survey = resolve("fake", None, ["blob.magnitude={choice: [20, 21]}", "blob.magnitude=22"])
    assert survey is None
    assert settings.blob.magnitude == distribution(22)


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (["sde=3"], "--set sde=3: there is no setting sde; did you mean side?"),
        (["blob.magntude=3"], "there is no setting blob.magntude; did you mean magnitude?"),
        (["side=wide"], "side = 'wide'"),
        (["side"], "write it as name=value"),
        (["=3"], "write it as name=value"),
        (["side=[1"], "is not YAML"),
        (["blob.magnitude={uniform: [3, 1]}"], "lower end 3 lies above the upper end 1"),
        (["blob=3"], "blob = 3"),
    ],
)
def test_wrong_settings_on_the_command_line(fake, sets, says):
    with pytest.raises(SettingsError) as caught:
        resolve_settings("fake", None, sets)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_files_and_presets(fake, tmp_path):
    with pytest.raises(SettingsError, match="fake has no preset deep; it has none"):
        resolve_settings("fake", preset="deep")
    with pytest.raises(SettingsError, match=r"no-such\.yaml"):
        resolve_settings("fake", tmp_path / "no-such.yaml")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(SettingsError, match="pairs, not a list"):
        resolve_settings("fake", tmp_path / "list.yaml")
    with pytest.raises(SettingsError, match="there is no kind of simulation sting; "):
        resolve_settings("sting")


def test_settings_made_in_python_are_checked_in_the_same_way():
    with pytest.raises(SettingsError, match="did you mean side"):
        FakeSettings(sdie=3)
    with pytest.raises(SettingsError, match=r"blob\.magnitude: a distribution is"):
        FakeSettings(blob={"magnitude": [1]})


class Planes(KindSettings):
    z_lens: Distribution = 0.5
    z_source: Distribution = 2.0

    @model_validator(mode="after")
    def _order(self):
        check_positive(z_lens=self.z_lens, z_source=self.z_source)
        check_behind(self.z_lens, self.z_source)
        return self


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"z_lens": -0.1}, "z_lens reaches -0.1, but a redshift must be positive"),
        ({"z_lens": {"normal": [0.5, 0.1]}}, "z_lens has no lower end"),
        ({"z_lens": 2.5}, "the source is in front of the lens"),
        ({"z_lens": {"uniform": [1, 2]}, "z_source": {"uniform": [0.5, 0.9]}}, "in front of the lens"),
    ],
)
def test_redshifts_that_cannot_be(values, says):
    with pytest.raises(SettingsError) as caught:
        Planes(**values)
    assert says in str(caught.value)
    assert Planes(z_lens={"uniform": [0.2, 1]}, z_source={"uniform": [0.5, 3]})


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "fake"])
def test_presets_of_every_kind_are_read_and_the_one_with_its_name_holds_the_defaults(kind):
    try:
        model = settings_class(kind)
    except ModuleNotFoundError:
        pytest.skip(f"{kind} is not built yet")
    for preset in presets(kind):
        settings, survey = resolve(kind, preset=preset)
        assert settings != model()
        assert survey is None or load_survey(survey)
    path = settings_module.RECIPES / f"{kind}.yaml"
    if path.exists():
        assert resolve(kind, path)[0] == model()
