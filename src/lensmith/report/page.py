"""The HTML report of a run: one file that opens from disk, sorts, filters, and leafs through the candidates."""

import json
from collections import Counter
from datetime import datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from lensmith.data import VERDICTS, atomic_write
from lensmith.plots import VERDICT_COLOURS
from lensmith.report.columns import Column, shown_columns
from lensmith.report.rows import FILES, Row, read_rows
from lensmith.report.thumbnails import EMBEDDED_ROWS, link, thumbnail_source

ROWS_AT_ONCE = 300
"""Rows that the page lays out before one asks for more: a browser would take long over all of a large table."""


def write_report(run_folder: Path) -> Path:
    """Write ``report.html`` of a run from its catalogue, ``run.json`` and candidates' pictures; return its path.

    The page needs no network and no server. Up to `EMBEDDED_ROWS` rows it holds the thumbnails itself (some 15 kB a
    candidate) and can be sent alone; with more rows it shows them from ``candidates/``, loaded as they scroll into
    sight. Full pictures are always links into ``candidates/``. `ROWS_AT_ONCE` rows are laid out at a time.

    Raises
    ------
    InputError
        if the folder holds no readable catalogue.
    """
    run_folder = Path(run_folder)
    rows, meanings = read_rows(run_folder)
    run = _run_record(run_folder)
    counts = Counter(row.verdict for row in rows)
    columns = shown_columns(rows)
    embed = len(rows) <= EMBEDDED_ROWS
    page = Template(_part("page.html")).substitute(
        title=f"lensmith: {len(rows)} candidate{'s' if len(rows) != 1 else ''}",
        style=_part("page.css"),
        script=_part("page.js"),
        facts=_facts(run, counts),
        settings=escape(json.dumps(run, indent=1, ensure_ascii=False)) if run else "no run.json in this folder",
        buttons="".join(_button(verdict, counts[verdict]) for verdict in dict.fromkeys([*VERDICTS, *counts])),
        headings='<th scope="col">Picture</th>' + "".join(_heading(column, meanings) for column in columns),
        rows="\n".join(_row(r, i, columns, thumbnail_source(r, run_folder, embed)) for i, r in enumerate(rows)),
        rows_at_once=ROWS_AT_ONCE,
    )
    path = run_folder / "report.html"
    with atomic_write(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")
    return path


def _part(name: str) -> str:
    return (files("lensmith.report") / name).read_text(encoding="utf-8").rstrip("\n")


def _run_record(run_folder: Path) -> dict:
    try:
        record = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _facts(run: dict, counts: Counter) -> str:
    versions = run.get("versions") if isinstance(run.get("versions"), dict) else {}
    command = run.get("command")
    if isinstance(command, list) and command:
        command = " ".join([Path(str(command[0])).name, *map(str, command[1:])])
    seconds = run.get("seconds")
    facts = {
        "verdicts": ", ".join(f"{counts[verdict]} {verdict}" for verdict in dict.fromkeys([*VERDICTS, *counts])),
        "command": command,
        "started": run.get("started"),
        "run time": f"{seconds:.0f} s" if isinstance(seconds, int | float) else None,
        "seed": run.get("seed"),
        "lensmith": versions.get("lensmith"),
        "report written": datetime.now().astimezone().isoformat(" ", "minutes"),
    }
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(str(fact))}</dd></div>" for name, fact in facts.items() if fact is not None
    )


def _button(verdict: str, count: int) -> str:
    name, colour = escape(verdict), VERDICT_COLOURS.get(verdict, "#7f7f7f")
    dot = f'<span class="dot" style="--colour:{colour}"></span>'
    return f'<button type="button" data-toggle="{name}" aria-pressed="true">{dot}{name} ({count})</button>'


def _heading(column: Column, meanings: dict[str, str]) -> str:
    kind, meaning = ("number" if column.numeric else "words"), escape(meanings.get(column.name, ""))
    title = f' title="{meaning}"' if meaning else ""
    return (
        f'<th scope="col" class="{kind}" data-kind="{kind}" data-name="{column.name}" aria-sort="none"{title}>'
        f'<button type="button">{column.heading}</button></th>'
    )


def _row(row: Row, place: int, columns: list[Column], source: str) -> str:
    cells = "".join(_cell(row, column) for column in columns)
    attributes = f'data-verdict="{escape(row.verdict)}"' + (" hidden" if place >= ROWS_AT_ONCE else "")
    return f"<tr {attributes}>{_picture(row, source)}{cells}</tr>"


def _picture(row: Row, source: str) -> str:
    if not source:
        return '<td class="none">no picture</td>'
    image = (
        f'<img class="thumb" src="{source}" width="306" height="100" loading="lazy" '
        f'alt="Data, arcs and model of {escape(row.text("id"))}">'
    )
    return f'<td><a class="picture" href="{link(row, "summary.png")}">{image}</a></td>'


def _cell(row: Row, column: Column) -> str:
    shown, key = column.show(row), escape(column.key(row))
    data = f' data-key="{key}"' if key != shown else ""
    if column.name == "id":
        links = "".join(f'<a href="{link(row, file)}">{name}</a> ' for file, name in FILES.items() if file in row.files)
        return f'<th scope="row" data-key="{key}">{shown}<span class="files">{links}</span></th>'
    if column.name == "verdict":
        colour = VERDICT_COLOURS.get(row.verdict, "#7f7f7f")
        return f'<td class="verdict"{data}><span class="dot" style="--colour:{colour}"></span>{shown}</td>'
    return f'<td class="{"number" if column.numeric else "words"}"{data}>{shown}</td>'
