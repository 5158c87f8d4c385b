"""What reports count is what plain SQL counts: work, milestones, findings, outcomes, minutes and more."""

import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.stories.terminal import Terminal

PLAN = "id: plan-1\nkind: CM plan\ntitle: CM plan\nowner: e.dubois\n"
SINCE = "--since 2026-10-01"


def asked(port: Terminal, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(port.site / "cmdb.db") as db:
        return db.execute(sql).fetchall()


def told(port: Terminal, report: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(port.does(f"report {report} --format json"))
    return found


def test_hours_and_money_add_up_by_record_person_and_month(port: Terminal) -> None:
    for person, record, spent, cost, day in (
        ("k.chen", "change:CR-3", "2h30m", "10.10", "2026-10-05"),
        ("k.chen", "change:CR-4", "45m", "0.20", "2026-11-02"),
        ("m.jansen", "change:CR-3", "3h", "", "2026-11-03"),
        ("m.jansen", "change:CR-5", "20m", "5", "2026-11-04"),
        ("r.bakker", "change:CR-4", "1h", "1", "2026-09-30"),  # before the period
    ):
        more = f"--cost {cost}" if cost else ""
        port.as_(person).does(f"work log {record} {spent} {more} --on {day}")
    [(wrong,)] = asked(port, "SELECT id FROM work_entry WHERE day = '2026-11-04'")
    port.as_("m.jansen").does(f"work withdraw {wrong} -m 'somebody else did'")
    found = told(port, f"work {SINCE}")
    held = "FROM work_entry WHERE withdrawn = '' AND day >= '2026-10-01'"
    [(entries, spent)] = asked(port, f"SELECT COUNT(*), SUM(spent) {held}")
    money = sum(Decimal(cost or "0") for (cost,) in asked(port, f"SELECT cost {held}"))
    total = found["total"]
    assert (total["entries"], total["spent"], Decimal(total["cost"])) == (entries, spent, money)
    assert (entries, spent, money) == (3, 22_500, Decimal("10.30"))
    for part, column in (("people", "person"), ("records", "record"), ("months", "substr(day, 1, 7)")):
        sums = dict(asked(port, f"SELECT {column}, SUM(spent) {held} GROUP BY 1"))
        assert {one["name"]: one["spent"] for one in found[part]} == sums, part


def test_milestones_and_action_items_are_as_many_as_there_are(port: Terminal, tmp_path: Path) -> None:
    manager = port.as_("e.dubois")
    (tmp_path / "plan.yaml").write_text(PLAN)
    manager.does(f"document register {tmp_path / 'plan.yaml'}")
    for number, day in enumerate(("2026-11-01", "2026-11-30", "2026-12-20"), start=1):
        manager.does(f"milestone add plan-1 Part{number} --planned {day} --owner e.dubois --effort 8h")
    manager.does("milestone reach MS-1 --on 2026-11-05 --evidence minutes")
    manager.does("milestone drop MS-3 -m 'not any more'")
    listed = told(manager, "milestones")["milestones"]
    rows = asked(port, "SELECT id, planned, completed, dropped FROM milestone ORDER BY id")
    assert [(one["id"], one["planned"], one["completed"] or "", one["dropped"]) for one in listed] == rows
    for what in ("Sweep", "Paint", "Count"):
        manager.does(f"action add {what} --owner k.chen --due 2026-12-01")
    manager.does("action decline AI-2 -m 'not now'")
    found = told(manager, f"actions {SINCE}")
    counted = dict(asked(port, "SELECT state, COUNT(*) FROM action_item GROUP BY state"))
    assert found["initiated"] == sum(counted.values())
    assert found["declined"] == counted.get("declined", 0) == 1
    assert found["open"] == {state: n for state, n in counted.items() if state not in ("declined", "closed")}
    owners = dict(
        asked(
            port,
            "SELECT owner, COUNT(*) FROM action_item WHERE state NOT IN ('closed', 'declined') GROUP BY 1",
        )
    )
    assert {one["owner"]: one["open"] for one in found["owners"] if one["open"]} == owners


def test_findings_and_check_outs_are_as_many_as_there_are(port: Terminal) -> None:
    manager = port.as_("e.dubois")
    manager.does("audit plan completeness --auditor k.chen --scope type:middleware --due 2026-12-01")
    port.as_("k.chen").does("audit run AUD-1")
    found = told(manager, "audits")
    states = dict(asked(port, "SELECT state, COUNT(*) FROM finding GROUP BY state"))
    assert {state: n for state, n in found["states"].items() if n} == states
    assert len(found["findings"]) == sum(states.values())
    assert len(found["audits"]) == asked(port, "SELECT COUNT(*) FROM audit")[0][0]
    taken = told(manager, f"checkouts {SINCE}")
    rows = asked(port, "SELECT id, state FROM checkout WHERE out_at >= '2026-10-01'")
    assert {(one["id"], one["state"]) for one in taken["period"]} == set(rows)
    assert {one["id"] for one in taken["outstanding"]} == {id for id, state in rows if state == "out"}


def test_outcomes_minutes_and_trouble_reports_are_as_many_as_there_are(port: Terminal) -> None:
    chair = port.as_("a.vries")
    for words, more in (("Radar blind", "--caused-by CR-3"), ("Mail slow", ""), ("Gate stuck", "")):
        chair.does(f"event record '{words}' --item svc-mail {more}")
    chair.does("event record 'A mailbox' --request --outside --item svc-mail")
    chair.does("event withdraw EV-3 -m 'it was open'")
    chair.does("action add 'Look' --owner k.chen --origin event:EV-2")
    for moment in ("now", "2026-12-01T09:00Z"):
        chair.does(f"board meeting call --board change-board --at {moment}")
    chair.does("board meeting open MT-1")
    chair.does("board meeting attend m.jansen")
    port.now = "2026-11-22T23:52:00Z"
    ended = told(port, f"outcomes {SINCE}")
    rows = asked(port, "SELECT id, outcome, started, finished, window FROM change_request WHERE outcome <> ''"
                 " AND closed_at >= '2026-10-01' ORDER BY closed_at DESC")  # fmt: skip
    assert [(one["id"], one["outcome"]) for one in ended["ended"]] == [row[:2] for row in rows]
    assert len(rows) == 2
    windows = [(row[3], json.loads(row[4])["end"]) for row in rows if row[4] and row[4] != "null"]
    assert ended["timed"] == len(windows)
    assert ended["within_window"] == sum(finished <= end for finished, end in windows)
    [(outage,)] = asked(port, "SELECT outage FROM change_request WHERE id = 'CR-3'")
    assert {one["id"]: one["outage"] for one in ended["ended"]}["CR-3"] == outage
    trouble = told(port, f"troubles {SINCE}")
    incidents = "FROM event WHERE kind = 'incident' AND state <> 'withdrawn'"
    listed = asked(port, f"SELECT id, state, caused_by {incidents} ORDER BY reported DESC, id DESC")
    assert [(one["id"], one["state"], one["caused_by"]) for one in trouble["troubles"]] == listed
    assert (
        trouble["caused_by_change"] == asked(port, f"SELECT COUNT(*) {incidents} AND caused_by <> ''")[0][0]
    )
    assert trouble["fixed_by_action"] == 1
    chair.does("board meeting close MT-1 --carry-over")
    held = told(port, f"minutes {SINCE}")
    rows = asked(port, "SELECT id, attendance FROM meeting WHERE state = 'closed' AND opened_at IS NOT NULL")
    assert [one["id"] for one in held["meetings"]] == [row[0] for row in rows] == ["MT-1"]
    assert "m.jansen" in rows[0][1]
    assert "m.jansen" in json.dumps(held["meetings"][0])
