"""A report of how things stood says what the same report said at that moment, whatever happened since."""

import json
import re
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from cmdb.model import LEVELS
from tests.stories.terminal import Terminal

REPORTS = ("actions", "events", "troubles", "changes", "baselines", "checkouts", "audits", "milestones")
THEN = "2026-11-23T09:00:00Z"
SINCE = "--since 2026-10-01"
PLAN = "id: plan-1\nkind: CM plan\ntitle: CM plan\nowner: e.dubois\n"


def told(port: Terminal, report: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(port.does(f"report {report} {SINCE} --format json", *more))
    for name in ("made_at", "made", "as_of"):
        found.pop(name, None)
    return found


def evening(port: Terminal, tmp_path: Path) -> None:
    """What happens before the moment: something of everything, in different states."""
    (tmp_path / "plan.yaml").write_text(PLAN)
    office, desk = port.as_("e.dubois"), port.as_("a.vries")
    office.does(f"document register {tmp_path / 'plan.yaml'}")
    for number, day in enumerate(("2026-11-22", "2026-11-30", "2026-12-20"), start=1):
        office.does(f"milestone add plan-1 Part{number} --planned {day} --owner e.dubois --effort 8h")
    office.does("work log milestone:MS-1 2h --on 2026-11-22")
    for number, words in enumerate(("Mail is slow", "Radar flickers", "A door sticks"), start=1):
        desk.does(f"event record '{words}' --item svc-mail")
        for act in ("analyse", "confirm", "start")[: number - 1]:
            desk.does(f"event {act} EV-{number}")
    desk.does("event start EV-3")
    desk.does("action add 'Oil it' --owner m.jansen --origin event:EV-3 --due 2026-11-30")
    desk.does("action review AI-1")
    desk.does("action add 'Sweep' --owner k.chen --due 2026-11-23")
    office.does('audit plan "library system" --auditor k.chen --due 2026-12-01')
    port.as_("k.chen").does("audit run AUD-1")


def morning_after(port: Terminal) -> None:
    """What happens after it: everything moves on."""
    office, desk = port.as_("e.dubois"), port.as_("a.vries")
    desk.does("action approve AI-1")
    desk.does("action amend AI-1 --owner k.chen --due 2026-12-24 --what 'Grease it'")
    desk.does("action close AI-1 --evidence photo --evaluation quiet")
    desk.does("action decline AI-2 -m 'nobody cares'")
    desk.does("event resolve EV-3 -m oiled")
    desk.does("event close EV-3")
    desk.does("event amend EV-1 --description 'Mail is very slow' --priority high --item app-mail")
    desk.does("event withdraw EV-1 -m 'it was the weather'")
    desk.does("event confirm EV-2 --priority critical")
    desk.does("event record 'Another' --item svc-mail")
    port.as_("k.chen").does("finding assign FND-1 --to m.jansen --due 2026-12-01")
    port.as_("m.jansen").does("change submit CR-5")
    port.as_("m.jansen").does("change assess CR-5")
    port.as_("r.bakker").does("change withdraw CR-4 -m 'next year'")
    office.does("milestone reach MS-1 --on 2026-11-24 --evidence seen")
    office.does("milestone amend MS-2 --planned 2026-12-24 --owner k.chen -m 'no staff'")
    office.does("milestone drop MS-3 -m 'not any more'")
    office.does("milestone add plan-1 Late --planned 2026-12-30 --owner e.dubois")


def test_every_report_says_again_what_it_said_then(port: Terminal, tmp_path: Path) -> None:
    evening(port, tmp_path)
    port.now = THEN
    before = {report: told(port.as_("a.vries"), report) for report in REPORTS}
    port.now = "2026-11-24T07:00:00Z"
    morning_after(port)
    port.now = "2026-11-24T08:00:00Z"
    for report in REPORTS:
        again, now = told(port.as_("a.vries"), report, "--as-of", THEN), told(port.as_("a.vries"), report)
        lost = {one["id"]: one["fields"] for one in again.pop("not_recorded")}
        assert now != before[report] or report in ("baselines", "checkouts")
        if report in ("events", "troubles"):  # no entry says with what priority an event was recorded
            assert lost == {"EV-2": ["priority"]}
            rows = again["events" if report == "events" else "troubles"]
            [one] = [one for one in rows if one["id"] == "EV-2"]
            assert one["priority"] is None
            one["priority"] = "normal"
            groups = {one["group"]: one["reported"] for one in again.pop("by_priority", ())}
            assert not groups or groups == {"high": 1, "normal": 1, "not recorded": 1}
            before[report].pop("by_priority", None)
        elif report == "milestones":
            assert lost == {}
        elif report == "baselines":  # no library holds candidates
            assert again["levels"].pop("draft") is None
            before[report]["levels"].pop("draft")
        elif report == "actions":
            assert lost == {}
        assert again == before[report], report
    said = port.as_("a.vries").does(f"report events {SINCE} --as-of {THEN}")
    assert "as of" in said
    assert "What nothing says of then" in said
    port.as_("a.vries").refused("report events --as-of 2026-12-24", code=2, says="lies ahead")


def test_outcomes_and_trends_say_again_what_was_recorded_then(port: Terminal) -> None:
    desk = port.as_("a.vries")
    desk.does("event record 'Gate is slow' --item svc-gate-yard --at '2026-11-22 08:00'")
    desk.does("event link EV-1 --caused-by CR-3")
    desk.does("outage record sw-31 --from '2026-11-22 09:00' --change CR-3")
    desk.now = THEN

    def outcomes(*more: str) -> Any:
        return told(desk, "outcomes", *more)

    def trends(*more: str) -> Any:
        found = json.loads(desk.does("report trends --per month --json", *more))
        return [(one["name"], one["bars"]) for one in found["trends"]]

    before = outcomes(), trends()
    [three] = [one for one in before[0]["ended"] if one["id"] == "CR-3"]
    assert {"svc-gate-yard", "sw-31"} <= {hit["item"] for hit in three["hit"]}
    desk.now = "2026-11-24T07:00:00Z"
    desk.does("event withdraw EV-1 -m mistaken")
    desk.does("event record 'Mail is slow' --item svc-mail --caused-by CR-3")
    desk.does("event record 'Radar flickers' --item svc-mail")
    desk.does("outage ended sw-31 '2026-11-24 07:30'")
    desk.does("outage record app-mail --from '2026-11-24 07:00' --until '2026-11-24 07:30' --change CR-3")
    assert outcomes() != before[0]
    assert trends() != before[1]
    again = outcomes("--as-of", THEN)
    assert again.pop("not_recorded") == []
    assert again == before[0]
    assert trends("--as-of", THEN) == before[1]
    assert re.search(
        "^as of +2026-11-23 10:00 CET$", desk.does(f"report trends --as-of {THEN}"), re.MULTILINE
    )
    desk.refused("report trends --as-of 2027-01-01", code=2, says="lies ahead")


def test_what_was_checked_out_and_in_force_is_what_the_rows_of_then_say(port: Terminal) -> None:
    taken = json.loads(port.does("report checkouts --format json"))["period"]
    [one] = [one for one in taken if one["request"] == "CR-3"]
    found = told(port, "checkouts", "--as-of", one["out_at"])
    assert [(out["id"], out["state"], out["ended_at"]) for out in found["outstanding"]] == [
        (one["id"], "out", None)
    ]
    assert told(port, "checkouts", "--as-of", one["ended_at"])["outstanding"] == []
    changes = told(port, "changes", "--as-of", one["out_at"])
    [state] = [row["state"] for row in changes["requests"] if row["id"] == "CR-3"]
    assert state == "checked out"
    with sqlite3.connect(port.site / "cmdb.db") as db:
        baselines = db.execute(
            "SELECT max(id), established_at FROM baseline GROUP BY established_at"
        ).fetchall()
    assert len(baselines) == 2
    for id, at in baselines:
        found = told(port, "baselines", "--as-of", at)
        assert found["in_force"]["id"] == id
        git = ["git", "-C", str(port.site / "library.git"), "grep", "-h", "level", id, "--", "items"]
        held = subprocess.run(git, capture_output=True, text=True, check=True).stdout.splitlines()
        said = Counter(next(level for level in LEVELS if f'"{level}"' in line) for line in held)
        assert {level: n for level, n in found["levels"].items() if n} == said
    assert told(port, "baselines", "--as-of", "2026-11-19")["in_force"] is None
