"""The tutorial of the simulator is typed here."""

import re
from pathlib import Path

import pytest
import yaml

from lensmith.simulate import KINDS, SURVEYS
from lensmith.simulate.distributions import distribution

TEXT = (Path(__file__).parents[2] / "docs/simulate.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


@pytest.mark.parametrize("number", [0, 1])
def test_python_blocks(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks("python")[number], "simulate.md", "exec"), {})
    assert capsys.readouterr().out


def test_laws_of_the_tutorial():
    (block,) = blocks("yaml")
    laws = yaml.safe_load(block)
    assert len(laws) == 7
    for law in laws.values():
        distribution(law)


def test_kinds_and_surveys_are_all_named():
    for name in (*KINDS, *SURVEYS):
        assert f"`{name}`" in TEXT or name == "fake"
