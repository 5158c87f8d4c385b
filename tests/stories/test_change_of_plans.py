"""Plans that change: a clone, a condition that blocks what the voter chose, work that takes longer."""

import json
from pathlib import Path

from tests.stories.terminal import Terminal


def missing(port: Terminal, id: str) -> list[str]:
    """Who still has to vote, those whose consent is asked first."""
    return json.loads(port.does(f"change show {id} --json"))["outcome"]["missing"]


def test_a_clone_a_condition_before_check_out_and_a_night_that_takes_longer(
    port: Terminal, tmp_path: Path
) -> None:
    said = port.as_("m.jansen").does("change clone CR-4")
    assert said.startswith("CR-6 is a draft like CR-4.")
    copy = json.loads(port.does("change show CR-6 --json"))
    first = json.loads(port.does("change show CR-4 --json"))
    assert (copy["originator"], copy["changes"], copy["window"]) == (
        "m.jansen",
        first["changes"],
        first["window"],
    )

    chair = port.as_("a.vries")
    chair.refused(
        "vote CR-4 conditions --condition-before closing --condition",
        "before check-out: two engineers",
        code=2,
        says="says itself that it blocks check-out",
    )
    said = chair.does(
        "vote CR-4 conditions --condition-before check-out --condition", "two engineers stand by"
    )
    assert "blocks check-out until it is met: before check-out: two engineers stand by" in said
    while json.loads(port.does("change show CR-4 --json"))["state"] == "under review":
        port.as_(missing(port, "CR-4")[0]).does("vote CR-4 approve")

    implementer = port.as_("r.bakker")
    implementer.refused("check-out CR-4", code=4, says="AI-1")
    implementer.does("action close AI-1 --evaluation enough --evidence", "k.chen stays until 02:00")
    folder = tmp_path / "work"
    assert "nothing in them is open" in implementer.does(f"check-out CR-4 --to {folder}")
    assert "Everything is written as it was approved" in (folder / "README.txt").read_text("utf-8")

    tonight = implementer.at("2026-11-22T23:40:00Z")
    tonight.refused("change extend CR-4 --until +2h", code=4, says="No start is recorded.")
    tonight.does("change start CR-4")
    tonight.refused("change extend CR-4 --until +5m", code=2, says="no later than the end it has")
    longer = json.loads(tonight.does("change extend CR-4 --until +4h --worst 3h --json"))
    assert (longer["end"], longer["worst"]) == ("2026-11-23T03:40:00Z", 3 * 3600)
    assert "k.chen" in longer["told"]
    assert "takes longer" in port.as_("k.chen").at("2026-11-22T23:45:00Z").does("inbox")
    says_that_it_takes_longer(port, tonight, first["window"])
    tonight.does("check-in CR-4 --apply")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]

    copying = port.as_("m.jansen").at("2026-11-22T23:50:00Z")
    copying.refused("change settle CR-6 sw-13 --field owner", code=2, says="item sw-13: firmware")
    said = copying.does("change settle CR-6 sw-13")
    assert "firmware was 22.2, is 22.4; the request still wants 22.4." in said
    copying.refused("change settle CR-6", code=2, says="Nothing moved under CR-6.")


def says_that_it_takes_longer(port: Terminal, tonight: Terminal, window: object) -> None:
    """The request stays as it was approved; who reads it, and customers, learn that it goes on."""
    shown = json.loads(port.does("change show CR-4 --json"))
    assert (shown["window"], shown["extended"]) == (
        window,
        {"until": "2026-11-23T03:40:00Z", "worst": 3 * 3600},
    )
    assert "extended     goes on until 2026-11-23 04:40 CET, down 3h at worst" in port.does(
        "change show CR-4"
    )
    [gate] = [
        one
        for one in tonight.types("change letters CR-4 --all --json").json
        if one["customer"] == "north-quay"
    ]
    assert gate["subject"].startswith("Takes longer 2026-11-23 00:30 to 04:40 CET")
    assert "takes longer, 2026-11-23 00:30 to 04:40 CET instead of until 02:30:" in gate["text"]


