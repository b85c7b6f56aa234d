"""The command line: what a user sees when all is well, and one sentence when it is not."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lensmith import __version__
from lensmith.cli import run_command


def test_help_lists_the_commands(capsys):
    assert run_command(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("run", "model", "demo", "simulate", "convert", "doctor"):
        assert f"\n  {command} " in shown


def test_without_a_command_it_helps(capsys):
    assert run_command([]) == 0
    assert "Usage: lensmith" in capsys.readouterr().out


def test_version(capsys):
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"lensmith {__version__}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rum"], ["rum", "run"]),
        (["run", "x", "--out", "y", "--pixelscale", "0.1"], ["--pixelscale", "--pixel-scale"]),
        (["run", "x"], ["--out"]),
        (["run", "--out", "y"], ["INPUT"]),
        (["run", "x", "--out", "y", "--workers", "0"], ["--workers"]),
        (["run", "x", "--out", "y", "--pixel-scale", "wide"], ["--pixel-scale", "number"]),
        (["run", "x", "--out", "y", "--pixel-scale", "-1"], ["--pixel-scale", "-1"]),
        (["run", "x", "--out", "y", "--psf", "p.fits", "--psf-fwhm", "1"], ["--psf", "--psf-fwhm"]),
        (["run", "no/such/folder", "--out", "y"], ["no/such/folder"]),
        (["run", "x", "--out", "y", "--config", "no-such.yaml"], ["no-such.yaml", "--config"]),
        (["model", "no/such.fits", "--out", "y"], ["no/such.fits"]),
        (["simulate", "stong", "-n", "1", "--out", "y"], ["stong", "did you mean strong?"]),
        (["simulate", "strong", "--survey", "dess", "-n", "1", "--out", "y"], ["dess", "did you mean des?"]),
        (["simulate", "strong", "--survey", "des", "-n", "0", "--out", "y"], ["-n", "at least 1"]),
        (["simulate", "strong", "--survey", "des", "-n", "1", "--seed", "-1", "--out", "y"], ["--seed", "-1"]),
        (["simulate", "strong", "-n", "1", "--out", "y"], ["--survey"]),
        (["simulate", "strong", "-n", "1", "--out", "y", "--preset", "no-such"], ["no-such", "known are"]),
        (["simulate", "strong", "-n", "1", "--out", "y", "--config", "no-such.yaml"], ["no-such.yaml"]),
        (["simulate", "strong", "-n", "1", "--out", "y", "--set", "colour=red"], ["--set colour=red", "colour"]),
        (["simulate", "strong", "-n", "1", "--out", "y", "--set", "deflector.z=-0.5"], ["deflector.z", "positive"]),
        (["simulate", "substructure", "-n", "1", "--out", "y", "--set", "z_lens=2"], ["z_lens 2", "lies behind"]),
        (["simulate", "sky", "-n", "1", "--out", "y", "--into", "real"], ["into"]),
        (["convert", "no/such", "y.fits"], ["no/such"]),
        (["convert", ".", "y.fits"], ["no conversion", "data set to fits"]),
    ],
)
def test_wrong_use_is_one_sentence_and_status_2(tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert run_command(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lensmith: ")
    assert captured.err.count("\n") == 1
    for word in says:
        assert word in captured.err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_is_one_sentence_and_status_130(tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("lensmith.pipeline.job.run_job", interrupted)
    (tmp_path / "lens.fits").write_text("")
    assert run_command(["run", str(tmp_path), "--out", str(tmp_path / "run")]) == 130
    assert capsys.readouterr().err.strip() == "lensmith: stopped; the same command goes on from here"


def test_doctor_reports_and_survives_what_is_broken(capsys, monkeypatch, tmp_path):
    (tmp_path / "astroscrappy.py").write_text("raise RuntimeError('this package is broken')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "astroscrappy", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    assert run_command(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "BROKEN: RuntimeError: this package is broken" in shown
    assert str(tmp_path / "cache") in shown
    for word in ("python", "cores, memory", "numpy", "jax", "JAX devices"):
        assert f"\n{word} " in f"\n{shown}"


def test_the_module_is_the_command():
    shown = subprocess.run([sys.executable, "-m", "lensmith", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == f"lensmith {__version__}"


def test_strict_turns_failed_candidates_into_status_1(tmp_path, capsys):
    (tmp_path / "text.fits").write_text("not an image")
    arguments = ["run", str(tmp_path / "text.fits"), "--out", str(tmp_path / "run")]
    assert run_command(arguments) == 0
    assert run_command([*arguments, "--strict"]) == 1
    assert "1 failed" in capsys.readouterr().out


def test_model_that_fails_says_why_and_status_1(tmp_path, capsys):
    (tmp_path / "text.fits").write_text("not an image")
    assert run_command(["model", str(tmp_path / "text.fits"), "--out", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "text.fits" in captured.err
    assert (tmp_path / "out/row.json").exists()


def test_help_of_simulate_lists_every_kind_and_survey(capsys):
    from lensmith.simulate import KINDS, SURVEYS

    assert run_command(["simulate", "--help"]) == 0
    words = re.split(r"[\s,:.()]+", capsys.readouterr().out)
    for name in (*KINDS, *SURVEYS):
        assert name in words


@pytest.fixture
def fake(monkeypatch):
    """The kind ``fake`` of the simulator's tests."""
    from lensmith.simulate import KINDS

    monkeypatch.syspath_prepend(str(Path(__file__).parent / "simulate"))
    monkeypatch.setitem(KINDS, "fake", ("fake_kind", "FakeSettings", "FakeSimulator"))


def test_simulate_and_again(tmp_path, capsys, fake):
    arguments = ["simulate", "fake", "--survey", "des:g,r", "-n", "45", "--seed", "2", "--out", str(tmp_path / "set")]
    assert run_command([*arguments, "--set", "blob.magnitude={uniform: [20, 21]}", "--preview"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "45 samples of fake, seed 2"
    assert shown[1:5] == ["[10/45]", "[20/45]", "[30/45]", "[40/45]"]
    assert "45 samples; image 2x12x12, mask 12x12; truth of 4 columns" in shown[-2]
    assert (tmp_path / "set/preview.png").exists()
    assert run_command(arguments) == 2
    assert (
        "holds another data set (settings.blob.magnitude.uniform [20.0, 21.0] instead of [19.0, 22.0])"
        in capsys.readouterr().err
    )
    assert run_command([*arguments, "--set", "blob.magnitude={uniform: [20, 21]}"]) == 0
    assert capsys.readouterr().out.startswith("45 samples of fake, seed 2, 45 of them made before")


def test_simulate_on_a_full_disk(tmp_path, capsys, fake, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("lensmith.data.dataset_writer._append", full)
    arguments = ["simulate", "fake", "--survey", "des:g,r", "-n", "3", "--out", str(tmp_path / "set")]
    assert run_command(arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "No space left on device" in error
    assert not (tmp_path / "set/dataset.json").exists()


def test_bad_settings_of_a_simulation_leave_no_folder(tmp_path, capsys, fake):
    arguments = [
        "simulate",
        "fake",
        "-n",
        "3",
        "--out",
        str(tmp_path / "set"),
        "--set",
        "blob.magnitude={uniform: [3]}",
    ]
    assert run_command(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_convert(tmp_path, capsys, monkeypatch):
    import numpy as np

    (tmp_path / "in/no").mkdir(parents=True)
    np.save(tmp_path / "in/no/1.npy", np.random.default_rng(0).random((8, 8)))
    assert run_command(["convert", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    assert "a .png for each .npy" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "out").rglob("*.png")] == ["1.png"]
