"""The history of an item is one line of time, whichever records tell of what happened to it."""

import json

EVENTS = (
    "reference,description,reported,items,reporter,state,resolved,closed\n"
    "INC-7,Slow at noon,2026-11-21T11:00:00Z,sw-13,Ann,closed,2026-11-21T12:00:00Z,2026-11-21T13:00:00Z\n"
)


def history(port, id: str) -> list[dict]:
    return port.types(f"item history {id} --json").json


def test_the_baseline_that_brought_an_item_in_with_all_others_is_told(port):
    (brought,) = [one for one in history(port, "sw-13") if one["kind"] == "baseline"]
    assert (brought["subjects"], brought["request"]) == (["BL-000001"], "CR-1")
    told = [one["changed"]["baseline"] for one in history(port, "sw-11") if "baseline" in one["changed"]]
    assert told == ["BL-000003", "BL-000001"]  # the newer one by its check-in, and not once more
    assert [one["subjects"] for one in history(port, "person:k.chen") if one["kind"] == "baseline"] == [
        ["BL-000001"]
    ]


def test_imported_events_findings_and_events_recorded_here_stand_in_their_place(port):
    me = port.as_("e.dubois")
    (port.site / "log.csv").write_text(EVENTS, "utf-8")
    me.does(f"import {port.site}/log.csv --as-kind events --apply")
    me.as_("a.vries").does("event record 'Noisy fan' --item sw-13 --at 2026-11-22T20:00:00Z")
    found = history(port, "sw-13")
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    of_events = [one["action"] for one in found if "event" in one["action"]]
    assert sorted(of_events) == [
        "event close",
        "event record",
        "event record",
        "event resolve",
        "import events",
    ]
    said = port.does("item history sw-13")
    assert said.index("event close") < said.index("event resolve")
    assert len(json.loads(port.types("item history sw-13 --limit 3 --json").out)) == 3


def test_an_audit_held_of_the_item_alone_is_told_and_one_that_is_planned_is_not(port):
    auditor = port.as_("e.dubois")
    for _ in range(2):
        auditor.does("audit plan completeness --auditor e.dubois --scope service:svc-mail --due 2026-12-01")
    auditor.does("audit run AUD-1")
    [held] = [one for one in history(port, "svc-mail") if one["kind"] == "audit"]
    assert (held["subjects"], held["action"], held["actor"]) == (
        ["audit:AUD-1"],
        "completeness audit",
        "e.dubois",
    )
    assert held["changed"]["scope"] == "service:svc-mail"
    assert not [one for one in history(port, "sw-13") if one["kind"] == "audit"]


def test_a_record_nobody_knows_is_refused_and_a_long_entry_is_cut_for_people(port):
    port.refused("item history nothing", code=3, says="There is no item 'nothing'")
    assert max(map(len, port.does("item history svc-mail").splitlines())) < 400