def test_a_change_that_went_wrong_is_backed_out_and_the_outage_counts(port: Terminal) -> None:
    mira = port.as_("m.jansen")
    for step in ("submit", "assess", "refer"):
        mira.does(f"change {step} CR-5")
    while json.loads(port.does("change show CR-5 --json"))["state"] == "under review":
        port.as_(missing(port, "CR-5")[0]).does("vote CR-5 approve")
    tonight = mira.at("2026-11-25T03:05:00Z")
    tonight.does("check-out CR-5")
    tonight.does("change start CR-5")
    tonight.does("check-in CR-5 --apply")
    said = tonight.does("change back-out CR-5")
    assert "CR-5 would put back what BL-000004 altered:" in said
    assert "~ app-mail  version: 3.9.4 -> 3.9.2" in said
    tonight.refused("change back-out CR-5 --apply", code=2, says="-m REASON")
    tonight.refused("change back-out CR-5 --apply -m", "queue lost mail", code=2, says="--outage")
    port.as_("k.chen").at("2026-11-25T03:05:00Z").refused(
        "change back-out CR-5 --outage 5m --apply -m", "mine", code=4, says="is for the implementer"
    )
    later = mira.at("2026-11-25T03:20:00Z")
    done = json.loads(later.does("change back-out CR-5 --outage 5m --apply --json -m", "queue lost mail"))
    assert (done["state"], done["baseline"]["id"]) == ("backed out", "BL-000005")
    found = json.loads(later.does("baseline compare BL-000003 BL-000005 --json"))
    assert not any(found[name] for name in ("added", "removed", "changed", "connected", "disconnected"))
    outage = json.loads(later.does("outage list app-mail --json"))[0]
    assert (outage["change"], outage["started"]) == ("CR-5", "2026-11-25T03:05:00Z")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]


def test_a_record_is_restored_from_an_older_baseline_by_a_request(port: Terminal) -> None:
    keeper = port.as_("e.dubois")
    said = keeper.does("baseline restore BL-000002 sw-11")
    assert "set item sw-11: " in said
    port.refused("baseline restore BL-000002 sw-1100", code=3, says="is not in BL-000002")
    port.refused("baseline restore BL-000002", code=2, says="--service")
    port.refused("baseline restore BL-000002 --record x sw-11", code=2, says="--record board:site")
    made = json.loads(keeper.does("baseline restore BL-000002 --all --apply --json"))
    assert (made["request"], made["state"]) == ("CR-6", "draft")
    drafted = json.loads(port.does("change show CR-6 --json"))
    found = json.loads(port.does("baseline compare BL-000003 BL-000002 --json"))
    proposed = {(one["id"], field["field"]) for one in drafted["changes"] for field in one["exact"]}
    own = [one for one in found["changed"] if not one["field"].startswith(("groups.", "dependencies."))]
    assert own
    assert {(one["id"], one["field"].removeprefix("characteristics.")) for one in own} <= proposed
    assert "as it was" in keeper.does("baseline restore BL-000003 sw-11")


def test_a_restored_record_is_what_the_baseline_held_once_its_request_is_checked_in(
    port: Terminal, tmp_path: Path
) -> None:
    keeper = port.as_("k.chen")
    assert "'cmdb change show CR-6 --as-file'" in keeper.types("baseline restore 1 sw-11 --apply").words
    keeper.refused("change edit CR-6", code=2, says="'cmdb change show CR-6 --as-file'")
    printed = keeper.does("change show CR-6 --as-file")
    file = tmp_path / "request.yaml"
    planned = "window: {start: 2026-11-23T00:00Z, end: 2026-11-23T02:00Z}\nbackout: swap again\ntest: ping\n"
    kept = [line for line in printed.splitlines() if not line.startswith(("backout:", "test:"))]
    file.write_text("\n".join(kept) + "\n" + planned, encoding="utf-8")
    keeper.does(f"change edit CR-6 --file {file}")
    for step in ("submit", "assess", "refer"):
        keeper.does(f"change {step} CR-6")
    while json.loads(port.does("change show CR-6 --json"))["state"] == "under review":
        port.as_(missing(port, "CR-6")[0]).does("vote CR-6 approve")
    working = keeper.at("2026-11-23T00:10:00Z")
    working.does("check-out CR-6")
    working.does("check-in CR-6 --apply")
    then, now = (
        working.types(f"item show sw-11 --baseline {one} --json").json["characteristics"]
        for one in ("1", "latest")
    )
    assert (then, now["model"]) == (now, "EX4600")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]
