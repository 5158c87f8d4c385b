"""An event manager's evening: mail is out, who is told, what it costs, how it ends, what is reported."""

import csv
import io
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

LOG = """reference,description,reported,items,reporter,state,closed
INC-1,Gate is slow,2026-10-02T08:00:00Z,svc-gate-yard,Bram,closed,2026-10-03T08:00:00Z
INC-2,=cmd|calc,2026-10-05T08:00:00Z,svc-mail,Bram,in progress,
"""
MORNING = "2026-11-23T08:00:00Z"


@pytest.fixture
def manager(port: Terminal) -> Terminal:
    return port.as_("a.vries").at("2026-11-22T23:50:00Z")


def recorded(manager: Terminal, *more: str) -> None:
    manager.does(
        "event record", "Mail does not go out", "--down", "svc-mail", "--at", "23:30", "--reporter", "Bram",
        "--contact", "+31 6", "--party", "north-quay", *more,
    )  # fmt: skip


def test_an_incident_is_taken_from_the_call_to_the_report(manager: Terminal) -> None:
    recorded(manager)
    assert "kept as out-0010" in manager.does("event show 1").replace("outages      ", "kept as ")
    said = manager.does("event analyse EV-1")
    assert "promise  north-quay  sla-north-quay/mail of svc-mail, availability 99.0 %" in said
    manager.refused("event start EV-1", code=4, says="Nobody confirmed")
    manager.does("event confirm EV-1 --priority critical -m", "only outgoing mail")
    manager.does("event start EV-1")
    manager.refused("event resolve EV-1 -m done --until 'tomorrow 06:00'", code=2, says="lies ahead")
    manager.refused("event resolve EV-1 -m done --until 00:40", code=4, says="Neither an action item")
    manager.does("event resolve EV-1 -m", "Queue restarted", "--until", "00:40", "--fixed-by", "CR-1")
    assert manager.types("event show EV-1 --json").json["fixed_by"] == "CR-1"
    manager.does("event close EV-1")
    manager.refused("event reopen EV-1 -m again", code=4, says="EV-1 is closed")
    outage = manager.types("outage list svc-mail --json").json[0]
    assert (outage["source"], outage["ended"]) == ("event EV-1", "2026-11-22T23:40:00Z")
    report = manager.at(MORNING).types("report troubles --json").json
    assert (report["fixed_by_change"], report["troubles"][0]["fixed_by_state"]) == (1, "closed")
    told = manager.as_("m.jansen").does("inbox --all")
    assert "EV-1 is resolved: Queue restarted" in told
    assert "EV-1 is resolved" not in manager.as_("m.jansen").does("inbox")  # it is over and asks for nothing
    assert "event resolve" in manager.does("item history svc-mail")
    assert manager.types("event list --all --json").json[0]["overdue"] is False
    assert "No event is recorded" in manager.types("event list").err
    assert manager.as_("e.dubois").types("verify").code == 0


def test_a_request_and_a_threat_are_recorded_for_what_they_are(manager: Terminal) -> None:
    manager.refused("event record Cable --item svc-mail --request", code=2, says="say which")
    manager.refused("event record Cable --item svc-mail --outside", code=2, says="Only a service request")
    manager.refused("event record Cable", code=2, says="No item is named")
    manager.does("event record", "A mailbox for the pilot", "--request", "--item", "svc-mail", "--agreement",
                 "sla-north-quay", "--due", "tomorrow 12:00")  # fmt: skip
    manager.does("event record", "Storm", "--potential", "--at", "tomorrow 06:00", "--item", "wan-fjordnet")
    requests = manager.types("event list --kind", "service request", "--json").json
    assert [(one["agreement"], one["resolve_from"]) for one in requests] == [
        ("sla-north-quay", "set by a.vries")
    ]
    assert "would follow" in manager.does("event analyse EV-2")
    later = manager.at("2026-11-24T12:00:00Z")
    assert [one["id"] for one in later.types("event list --overdue --json").json] == ["EV-1"]
    assert "OVERDUE" in later.does("event list")
    assert "outside" not in manager.does("event show EV-1")


