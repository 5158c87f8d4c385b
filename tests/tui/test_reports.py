"""Reports in every form: the same content, nothing in it taken for markup, the same bytes again."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cmdb.errors import Invalid, Refused
from tui import charts, reports
from tui.report_pages import page
from tui.reports import Chart, Linked, Report, Table, Words

HOSTILE = "<b>[red]|`x`* \x1b[31m\u202e"
TABLE = Table(
    heading="Rows", header=("name", "count"), rows=((HOSTILE, "1"), ("=2+2", "20")), right=("count",)
)
REPORT = Report(
    title=f"A report {HOSTILE}",
    facts=(("who", HOSTILE), ("nothing", "")),
    parts=(
        TABLE,
        Words("Why", "because & so"),
        Chart("Used", "minutes", (("Oct", 20.0), ("Nov", 3.0)), (10.0, 10.0)),
        Table("Empty", ("a",), (), empty="None of it."),
    ),
    record={"rows": 2},
)


class Texts(HTMLParser):
    """The texts and tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page_stands_alone_with_its_charts_and_escapes_every_text() -> None:
    text = page(REPORT, charts.svg)
    parser = Texts()
    parser.feed(text)
    assert "svg" in parser.tags
    assert "b" not in parser.tags
    assert not {"script", "link", "img"} & parser.tags
    assert any("<b>[red]|`x`*" in one for one in parser.texts)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "None of it." in text
    assert page(REPORT, None).count("<svg") == 0


def test_the_same_chart_is_the_same_bytes() -> None:
    bars, limits = [("Oct", 20.0), ("Nov", 3.0)], [10.0, 10.0]
    assert charts.svg(bars, "minutes", limits) == charts.svg(bars, "minutes", limits)
    assert re.search(r"<dc:date>", charts.svg(bars, "minutes", limits)) is None


def test_markdown_escapes_what_would_mean_something() -> None:
    text = reports.markdown(REPORT)
    assert "\\<b\\>\\[red\\]\\|\\`x\\`\\*" in text
    assert "| name | count |" in text
    assert "| --- | ---: |" in text
    assert "\x1b" not in text


def test_csv_is_the_first_table_and_runs_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    reports.put(REPORT, "csv")
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["name", "count"]
    assert rows[2] == ["'=2+2", "20"]


def test_text_and_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    reports.put(REPORT, "text")
    said = capsys.readouterr()
    assert "because & so" in said.out
    assert "None of it." in said.out
    reports.put(REPORT, "json")
    assert json.loads(capsys.readouterr().out) == {"rows": 2}


def test_every_part_that_loads_late_exists() -> None:
    for name in reports.LATE:
        assert callable(reports._late(name))


def test_a_report_is_saved_as_its_name_says_and_never_over_a_file_unasked(tmp_path: Path) -> None:
    for name, holds in (("r.html", "<!doctype html>"), ("r.md", "| name | count |"), ("r.csv", "'=2+2,20")):
        reports.save(REPORT, tmp_path / name)
        assert holds in (tmp_path / name).read_text("utf-8")
        with pytest.raises(Refused, match="is there already"):
            reports.save(REPORT, tmp_path / name)
    (tmp_path / "r.md").write_text("mine")
    reports.save(REPORT, tmp_path / "r.md", replace=True)
    assert "| name | count |" in (tmp_path / "r.md").read_text("utf-8")
    with pytest.raises(Invalid, match="says no form"):
        reports.save(REPORT, tmp_path / "r.docx")
    with pytest.raises(Refused, match="cannot be written"):
        reports.save(REPORT, tmp_path / "nowhere" / "r.md")


def test_a_cell_leads_to_the_row_of_its_name_on_a_page_and_is_text_elsewhere(
    capsys: pytest.CaptureFixture,
) -> None:
    name = 'record:a "b" <c> #1'
    there = Table("Records", ("record",), ((HOSTILE,), ("other",)), names=(name, "record:other"))
    cell = Linked.listed(((HOSTILE, name), ("other", "record:other")), (" and 2 more", ""))
    report = Report("Links", (), (Table("Rows", ("shows",), ((cell,),)),), {}, annex=(there,))
    text = page(report, None)
    named = re.findall(r'<tr id="([^"]*)">', text)
    led = re.findall(r'<a href="#([^"]*)">', text)
    assert len(named) == 2
    assert led == named
    assert not any(one in "".join(named) for one in ' <>"#')
    assert "and 2 more" in text
    assert "<c>" not in text
    assert cell == f"{HOSTILE}, other and 2 more"
    assert "## Records" in reports.markdown(report)
    reports.put(report, "text")
    assert "Records" not in capsys.readouterr().out, "an annex is for those who take the report away"
