"""The tutorial does what it says, from its first line to its last."""

import re
from pathlib import Path

import pytest
from astropy.table import Table

from lensmith.cli import run_command

pytestmark = pytest.mark.slow
TUTORIAL = (Path(__file__).parents[1] / "docs" / "tutorial.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str]]:
    """Language and content of every block, in order; commands have no language."""
    return re.findall(r"^```(\w*)\n(.*?)^```", TUTORIAL, re.S | re.M)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder in which all of the tutorial was done, and the names that its Python left."""
    folder, names = tmp_path_factory.mktemp("tutorial"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for language, content in blocks():
            if language == "python":
                exec(compile(content, "tutorial.md", "exec"), names)
                continue
            for line in content.splitlines():
                assert line.startswith(".venv/bin/lensmith ")
                assert run_command(line.split()[1:]) == 0, line
    return folder, names


def test_all_files_that_it_names_are_there(desk):
    folder, _ = desk
    table = re.search(r"\| file .*?\n\n", TUTORIAL, re.S).group()
    named = re.findall(r"`([\w.]+\.\w+)`", table)
    assert len(named) >= 10
    assert [name for name in named if not (folder / "model" / name).is_file()] == []


def test_the_table_holds_the_truth(desk):
    folder, names = desk
    rows = {row["name"]: row for row in Table.read(folder / "table.ecsv")}
    found = rows["theta_E"]
    assert abs(found["median"] - names["truth"]["theta_E"]) < 3 * max(found["minus"], found["plus"])
    assert rows["mass_E"]["unit"] in ("Msun", "solMass")
    latex = (folder / "table.tex").read_text()
    assert latex.count(r"\\") >= len(rows)
    assert r"\theta_\mathrm{E}" in latex
    assert "nan" not in latex


def test_the_figure_is_drawn(desk):
    folder, _ = desk
    assert (folder / "figure.png").stat().st_size > 10_000
    assert (folder / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_the_mass_inside_a_radius_is_near_that_inside_the_einstein_radius(desk):
    _, names = desk
    row = names["row"]
    expected = row["mass_E"] * 5 / row["R_E"]  # isothermal
    assert names["mass"].mean() == pytest.approx(expected, rel=0.25)
