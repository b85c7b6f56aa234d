"""What the README says is typed here, and so are the examples."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from lensmith.cli import run_command
from lensmith.simulate import simulate_demo

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder as the README's reader has it: `cutouts/`, `one_lens.fits` and `manifest.csv`."""
    folder = tmp_path_factory.mktemp("desk")
    (truth,) = simulate_demo(folder, n=1, seed=1)
    lens = folder / "cutouts" / f"{truth['id']}.fits"
    shutil.copy(lens, folder / "one_lens.fits")
    (folder / "manifest.csv").write_text(
        "id,band,sci,err,psf\nmine,F814W,one_lens.fits[SCI],one_lens.fits[ERR],one_lens.fits[PSF]\n"
    )
    return folder


def commands() -> list[list[str]]:
    lines = [line for block in blocks("") for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.startswith(".venv/bin/lensmith ")]


def test_readme_holds_commands_and_python():
    assert len(commands()) >= 4
    assert len(blocks("python")) == 1


@pytest.mark.parametrize("arguments", commands(), ids=lambda a: a[0])
def test_commands(desk, monkeypatch, arguments):
    monkeypatch.chdir(desk)
    assert run_command(arguments) == 0


def test_python(desk, monkeypatch, capsys):
    monkeypatch.chdir(desk)
    exec(compile(blocks("python")[0], "README.md", "exec"), {})
    assert "Estimate(" in capsys.readouterr().out


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.stem)
def test_examples(tmp_path, monkeypatch, capsys, example):
    monkeypatch.setattr(sys, "argv", [str(example), str(tmp_path)])
    runpy.run_path(str(example), run_name="__main__")
    assert "theta_E" in capsys.readouterr().out


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\S+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