def test_words_of_a_stranger_move_no_terminal_and_no_spreadsheet(manager: Terminal, tmp_path: Path) -> None:
    manager.refused("event record --item svc-mail", "a\x1b[2Jb", code=2, says="not valid")
    recorded(manager, "--circumstances", "=1+1 <script>alert(1)</script>")
    manager.does("event amend 1 --description", "=HYPERLINK(0) <b>|x|</b>")
    manager = manager.at(MORNING)
    page = manager.does("report events --format html")
    assert "<b>" not in page.split("</style>")[1]
    sheet = list(csv.reader(io.StringIO(manager.does("report events --format csv"))))
    assert sheet[1][-1].startswith("'=HYPERLINK")
    assert sheet[1][4] == "2026-11-22T23:50:00Z"
    assert "\\<b\\>" in manager.does("report events --format md")
    saved = tmp_path / "troubles.html"
    manager.does("report troubles --to", str(saved))
    manager.refused("report troubles --to", str(saved), code=4, says="is there already")
    manager.refused("report events --to", str(tmp_path / "x.doc"), code=2, says="says no form")


def test_a_log_of_another_tool_is_planned_and_then_taken(manager: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(LOG, "utf-8")
    founder = manager.as_("e.dubois")
    with founder.untouched():
        assert "2  new" in founder.does(f"import {file} --as-kind events")
    manager.refused(f"import {file} --as-kind events --apply", code=4, says="holds no role")
    assert founder.types(f"import {file} --as-kind events --apply --json").json["create"] == 2
    assert founder.types(f"import {file} --as-kind events --json").json["unchanged"] == 2
    file.write_text(LOG.replace("svc-mail", "nowhere"), "utf-8")
    founder.refused(f"import {file} --as-kind events --apply", code=2, says="line 3, column items")
    answer = founder.types(f"import {file} --as-kind events --json")
    assert (answer.code, answer.json["errors"][0]["column"]) == (2, "items")
    founder.refused(f"import {file} --as-kind items --zone UTC", code=2, says="Only events have times")
    figures = founder.types("report events --since 2026-10-01 --json").json["total"]
    assert (figures["reported"], figures["closed"], figures["lead_mean"]) == (2, 1, 86_400)
    assert "nobody said what it was" in founder.does("report events --since 2026-10-01")


def test_every_correction_of_an_event_is_reachable(manager: Terminal) -> None:
    recorded(manager)
    manager.does(
        "event amend 1 --until 00:45 --effect degraded --down svc-mail --contact desk --reporter m.jansen"
    )
    shown = manager.types("event show 1 --json").json
    assert (shown["effect"], shown["person"], shown["reporter"]) == ("degraded", "m.jansen", "Mira Jansen")
    assert manager.types("outage list svc-mail --json").json[0]["effect"] == "degraded"
    manager.does("event amend 1 --until running")
    assert manager.types("event show 1 --json").json["running"]
    manager.does("event amend 1 --nothing-down")
    assert manager.types("event show 1 --json").json["outages"] == []
    manager.does("event link 1 --caused-by 1 --outage out-0001")
    shown = manager.types("event show 1 --json").json
    assert (shown["caused_by"], shown["outages"]) == ("CR-1", ["out-0001"])
    manager.refused("event link 1 --fixed-by CR-99", code=3, says="no change request")
    manager.refused("event link 1", code=2, says="Nothing to link")
    manager.refused("event amend 1", code=2, says="Nothing to amend")
    manager.refused("event amend 1 --down svc-mail --nothing-down", code=2, says="and nothing was")
    manager.refused("event show EV-99", code=3, says="no event")
    manager.does("event withdraw 1 -m", "told twice")
    manager.refused("event amend 1 --priority low", code=4, says="withdrawn")
