"""Rules of the house that no single room can keep by itself."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "lensmith"
TEXTS = (".py", ".md", ".toml", ".cff", ".yaml", ".yml", ".html", ".css", ".js", ".txt", "")


def imported_by(statement: str) -> set[str]:
    """Top-level packages in memory after a statement in a fresh interpreter."""
    code = (
        f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_imports_nothing_heavy():
    loaded = imported_by("from lensmith.cli import run_command\nrun_command(['--help'])")
    assert "typer" in loaded
    assert loaded.isdisjoint({"jax", "torch", "numpy", "scipy", "astropy", "matplotlib", "arviz", "rich", "yaml"})


def test_importing_lensmith_costs_nothing():
    assert imported_by("import lensmith").isdisjoint({"jax", "torch", "numpy", "astropy", "pydantic", "typer"})


def test_a_run_imports_neither_torch_nor_lenstronomy():
    statement = "import lensmith.pipeline, lensmith.modelling, lensmith.report, lensmith.simulate"
    assert imported_by(statement).isdisjoint({"torch", "lenstronomy", "pytest"})


def test_imports_point_one_way():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def source_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def test_no_file_is_too_long_and_no_room_is_a_drawer():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in source_files()
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}
    drawers = {"utils", "util", "common", "helpers", "misc"}
    assert [path for path in source_files() if drawers & {path.stem, path.parent.name}] == []


def imported_packages() -> set[str]:
    """Distributions that any module of lensmith imports, wherever in the module it does."""
    homes = packages_distributions()
    names = set()
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.partition(".")[0])
    return {homes.get(name, [name])[0].lower() for name in names - sys.stdlib_module_names - {"lensmith"}}


def test_what_is_imported_is_required_and_the_other_way_round():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.match(r"[\w-]+", line).group() for line in project["dependencies"]}
    # xarray writes netCDF through h5netcdf, and Lightning its logs through tensorboard, which they find by themselves;
    # sncosmo's templates are used where a user has installed them.
    found = (imported_packages() | {"h5netcdf", "tensorboard"}) - {"sncosmo"}
    assert {name.replace("_", "-") for name in found} == {name.lower() for name in required}


def tracked_texts() -> list[Path]:
    """Text files of the project: what git knows or would take in."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this copy of the project is not a git checkout")
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix in TEXTS]


def test_no_text_names_a_machine():
    """No home folders, no addresses of package hosts: they hold on one machine only."""
    pattern = re.compile(r"(/home/|/Users/|/root/|[A-Z]:\\Users|--(extra-)?index-url|--trusted-host)\w*")
    found = {}
    for path in tracked_texts():
        if path != Path(__file__) and (match := pattern.search(path.read_text(encoding="utf-8"))):
            found[str(path.relative_to(ROOT))] = match.group()
    assert found == {}
