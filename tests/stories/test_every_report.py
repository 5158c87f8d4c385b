"""Every report comes in every form, about any period, and says so where there is nothing."""

import csv
import io
import json

from tui.reports import FORMATS
from tui.table import TABLE

REPORTS = sorted(one.path for one in TABLE if one.path.startswith("report ") and " --" not in one.path)
NAMED = {"report service": "sla-north-quay"}
WITHOUT_PERIOD = {"report risks"}
NOT_IN_FORCE = {"report service"}  # of a time before the agreement there is nothing to report on
EMPTY = "--since 2020-01-01 --until 2020-02-01"


def test_every_report_comes_in_every_form(port):
    for report in REPORTS:
        for form in FORMATS:
            said = port.as_("a.vries").does(f"{report} {NAMED.get(report, '')} --format {form}")
            assert said.strip(), (report, form)
            if form == "json":
                assert isinstance(json.loads(said), dict), report
            if form == "html":
                assert said.startswith("<!doctype html>"), report
                assert said.rstrip().endswith("</html>"), report
            if form == "csv":
                rows = list(csv.reader(io.StringIO(said)))
                assert {len(row) for row in rows} == {len(rows[0])}, report


def test_a_period_with_nothing_in_it_says_so_and_one_that_ends_first_is_refused(port):
    for report in REPORTS:
        if report in WITHOUT_PERIOD:
            continue
        asked = f"{report} {NAMED.get(report, '')}"
        if report not in NOT_IN_FORCE:
            said = port.does(f"{asked} {EMPTY}")
            assert len(said.splitlines()) > 3, report
            assert any(word in said for word in ("No ", "Nothing", "nothing", "None", "none")), report
        answer = port.types(f"{asked} --since 2026-02-01 --until 2026-01-01")
        assert answer.code == 2, report
        assert "--since before --until" in answer.err, report


def test_what_was_foreseen_is_told_on_the_card_of_a_change_that_is_over(port):
    card = port.types("change show CR-3 --json").json["aftermath"]
    assert (card["expected"], card["outage"], card["surprises"], card["missing"]) == (2280, 2160, [], [])
    me = port.as_("a.vries")
    said = me.types("event record 'Radar 1 is blind' --item radar-1 --caused-by CR-3")
    assert "asks t.ruiz which dependency of radar-1 is missing" in said.err
    assert "no dependency explains why radar-1 was hit" in port.does("change show CR-3")
    assert "radar-1" in port.does("report outcomes --format csv")
    assert "radar-1 was hit by CR-3" in me.does("action list")
