"""The main job, with a stand-in for the modelling: what is asked for gets done, once, whatever the answer."""

import json
import os
from pathlib import Path

import pytest
from run_rows import QUICK, rows, verdicts

from lensmith.errors import InputError, LensmithError, OutputError, SettingsError
from lensmith.pipeline import RunSettings, run_job
from lensmith.pipeline.folder import RunFolder

PLAIN = RunSettings(pictures=False)


def test_every_candidate_gets_a_row_whatever_befalls_it(tmp_path, write_cutout):
    for name in ("kill", "crash", "unfit", "Кольцо №1", "good"):
        write_cutout(tmp_path / "in" / f"{name}.fits")
    (tmp_path / "in/text.fits").write_text("not an image")
    summary = run_job([tmp_path / "in"], tmp_path / "run", PLAIN, workers=2, model=QUICK)
    found = verdicts(summary)
    assert len(found) == 6
    assert {name for name, verdict in found.items() if verdict == "failed"} == {"kill", "crash", "unfit", "text"}
    reasons = {row["id"]: row["reasons"] for row in summary.rows}
    assert "SIGKILL" in reasons["kill"]
    assert "looks like a lens" in reasons["unfit"]
    assert "text.fits" in reasons["text"]
    assert "ZeroDivisionError" in (tmp_path / "run/candidates/crash/error.txt").read_text()
    assert not (tmp_path / "run/.partial").exists()


def test_two_workers_make_the_catalogue_that_one_makes_in_the_order_of_the_inputs(finished, tmp_path):
    last_first = sorted((finished / "cutouts").iterdir(), reverse=True)
    summary = run_job(last_first, tmp_path / "run", PLAIN, workers=2, model=QUICK)
    assert [row["id"] for row in summary.rows] == [path.stem for path in last_first]
    assert rows(tmp_path / "run") == rows(finished / "run")


def test_a_candidates_folder_holds_what_is_promised(tmp_path, write_cutout):
    run_job([write_cutout(tmp_path / "lens.fits")], tmp_path / "run", workers=1, model=QUICK)
    names = {path.name for path in (tmp_path / "run/candidates/lens").iterdir()}
    assert names >= {"summary.png", "corner.png", "posterior.nc", "model.json", "model.fits", "params.txt", "row.json"}
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {"run.json", "catalog.ecsv", "catalog.fits", "catalog.parquet", "report.html"}
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["settings"]["model"]["seed"] == record["seed"] == 0
    assert record["versions"]["jax"]
    assert record["ended"]
    assert record["verdicts"] == {"accept": 1, "check": 0, "reject": 0, "failed": 0}


def test_a_second_run_does_only_what_is_new_changed_or_failed(tmp_path, cutouts, write_cutout, capfd):
    write_cutout(cutouts / "unfit.fits")
    run_job([cutouts], tmp_path / "run", PLAIN, workers=1, model=QUICK)
    write_cutout(cutouts / "lens2.fits", seed=42)
    new = write_cutout(tmp_path / "new.fits", seed=7)
    capfd.readouterr()
    summary = run_job([cutouts, new], tmp_path / "run", PLAIN, workers=1, model=QUICK)
    lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("[")]
    assert {line.split("]")[1].split()[0] for line in lines} == {"lens2", "new", "unfit"}
    assert len(summary.rows) == 8


def test_inputs_of_earlier_commands_stay_in_the_catalogue(done, tmp_path, write_cutout):
    summary = run_job([write_cutout(tmp_path / "new.fits")], done[1], PLAIN, workers=1, model=QUICK)
    assert [row["id"] for row in summary.rows] == ["new"] + [f"lens{number}" for number in range(6)]


def test_only_does_what_is_named(finished, tmp_path):
    summary = run_job([finished / "cutouts"], tmp_path / "run", PLAIN, workers=1, model=QUICK, only=["lens3"])
    assert [row["id"] for row in summary.rows] == ["lens3"]


def test_only_names_the_nearest_where_there_is_no_such_candidate(finished, tmp_path):
    with pytest.raises(SettingsError, match="did you mean lens1"):
        run_job([finished / "cutouts"], tmp_path / "run", PLAIN, model=QUICK, only=["lnes1"])


def test_fresh_with_only_does_that_one_again_and_keeps_the_others(done):
    cutouts, run = done
    stamps = lambda: {path.parent.name: path.stat().st_mtime_ns for path in run.glob("candidates/*/row.json")}
    before = stamps()
    run_job([cutouts], run, PLAIN, workers=1, model=QUICK, only=["lens4"], fresh=True)
    assert {name for name, stamp in stamps().items() if before[name] != stamp} == {"lens4"}


