"""The columns of a report's table: how a row's values are shown and what they are sorted by."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from lensmith.data.results import VERDICTS
from lensmith.plots import split_errors
from lensmith.report.rows import Row


@dataclass(frozen=True)
class Column:
    """One column of the table.

    `name` in the catalogue; `heading` and what `show` makes of a row are HTML, everything from the catalogue escaped;
    `key` is what the row is sorted by, as text, "" where the value is missing.
    """

    name: str
    heading: str
    show: Callable[[Row], str]
    key: Callable[[Row], str]
    numeric: bool = True


def _number(name: str, heading: str, form: str) -> Column:
    def show(row: Row) -> str:
        value = row.number(name)
        return escape(f"{value:{form}}".replace("-", "−")) if math.isfinite(value) else ""

    return Column(name, heading, show, lambda row: _key(row.number(name)))


def _estimate(name: str, heading: str, sign: str = "") -> Column:
    def show(row: Row) -> str:
        number = row.number(name)
        if not math.isfinite(number):
            return ""
        value, up, down = split_errors(number, row.number(name + "_lo"), row.number(name + "_hi"))
        if name in row.text("prior_decides").split(","):
            value = f'<abbr title="the data hardly narrow this parameter: its prior decides">{value}</abbr>'
        if up == down:
            return f"{value}{' ± ' if up else ''}{up}{sign}"
        return f'{value}{sign}<span class="errors"><span>+{up}</span><span>−{down}</span></span>'

    return Column(name, heading, show, lambda row: _key(row.number(name)))


def _words(name: str, heading: str, show: Callable[[Row], str] | None = None) -> Column:
    show = show or (lambda row: escape(row.text(name)))
    return Column(name, heading, show, lambda row: row.text(name), numeric=False)


def _explained(row: Row) -> str:
    """Reasons, and folded away what was measured or assumed."""
    reasons, notes = escape(row.text("reasons")), escape(row.text("notes"))
    clamped = f'<div class="clamp">{reasons}</div>' if reasons else ""
    return clamped + (f"<details><summary>notes</summary>{notes}</details>" if notes else "")


def _key(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def _severity(row: Row) -> str:
    return str(VERDICTS.index(row.verdict) if row.verdict in VERDICTS else len(VERDICTS))


COLUMNS = (
    _words("id", "Candidate"),
    Column("verdict", "Verdict", lambda row: escape(row.verdict), _severity),
    _number("p_lens", "P(lens)", ".3f"),
    _estimate("theta_E", "θ<sub>E</sub>", "″"),
    _estimate("gamma", "γ"),
    _estimate("q", "q"),
    _estimate("shear", "γ<sub>ext</sub>"),
    _number("chi2_red", "χ²/ν", ".2f"),
    _words("reasons", "Reasons and notes", _explained),
    _words("bands", "Bands", lambda row: escape(row.text("bands").replace(",", ", "))),
    _number("seconds", "Seconds", ".1f"),
)


def shown_columns(rows: list[Row]) -> list[Column]:
    """The columns that hold something for at least one row; candidate and verdict always."""
    return [c for c in COLUMNS if c.name in ("id", "verdict") or any(c.show(row) for row in rows)]
