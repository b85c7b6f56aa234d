"""The command line: what a user sees when all is well, and one sentence when it is not."""

import subprocess
import sys

import pytest

from lensmith import __version__
from lensmith.cli import run_command


def test_help_lists_the_commands(capsys):
    assert run_command(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("run", "model", "demo", "doctor"):
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