def test_other_settings_need_fresh(done):
    cutouts, run = done
    other = RunSettings(model={"seed": 5}, pictures=False)
    with pytest.raises(SettingsError, match=r"model.seed = 0.*says 5.*--fresh"):
        run_job([cutouts], run, other, model=QUICK)
    summary = run_job([cutouts / "lens0.fits"], run, other, workers=1, model=QUICK, fresh=True)
    assert [row["id"] for row in summary.rows] == ["lens0"]
    assert json.loads((run / "run.json").read_text())["seed"] == 5


def test_nothing_to_do_is_done_without_workers(done):
    cutouts, run = done
    summary = run_job([cutouts], run, PLAIN, model="no_such_module:model")
    assert summary.counts["accept"] == 6


def test_a_folder_that_is_no_run_is_left_alone(cutouts):
    with pytest.raises(SettingsError, match="not a run folder"):
        run_job([cutouts], cutouts, PLAIN, model=QUICK)
    assert sorted(path.name for path in cutouts.iterdir()) == [f"lens{number}.fits" for number in range(6)]


def test_out_that_cannot_be_made_is_one_sentence(tmp_path, cutouts):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"cannot write in .*name another folder"):
        run_job([cutouts], tmp_path / "file" / "run", PLAIN, model=QUICK)


def test_no_input_no_run(tmp_path):
    with pytest.raises(InputError):
        run_job([tmp_path / "nowhere"], tmp_path / "run", PLAIN, model=QUICK)
    assert not (tmp_path / "run").exists()


def test_two_runs_do_not_share_a_folder(done):
    cutouts, run = done
    with RunFolder(run).held(), pytest.raises(SettingsError, match="another command is writing"):
        run_job([cutouts], run, PLAIN, model=QUICK)


def test_a_worker_that_dies_once_is_forgiven(tmp_path, write_cutout, monkeypatch):
    for name in ("a", "b"):
        write_cutout(tmp_path / "in" / f"{name}.fits")
    (tmp_path / "marks").mkdir()
    monkeypatch.setenv("FAKE_MARKS", str(tmp_path / "marks"))
    summary = run_job([tmp_path / "in"], tmp_path / "run", PLAIN, workers=2, model="fake_models:kill_once")
    assert verdicts(summary) == {"a": "accept", "b": "accept"}


def test_time_limit(finished, tmp_path):
    settings = RunSettings(time_limit=0.5, pictures=False)
    one = finished / "cutouts/lens0.fits"
    summary = run_job([one], tmp_path / "run", settings, model="fake_models:endless")
    assert summary.counts["failed"] == 1
    assert "time limit of 0.5 s" in summary.rows[0]["reasons"]


def test_a_folder_that_cannot_be_written_any_more_stops_the_run_with_one_sentence(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_RUN", str(tmp_path / "run"))
    with pytest.raises(OutputError, match=r"cannot write in .*repeat the same command"):
        run_job([finished / "cutouts"], tmp_path / "run", PLAIN, workers=1, model="fake_models:vandal")


def test_workers_that_cannot_start_are_reported(finished, tmp_path):
    with pytest.raises(LensmithError, match=r"workers cannot start: .*no_such_module"):
        run_job([finished / "cutouts"], tmp_path / "run", PLAIN, workers=2, model="no_such_module:model")


def test_workers_use_one_thread_each_and_share_a_cache(monkeypatch, tmp_path):
    from lensmith.pipeline.machine import worker_environment

    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=somewhere")
    environment = worker_environment()
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"
    assert environment["MALLOC_ARENA_MAX"] == os.environ.get("MALLOC_ARENA_MAX", "1")
    assert environment["XLA_FLAGS"].startswith("--xla_dump_to=somewhere --xla_cpu_multi_thread_eigen=false")
    assert Path(environment["JAX_COMPILATION_CACHE_DIR"]).is_relative_to(tmp_path / "cache")
    assert os.environ["XLA_FLAGS"] == "--xla_dump_to=somewhere"
    monkeypatch.setenv("XLA_FLAGS", environment["XLA_FLAGS"])
    assert worker_environment()["XLA_FLAGS"] == environment["XLA_FLAGS"]


def test_without_a_folder_for_the_cache_workers_do_without(monkeypatch, tmp_path):
    from lensmith.pipeline.machine import worker_environment

    (tmp_path / "file").write_text("")
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "JAX_COMPILATION_CACHE_DIR" not in worker_environment()
