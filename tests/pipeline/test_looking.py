"""The networks' place in the run, with a stand-in that looks: who is fitted, what the rows say, batches alike."""

import json

import numpy as np
import pytest
from astropy.io import fits
from run_rows import QUICK, rows, verdicts

from lensmith.data import Findings
from lensmith.errors import InputError, SettingsError
from lensmith.pipeline import RunSettings, load_settings, looking, model_one, run_job
from lensmith.pipeline.agreement import judged_with
from lensmith.pipeline.settings import NetSettings


@pytest.fixture
def seeing(monkeypatch):
    """Settings of a run in which a stand-in looks; p_lens follows from the pixels, the radius is `theta_E`."""

    def make(theta_E=1.5, **nets):
        def stage(cutouts):
            return [one(cutout) for cutout in cutouts]

        def one(cutout):
            if cutout.id == "lens5":
                return {"notes": ("finder: too small to look at",)}
            p = float(abs(np.asarray(cutout.bands[0].image)).sum() * 1e3 % 1)
            shape = cutout.bands[0].shape
            return {"p_lens": p, "parameters": ("theta_E",), "mean": [theta_E], "covariance": [[1e-4]]} | {
                "classes": np.full(shape, 2),
                "probabilities": np.full((5, *shape), 0.2),
            }

        monkeypatch.setattr(looking, "open_stages", lambda nets: [stage])
        monkeypatch.setattr(RunSettings, "weights", lambda self: {"finder": {"name": "fake", "sha256": "0" * 64}})
        return RunSettings(pictures=False, nets=NetSettings(finder="fake", **nets))

    return make


def test_findings_reach_the_row_and_the_folder(cutouts, seeing, tmp_path):
    run_job([cutouts], tmp_path / "run", seeing(), workers=1, model=QUICK)
    found = rows(tmp_path / "run")
    assert all(0 <= found[f"lens{n}"]["p_lens"] <= 1 for n in range(5))
    assert found["lens0"]["nn_theta_E"] == pytest.approx(1.5)
    assert found["lens0"]["nn_theta_E_sigma"] == pytest.approx(0.01)
    assert "p_lens" not in found["lens5"]
    assert "too small to look at" in found["lens5"]["notes"]
    with fits.open(tmp_path / "run/candidates/lens0/segmentation.fits") as hdus:
        assert (hdus["CLASSES"].data == 2).all()
        assert hdus["PROBABILITIES"].data.shape == (5, 16, 16)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["weights"]["finder"]["sha256"] == "0" * 64
    assert not (tmp_path / "run/.partial").exists()


def test_what_is_below_the_limit_is_a_row_without_a_fit(cutouts, seeing, tmp_path):
    everything = run_job([cutouts], tmp_path / "all", seeing(), workers=1, model=QUICK)
    p = {row["id"]: row.get("p_lens") for row in everything.rows}
    limit = float(np.median([value for value in p.values() if value is not None]))
    summary = run_job([cutouts], tmp_path / "run", seeing(min_p=limit), workers=1, model=QUICK)
    for row in summary.rows:
        if p[row["id"]] is not None and p[row["id"]] < limit:
            assert row["verdict"] == "reject"
            assert "below the limit" in row["reasons"]
            assert "theta_E" not in row
        else:
            assert "theta_E" in row


@pytest.mark.slow
def test_the_prior_moves_p_lens(cutouts, seeing, tmp_path):
    for name, prior in (("even", 0.5), ("rare", 1e-3)):
        run_job([cutouts], tmp_path / name, seeing(prior=prior), workers=1, model=QUICK)
    even, rare = (rows(tmp_path / name)["lens0"]["p_lens"] for name in ("even", "rare"))
    assert rare / (1 - rare) == pytest.approx(even / (1 - even) * 1e-3 / (1 - 1e-3))


@pytest.mark.slow
def test_batches_and_workers_change_nothing(cutouts, seeing, tmp_path):
    run_job([cutouts], tmp_path / "one", seeing(batch=1), workers=1, model=QUICK)
    run_job([cutouts], tmp_path / "many", seeing(batch=4), workers=2, model=QUICK)
    assert rows(tmp_path / "one") == rows(tmp_path / "many")


