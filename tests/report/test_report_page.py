import base64
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from lensmith import data
from lensmith.errors import InputError
from lensmith.report import write_report
from report.mock_rows import NASTY, fitted

VOID = {"meta", "input", "img", "br", "link"}


@dataclass
class Cell:
    attributes: dict
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The table of a report; fails where tags do not match."""

    open: list = field(default_factory=list)
    headings: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    text: str = ""

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr" and "tbody" in self.open:
            self.rows.append((attributes, []))
        if tag in ("td", "th"):
            (self.rows[-1][1] if "tbody" in self.open else self.headings).append(Cell(attributes))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "td" in self.open or "th" in self.open:
            (self.rows[-1][1] if "tbody" in self.open else self.headings)[-1].text += data


def parsed(path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def column(page: Page, name: str) -> list[Cell]:
    place = [heading.attributes.get("data-name") for heading in page.headings].index(name)
    return [cells[place] for _, cells in page.rows]


ROWS = [
    fitted("one", 1.234, notes="PSF assumed: Gaussian"),
    fitted("two", 0.9, "check", theta_E_hi=0.99, reasons="another solution fits almost as well; a < b & c"),
    data.row_failed(NASTY, "cannot be read: <truncated>"),
    fitted("four", 12.5, "reject"),
]


def test_all_rows_with_their_values(make_run):
    page = parsed(write_report(make_run(ROWS, rename={NASTY: "odd-1"})))
    assert len(page.rows) == 4
    assert [attributes["data-verdict"] for attributes, _ in page.rows] == ["accept", "check", "failed", "reject"]
    assert [cell.attributes["data-key"] for cell in column(page, "id")] == ["one", "two", NASTY, "four"]
    assert [cell.text for cell in column(page, "theta_E")] == [
        "1.234 ± 0.020″",
        "0.900″+0.090−0.020",
        "",
        "12.500 ± 0.020″",
    ]
    assert [cell.attributes.get("data-key") for cell in column(page, "theta_E")] == ["1.234", "0.9", None, "12.5"]
    assert column(page, "reasons")[1].text == ROWS[1]["reasons"]
    assert column(page, "reasons")[2].text == "cannot be read: <truncated>"
    noted = column(page, "reasons")[0]
    assert (noted.text, noted.attributes["data-key"]) == ("notes" + ROWS[0]["notes"], "")
    assert [cell.attributes["data-key"] for cell in column(page, "verdict")] == ["0", "1", "3", "2"]


def test_every_string_is_escaped(make_run):
    record = {"command": ["lensmith", "run", NASTY], "versions": {"lensmith": "</pre><b>"}, "started": "<i>"}
    path = write_report(
        make_run([*ROWS, fitted(NASTY + "2", 1.0, reasons=NASTY)], record, {NASTY: "a", NASTY + "2": "b"})
    )
    assert "<script>alert" not in path.read_text(encoding="utf-8")
    page = parsed(path)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert NASTY in column(page, "id")[4].text
    assert f"lensmith run {NASTY}" in page.text


def test_accessible_table(make_run):
    page = parsed(write_report(make_run(ROWS, rename={NASTY: "odd-1"})))
    assert all(heading.attributes["scope"] == "col" for heading in page.headings)
    sortable = [heading for heading in page.headings if "data-name" in heading.attributes]
    assert len(sortable) == len(page.headings) - 1
    assert all(heading.attributes["aria-sort"] == "none" for heading in sortable)
    assert {cells[1].attributes.get("scope") for _, cells in page.rows} == {"row"}
    assert all(attributes.get("alt") is not None for tag, attributes in page.tags if tag == "img")
    by_name = {heading.attributes.get("data-name"): heading.attributes for heading in page.headings}
    assert by_name["theta_E"]["data-kind"] == "number"
    assert "Einstein radius" in by_name["theta_E"]["title"]


def test_columns_without_any_value_are_left_out(make_run):
    page = parsed(write_report(make_run(ROWS, rename={NASTY: "odd-1"})))
    names = [heading.attributes.get("data-name") for heading in page.headings]
    assert "p_lens" not in names
    assert "shear" not in names
    assert {"id", "verdict", "theta_E", "gamma", "bands", "reasons", "seconds"} <= set(names)


def test_verdict_buttons_count(make_run):
    page = parsed(write_report(make_run(ROWS, rename={NASTY: "odd-1"})))
    buttons = [attributes["data-toggle"] for tag, attributes in page.tags if "data-toggle" in attributes]
    assert buttons == ["accept", "check", "reject", "failed"]
    assert re.search(r"accept \(1\)\s*check \(1\)\s*reject \(1\)\s*failed \(1\)", page.text)


def test_needs_nothing_from_the_network(make_run):
    text = write_report(make_run(ROWS, {"seed": 1}, {NASTY: "odd-1"})).read_text(encoding="utf-8")
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", text)
    assert "url(" not in text
    assert "@import" not in text


def test_pictures_are_held_by_the_page_and_link_to_the_full_ones(make_run):
    row = fitted("odd name #1?%41&é", 1.0)
    page = parsed(write_report(make_run([row, data.row_failed("none", "no")])))
    (image,) = [attributes for tag, attributes in page.tags if tag == "img" and "thumb" in attributes.get("class", "")]
    kind, _, content = image["src"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(content)[:3] == b"\xff\xd8\xff"
    (link,) = [attributes["href"] for _, attributes in page.tags if attributes.get("class") == "picture"]
    assert link == "candidates/odd%20name%20%231%3F%2541%26%C3%A9/summary.png"
    assert page.rows[1][1][0].text == "no picture"


def test_folder_is_found_by_what_its_row_says(make_run):
    page = parsed(
        write_report(make_run([fitted("a/b", 1.0), fitted("../up", 1.1)], rename={"a/b": "a_b-1f", "../up": "up-2"}))
    )
    links = [attributes["href"] for _, attributes in page.tags if attributes.get("class") == "picture"]
    assert links == ["candidates/a_b-1f/summary.png", "candidates/up-2/summary.png"]


def test_large_runs_link_their_thumbnails_and_hide_what_lies_below(make_run, monkeypatch):
    monkeypatch.setattr("lensmith.report.page.EMBEDDED_ROWS", 3)
    monkeypatch.setattr("lensmith.report.page.ROWS_AT_ONCE", 2)
    page = parsed(write_report(make_run([fitted(f"lens {i}", 1.0 + i) for i in range(4)])))
    images = [attributes["src"] for tag, attributes in page.tags if tag == "img" and "src" in attributes]
    assert images == [f"candidates/lens%20{i}/thumb.png" for i in range(4)]
    assert ["hidden" in attributes for attributes, _ in page.rows] == [False, False, True, True]


def test_broken_pictures_and_records_do_no_harm(make_run):
    folder = make_run([fitted("one", 1.0)], rename=None)
    (folder / "candidates" / "one" / "thumb.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / "candidates" / "one" / "row.json").write_text("[")
    (folder / "candidates" / "left over").mkdir()
    (folder / "run.json").write_text('["not", "an", "object"]')
    page = parsed(write_report(folder))
    assert page.rows[0][1][0].text == "no picture"
    assert "no run.json" in page.text


def test_run_facts(make_run):
    record = {"command": ["/opt/bin/lensmith", "run", "x"], "seed": 7, "started": "2026-01-02T03:04:05+00:00",
              "versions": {"lensmith": "0.1.0"}, "seconds": 61.4}  # fmt: skip
    page = parsed(write_report(make_run(ROWS, record, {NASTY: "odd-1"})))
    for fact in ("4 candidates", "1 accept, 1 check, 1 reject, 1 failed", "lensmith run x", "2026-01-02", "61 s"):
        assert fact in page.text


def test_without_candidates_folder(make_run):
    folder = make_run([data.row_failed("one", "no")])
    (folder / "candidates" / "one" / "row.json").unlink()
    (folder / "candidates" / "one").rmdir()
    (folder / "candidates").rmdir()
    assert len(parsed(write_report(folder)).rows) == 1


def test_no_catalogue_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"holds no catalog\.ecsv"):
        write_report(tmp_path)
    (tmp_path / "catalog.ecsv").write_text("not a table")
    with pytest.raises(InputError, match="not a readable catalogue"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_writing_again_replaces_the_page(make_run):
    folder = make_run(ROWS, rename={NASTY: "odd-1"})
    assert write_report(folder) == write_report(folder) == folder / "report.html"
    assert sorted(path.name for path in folder.glob("*report*")) == ["report.html"]
