"""docs/benchmarks.md: sections with their own date and machine, of which a command renews those that it measured."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
SECTIONS = {
    "speed": "Image, and value + gradient, beside lenstronomy and JAXtronomy",
    "simulate": "Simulated images beside lenstronomy",
    "lenses": "Einstein radii of real lenses beside published ones",
    "stages": "Seconds a lens, by stage",
    "engines": "Both engines on the same lenses",
    "samplers": "Effective draws a second beside other samplers",
    "coverage": "Whether posteriors hold the truth: self-consistent mocks",
    "verdicts": "How often the verdict is right: simulated lenses and impostors",
    "ground": "The same from the ground",
    "doubles": "Two sources behind one lens",
    "training": "Training beside a bare PyTorch loop",
}
"""Key and title of every section, in order."""
_HEAD = """# Benchmarks

Written by `make bench`; do not edit. Each section says when and on what machine it was measured; a section that a
command does not measure stays as it was.
"""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the first column to the left, the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write(measured: dict[str, str], page: Path = PAGE) -> None:
    """Put the text of the measured sections in the page, in place of their earlier text."""
    kept = read(page)
    parts = [_HEAD]
    for key, title in SECTIONS.items():
        text = measured.get(key) or kept.get(key) or "Not measured yet."
        parts.append(f"## {title}\n\n<!-- {key} -->\n{text.strip()}\n<!-- end of {key} -->\n")
    page.parent.mkdir(exist_ok=True)
    page.write_text("\n".join(parts), encoding="utf-8")


def read(page: Path = PAGE) -> dict[str, str]:
    """The text of the sections that the page holds."""
    if not page.exists():
        return {}
    found = re.finditer(r"<!-- (\w+) -->\n(.*?)\n<!-- end of \1 -->", page.read_text(encoding="utf-8"), re.DOTALL)
    return {match[1]: match[2] for match in found if match[2] != "Not measured yet."}
