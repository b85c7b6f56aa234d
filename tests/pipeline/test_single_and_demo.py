"""One candidate alone, and the demonstration."""

import pytest
from run_rows import QUICK

from lensmith.errors import FitError, SettingsError
from lensmith.pipeline import RunSettings, model_one, run_demo

PLAIN = RunSettings(pictures=False)


def test_one_model_lies_straight_in_its_folder(tmp_path, write_cutout):
    lines = model_one(write_cutout(tmp_path / "lens.fits"), tmp_path / "out", PLAIN, model=QUICK)
    assert "lens  accept  theta_E 1.5" in lines[0]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"posterior.nc", "model.json", "model.fits", "params.txt", "row.json", "catalog.ecsv", "run.json"}
    assert not any(path.is_dir() for path in (tmp_path / "out").iterdir())


def test_a_model_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path, write_cutout):
    lens = write_cutout(tmp_path / "lens.fits")
    model_one(lens, tmp_path / "out", PLAIN, model=QUICK)
    with pytest.raises(FitError, match="unfit"):
        model_one(write_cutout(tmp_path / "unfit.fits"), tmp_path / "out", PLAIN, model=QUICK)
    assert not (tmp_path / "out/model.fits").exists()
    with pytest.raises(SettingsError, match="not empty"):
        model_one(lens, tmp_path, PLAIN, model=QUICK)


def test_a_run_folder_is_no_place_for_one_model(done, write_cutout, tmp_path):
    with pytest.raises(SettingsError, match="holds a run"):
        model_one(write_cutout(tmp_path / "lens.fits"), done[1], PLAIN, model=QUICK)
    assert (done[1] / "candidates/lens0/row.json").exists()


def test_one_model_is_of_one_candidate(finished, tmp_path):
    with pytest.raises(SettingsError, match="holds 6 candidates"):
        model_one(finished / "cutouts", tmp_path / "out", PLAIN, model=QUICK)


def test_the_demo_sets_truth_beside_answer_and_can_be_repeated(tmp_path, capfd):
    lines = run_demo(tmp_path / "demo", PLAIN, workers=1, n=4, model=QUICK)
    shown = "\n".join(lines)
    assert "hst001" in shown
    assert "no lens" in shown
    assert lines[-1] == f"report: {tmp_path / 'demo/run/report.html'}"
    capfd.readouterr()
    run_demo(tmp_path / "demo", PLAIN, workers=1, n=4, model=QUICK)
    assert "4 of them finished before" in capfd.readouterr().out


def test_the_demo_keeps_out_of_other_folders(finished):
    with pytest.raises(SettingsError, match="holds no demo"):
        run_demo(finished / "cutouts", PLAIN, model=QUICK)
