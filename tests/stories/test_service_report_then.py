"""A service report of a moment says what the same report said at that moment, whatever was told since."""

import json
from typing import Any

from tests.stories.terminal import Terminal

THEN = "2026-11-23T09:00:00Z"
ABOUT = "sla-north-quay"


def told(port: Terminal, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        port.does(f"report service {ABOUT} --since 2026-10-01 --format json", *more)
    )
    for name in ("as_of", "not_recorded", "ahead"):
        found.pop(name, None)
    return found


def evening(desk: Terminal) -> str:
    desk.does("outage record svc-mail --from '2026-11-22 10:00' --until '2026-11-22 10:30'")
    desk.does("outage record app-mail --from '2026-11-22 12:00'")
    [running] = [one for one in desk.types("outage list --json").json if one["ended"] is None]
    about = f"{ABOUT} --kind 'unmet condition' --named announced"
    desk.does(f"claim raise {about} --from '2026-11-22 10:00' --until '2026-11-22 10:20' --evidence none")
    return str(running["id"])


def morning_after(port: Terminal, running: str) -> None:
    desk = port.as_("a.vries")
    desk.does(f"outage ended {running} '2026-11-22 13:00'")
    [wrong] = [
        one
        for one in desk.types("outage list --json").json
        if one["subject"] == "svc-mail" and one["started"].startswith("2026-11-22T09:00")
    ]
    desk.does(f"outage correct {wrong['id']} --until '2026-11-22 10:05'")
    desk.does("outage record svc-mail --from '2026-11-20 10:00' --until '2026-11-20 11:00'")
    desk.does("claim accept claim-0001 --by 'P. de Wit'")


def test_a_service_report_of_the_past_says_what_it_said_then(port: Terminal) -> None:
    port.now = THEN
    desk = port.as_("a.vries")
    running = evening(desk)
    before = told(desk)
    assert any(one["ended"] is None for found in before["outages"].values() for one in found)
    port.now = "2026-11-24T09:00:00Z"
    morning_after(port, running)
    later = port.as_("a.vries")
    assert told(later) != before
    then = told(later, f"--as-of={THEN}")
    assert then | {"made_at": before["made_at"]} == before
    raw = json.loads(later.does(f"report service {ABOUT} --as-of={THEN} --format json"))
    assert raw["ahead"] is None
    assert raw["not_recorded"] == [{"id": ABOUT, "fields": ["work_ahead"]}]
    for form in ("text", "md", "html", "csv"):
        said = later.does(f"report service {ABOUT} --as-of={THEN} --format {form}")
        assert "mail" in said, form
    assert "work ahead" in later.does(f"report service {ABOUT} --as-of={THEN}")
    later.refused(f"report service {ABOUT} --as-of 2027-01-01", code=2, says="lies ahead")
