"""An event plan estimates the workload; what came and what it took is held against it."""

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

from tests.stories.terminal import Terminal

PLAN = """
id: event-plan
kind: event plan
title: Handling events
owner: e.dubois
{more}
covers:
  activities: page 1
  schedule: page 2
  responsibilities: page 2
  resources: page 3
  workload of incidents: 40 a month at 1h30m
  workload of incidents, group network: 3 per week at 2h
  workload of service requests: 0.5 a day
"""


def planned(port: Terminal, folder: Path, more: str = "") -> Terminal:
    (folder / "plan.yaml").write_text(PLAN.format(more=more))
    manager = port.as_("e.dubois")
    manager.does(f"document register {folder / 'plan.yaml'}")
    return manager


def test_events_that_came_and_the_work_they_took_stand_against_the_estimate(
    port: Terminal, tmp_path: Path
) -> None:
    me = planned(port, tmp_path)
    for words, item, on in (
        ("Mail slow", "svc-mail", "2026-10-05T08:00Z"),
        ("No link", "sw-31", "2026-10-06T08:00Z"),
        ("No link again", "sw-31", "2026-11-02T08:00Z"),
        ("Withdrawn", "sw-31", "2026-11-03T08:00Z"),
    ):
        me.does(f"event record '{words}' --item {item} --at {on} --reported {on}")
    me.does("event record 'A mailbox' --request --outside --item svc-mail")
    me.does("event withdraw EV-4 -m 'it was open'")
    me.does("action add 'Replace the cable' --owner k.chen --origin event:EV-2")
    for record, spent in (
        ("event:EV-1", "1h"),
        ("event:EV-2", "45m"),
        ("action:AI-1", "30m"),
        ("event:EV-4", "9h"),
    ):
        me.does(f"work log {record} {spent}")
    found = json.loads(me.does("report workload --since 2026-10-01 --until 2026-11-16 --format json"))
    by = {(one["kind"], one["group"]): one for one in found["estimates"]}
    with sqlite3.connect(port.site / "cmdb.db") as db:
        asked = (
            "SELECT COUNT(*) FROM event WHERE kind = 'incident' AND state <> 'withdrawn'"
            " AND reported >= '2026-09-30T22:00:00Z' AND reported < '2026-11-15T23:00:00Z'"
        )
        [(incidents,)] = db.execute(asked)
        [(of_group,)] = db.execute(
            f"{asked} AND id IN (SELECT event FROM event_item WHERE item IN (SELECT id FROM item WHERE grp ="
            " 'network'))"
        )
    whole, team = by["incident", None], by["incident", "network"]
    assert (whole["came"], team["came"]) == (incidents, of_group) == (3, 2)
    # October whole (a day of 25 hours in it), and 15 of the 30 days of November.
    assert [Decimal(one["expected"]) for one in whole["shares"]] == [40, 20]
    assert whole["work_planned"] == 60 * 5400
    assert (whole["work"], whole["worked"]) == (3600 + 2700 + 1800, 2)
    assert (team["work"], team["worked"]) == (4500, 1)
    assert by["service request", None]["came"] == 0, "reported after the period"
    assert Decimal(by["service request", None]["expected"]) == 23
    for form in ("text", "md", "html", "csv"):
        assert "event-plan" in me.does(f"report workload --format {form}"), form
    assert "begin 2026-10-0" in me.does("report workload --since 2026-01-01")
    assert "begin 2026" not in me.does("report workload --since 2026-10-20")
    assert "incidents, group network" in me.does("document show event-plan")
    assert "workload" in me.does("document check event-plan")
    assert "ABSENT" not in me.does("document check event-plan")


def test_events_of_what_a_service_needs_are_those_of_its_plan(port: Terminal, tmp_path: Path) -> None:
    me = planned(port, tmp_path, "services: [svc-mail]")
    for item in ("svc-mail", "app-mail", "radar-1"):
        me.does(f"event record 'Out of order' --item {item}")
    found = json.loads(me.does("report workload --document event-plan --format json"))
    assert {one["kind"]: one["came"] for one in found["estimates"] if not one["group"]}["incident"] == 2


def test_what_cannot_be_read_as_an_estimate_is_refused_with_how_it_is_written(
    port: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN.format(more="").replace("40 a month at 1h30m", "many"))
    port.as_("e.dubois").refused(
        f"document register {tmp_path / 'plan.yaml'}", code=2, says="12 a month at 3h"
    )
    assert "No plan for events states an estimate" in port.as_("e.dubois").does("report workload")
    port.as_("e.dubois").refused("report workload --document nothing", code=3, says="nothing")
    port.as_("e.dubois").refused(
        "report workload --since 2026-11-01 --until 2026-10-01", code=2, says="ends before it starts"
    )