def test_a_second_run_looks_at_nothing_that_is_done(cutouts, seeing, tmp_path, monkeypatch):
    settings = seeing(min_p=0.5)
    first = run_job([cutouts], tmp_path / "run", settings, workers=1, model=QUICK)
    monkeypatch.setattr(looking, "open_stages", lambda nets: pytest.fail("it looked again"))
    assert verdicts(run_job([cutouts], tmp_path / "run", settings, workers=1, model=QUICK)) == verdicts(first)


def test_what_cannot_be_read_fails_as_ever(tmp_path, seeing):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/text.fits").write_text("not an image")
    (row,) = run_job([tmp_path / "in"], tmp_path / "run", seeing(min_p=0.9), workers=1, model=QUICK).rows
    assert row["verdict"] == "failed"
    assert "text.fits" in row["reasons"]


def test_a_single_model_is_looked_at_too(seeing, tmp_path, write_cutout):
    model_one(write_cutout(tmp_path / "lens.fits"), tmp_path / "out", seeing(), model=QUICK)
    assert (tmp_path / "out/segmentation.fits").is_file()


def test_what_two_networks_note_is_noted_once():
    stages = [lambda cutouts: [{"notes": ("i: blurred",)}], lambda cutouts: [{"notes": ("i: blurred", "too small")}]]
    assert looking.findings_of([None], stages)[0].notes == ("i: blurred", "too small")


def test_other_weights_are_another_setting(seeing, monkeypatch):
    settings = seeing()
    before = settings.shaping_results()
    assert seeing(batch=3).shaping_results() == before
    monkeypatch.setattr(RunSettings, "weights", lambda self: {"finder": {"name": "fake", "sha256": "1" * 64}})
    assert settings.shaping_results() != before


@pytest.mark.slow
def test_radii_that_differ_lower_an_accept_only(cutouts, seeing, tmp_path):
    run_job([cutouts], tmp_path / "off", seeing(theta_E=2.5, compare=None), workers=1, model=QUICK)
    assert rows(tmp_path / "off")["lens1"]["verdict"] == "accept"
    run_job([cutouts], tmp_path / "run", seeing(theta_E=2.5, compare=5.0), workers=1, model=QUICK)
    found = rows(tmp_path / "run")
    assert found["lens1"]["verdict"] == "check"
    assert "differ by" in found["lens1"]["reasons"]
    assert found["lens5"]["verdict"] == "accept"


@pytest.fixture
def fit():
    from fake_models import fit_of

    from lensmith.data import Band, Cutout

    ones = np.ones((16, 16))
    band = Band("r", ones, ones, np.full((3, 3), 1 / 9), ones > 0, 0.05 * np.eye(2))
    return fit_of(Cutout("lens", (band,)), 1.0)


@pytest.mark.parametrize(
    ("p_lens", "prior", "value"),
    [(0.9, 0.5, "accept"), (0.1, 0.5, "check"), (0.1, 0.01, "accept"), (0.9, 0.99, "check"), (None, 0.5, "accept")],
)
def test_what_the_finder_takes_for_no_lens_is_not_accepted(fit, p_lens, prior, value):
    judged = judged_with(fit, Findings(p_lens=p_lens, prior=prior))
    assert judged.verdict.value == value
    assert ("the finder takes it for no lens" in " ".join(judged.verdict.reasons)) is (value == "check")


def test_a_wide_estimate_never_disagrees(fit):
    wide = Findings(parameters=("theta_E",), mean=[2.0], covariance=[[1.0]])
    assert judged_with(fit, wide).verdict == fit.verdict
    assert judged_with(fit, Findings(notes=("a",))).notes == (*fit.notes, "a")


def test_settings_say_which_networks_look(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("nets: {finder: somewhere, estimator: null, min_p: 0.2}")
    assert load_settings(file).nets.chosen() == {"finder": "somewhere", "segmenter": "unet-mixed"}
    assert load_settings(file, min_p=0.7).nets.min_p == 0.7
    assert load_settings(file, no_nets=True).nets.chosen() == {}
    with pytest.raises(SettingsError, match="--no-nets"):
        load_settings(file, no_nets=True, min_p=0.5)
    with pytest.raises(InputError, match="no such checkpoint"):
        load_settings(file).shaping_results()
    file.write_text("nets: {fnder: x}")
    with pytest.raises(SettingsError, match=r"did you mean nets\.finder"):
        load_settings(file)
