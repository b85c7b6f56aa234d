"""Settings of a run from YAML and the command line."""

import pytest

from lensmith.errors import SettingsError
from lensmith.pipeline import load_settings


def test_the_command_line_wins_over_the_file(tmp_path, write_cutout):
    file = tmp_path / "settings.yaml"
    file.write_text("read: {pixel_scale: 0.1, psf_fwhm: 0.2}\nmodel: {seed: 3}\npictures: false\n")
    settings = load_settings(file, pixel_scale=0.05, psf=None)
    assert settings.read.pixel_scale == 0.05
    assert settings.read.psf_fwhm == 0.2
    assert settings.model.seed == 3
    assert not settings.pictures
    assert load_settings(file, psf=write_cutout(tmp_path / "psf.fits")).read.psf_fwhm is None


def test_an_empty_file_is_the_defaults(tmp_path):
    (tmp_path / "empty.yaml").write_text("")
    assert load_settings(tmp_path / "empty.yaml") == load_settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle: {seed: 3}", "no setting modle; did you mean model"),
        ("model: {sead: 3}", r"no setting model\.sead; did you mean model\.seed"),
        ("model: {seed: -3}", r"model\.seed = -3"),
        ("model: 7", "model must hold"),
        ("- 1", "must hold `name: value` pairs"),
        ("a: [", "not YAML"),
        ("read: {pixel_scale: -1}", "positive"),
        ("time_limit: 0", "time_limit = 0"),
    ],
)
def test_wrong_settings_say_what_is_wrong(tmp_path, text, message):
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match="check --config"):
        load_settings(tmp_path / "none.yaml")


def test_a_new_psf_file_under_an_old_name_is_another_setting(tmp_path, write_cutout):
    psf = write_cutout(tmp_path / "psf.fits")
    before = load_settings(psf=f"{psf}[PSF]").shaping_results()
    write_cutout(psf, side=20)
    assert load_settings(psf=f"{psf}[PSF]").shaping_results() != before


def test_the_sampler_of_the_command_line(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("model: {sampler: nuts}")
    assert load_settings(file).model.sampler == "nuts"
    assert load_settings(file, quick=True).model.sampler == "laplace"
    assert load_settings(file, sampler="importance").model.sampler == "importance"
    with pytest.raises(SettingsError, match="--quick"):
        load_settings(quick=True, sampler="nuts")
    with pytest.raises(SettingsError, match=r"model\.sampler"):
        load_settings(sampler="best")
