"""When would be better, and what must not be done at the same time: an engineer plans work."""

from pathlib import Path

from tests.stories.terminal import Terminal

RADAR = """
title: Overhaul {item}
kind: normal
reason: yearly service
implementer: t.ruiz
window: {{start: 2026-11-25T{start}Z, end: 2026-11-25T{end}Z}}
down: {{items: [{item}], expected: 1h, worst: 2h}}
changes:
  - {{item: {item}, set: {{serial: X1}}}}
backout: none needed
test: the picture is back
"""


def ask_for(port: Terminal, folder: Path, item: str, start: str, end: str) -> str:
    """Have t.ruiz raise and submit a request that takes an item down; give its number."""
    file = folder / f"{item}.yaml"
    file.write_text(RADAR.format(item=item, start=start, end=end))
    engineer = port.as_("t.ruiz")
    id = engineer.types(f"change new --file {file} --json").json["id"]
    engineer.does(f"change submit {id}")
    return str(id)


def approve(port: Terminal, request: str) -> None:
    port.as_("t.ruiz").does(f"change assess {request}")
    port.as_("t.ruiz").does(f"change refer {request}")
    for _turn in range(9):
        card = port.types(f"change show {request} --json").json
        if card["state"] != "under review":
            return
        port.as_(card["outcome"]["missing"][0]).does(f"vote {request} approve")


def test_two_radars_must_not_be_overhauled_at_once_and_a_better_moment_keeps_them_apart(
    port: Terminal, tmp_path: Path
) -> None:
    port = port.at("2026-11-23T06:00:00Z")
    first = ask_for(port, tmp_path, "radar-1", "08:00:00", "11:00:00")
    second = ask_for(port, tmp_path, "radar-2", "09:30:00", "12:00:00")
    said = port.does("calendar --clashes")
    assert f"{first} and {second} together, 2026-11-25 10:30 to 12:00 CET  (not all of them decided)" in said
    assert "× OUTAGE   svc-vessel-traffic  Vessel traffic service" in said
    assert (
        f"app-radar-fusion needs 3 of 4 in 'radars' and loses radar-1 ({first}), radar-2 ({second})" in said
    )
    [joint] = port.types("calendar --clashes --json").json["joint_outages"]
    assert joint["changes"] == [first, second]
    assert joint["start"] == "2026-11-25T09:30:00Z"
    assert joint["items"][0]["because"] == ["svc-vessel-traffic", "app-vts-display", "app-radar-fusion"]
    assert joint["groups"][0]["taken"][0] == {"id": "radar-1", "by": [first]}

    approve(port, first)
    found = port.types(f"better-moment --change {second} --days 4 --json").json
    whys = [one["why"] for one in found["bars"]]
    assert any(one.startswith(f"together with {first}: svc-vessel-traffic") for one in whys)
    assert found["asked"]["bars"]
    for one in found["moments"]:
        assert not (one["start"] < "2026-11-25T11:00:00Z" and one["end"] > "2026-11-25T08:00:00Z")
    assert f"t.ruiz carries out {first}" in port.does(f"better-moment --change {second} --days 4")


def test_a_better_moment_lies_in_the_agreed_windows_and_says_against_what(port: Terminal) -> None:
    found = port.types("better-moment app-gate-os --for 38m --worst 1h30m --days 10 --json").json
    assert found["asked"]["breaks"]
    assert "sla-north-quay asks for 48 h notice" in found["asked"]["bars"]
    best = found["moments"][0]
    assert (best["start"], best["breaks"], best["inside"]) == (
        "2026-11-29T01:00:00Z",
        False,
        ["sla-north-quay"],
    )
    # Exempt as planned; the time is no longer counted, so the allowance shrinks by a thousandth of it.
    assert best["agreements"][0]["taken_worst_s"] == 6
    assert found["moments"][1]["breaks"]
    said = port.does("better-moment app-gate-os --for 38m --worst 1h30m --days 10 --limit 1")
    assert "2026-11-29 02:00 CET" in said
    assert "inside the agreed windows of sla-north-quay" in said


def test_of_work_nobody_was_promised_anything_about_what_it_hits_is_said(port: Terminal) -> None:
    said = port.does("better-moment svc-identity --for 38m --limit 1")
    assert "It hits svc-identity all the same; no promise in force counts that." in said
    assert "all the same" not in port.does("better-moment app-gate-os --for 38m --limit 1")


def test_pairs_that_take_a_service_down_are_grouped_by_likeness(port: Terminal) -> None:
    found = port.types("spof svc-vessel-traffic --pairs --json").json
    assert {"any_of": ["radar-1"], "with_any_of": ["radar-2"], "pairs": 1} in found["pairs"]
    assert found["total"] == sum(one["pairs"] for one in found["pairs"])
    for one in found["pairs"][:3]:
        first, second = one["any_of"][0], one["with_any_of"][0]
        hit = port.types(f"impact {first} {second} --json").json["services"]
        assert {"svc-vessel-traffic": "outage"}.items() <= {
            each["id"]: each["effect"] for each in hit
        }.items()
    said = port.does("spof svc-vessel-traffic --pairs")
    assert "radar-1" in said
    port.refused("spof nobody --pairs", code=3, says="nobody")


def test_the_moment_asked_for_is_judged_even_where_it_lies_beyond_the_days_looked_at(
    port: Terminal, tmp_path: Path
) -> None:
    port = port.at("2026-11-23T06:00:00Z")
    gate = RADAR.replace("2026-11-25", "2026-12-09").replace("items: [{item}]", "items: [app-gate-os]")
    file = tmp_path / "gate.yaml"
    file.write_text(gate.format(item="radar-1", start="10:00:00", end="12:00:00"))
    id = port.as_("t.ruiz").types(f"change new --file {file} --json").json["id"]
    asked = port.types(f"better-moment --change {id} --days 2 --json").json["asked"]
    assert asked["start"] == "2026-12-09T10:00:00Z"
    assert asked["breaks"]
    assert asked["agreements"][0]["taken_worst_s"] == 7200


def test_where_no_moment_is_possible_it_says_what_is_in_the_way(port: Terminal) -> None:
    said = port.does("better-moment app-gate-os --for 1h --days 1")
    assert "No start in the next 1 day is possible: sla-north-quay asks for 48 h notice" in said
    assert port.types("better-moment app-gate-os --for 1h --days 1 --json").json["none_because"]


def test_what_is_missing_or_does_not_go_together_is_refused_with_what_to_type(port: Terminal) -> None:
    port.refused("better-moment app-mail", code=2, says="How long it takes is missing.")
    port.refused("better-moment", code=2, says="What is to be done is not clear.")
    port.refused("better-moment app-mail --change CR-4", code=2, says="What is to be done is not clear.")
    port.refused("better-moment app-mail --for 2h --worst 1h", code=2, says="The worst duration is less")
    port.refused("better-moment app-mail --for 0m", code=2, says="takes no time")
    port.refused("better-moment nobody --for 2h", code=3, says="nobody")


def test_undecided_work_is_said_and_bars_nothing_and_a_decided_request_is_refused(
    port: Terminal, tmp_path: Path
) -> None:
    port = port.at("2026-11-23T06:00:00Z")
    first = ask_for(port, tmp_path, "radar-1", "08:00:00", "11:00:00")
    second = ask_for(port, tmp_path, "radar-2", "09:30:00", "12:00:00")
    found = port.types(f"better-moment --change {second} --days 4 --json").json
    assert found["asked"]["bars"] == []
    [maybe] = found["asked"]["tentative"]
    assert maybe.startswith(f"together with {first}: svc-vessel-traffic")
    assert f"if approved as asked for: {maybe}" in found["asked"]["reason"]
    said = port.does(f"change show {first}")
    assert f"{first} + {second}, 2026-11-25 10:30 to 12:00 CET: DOWN: svc-vessel-traffic" in said
    assert "if all are approved" in said
    approve(port, first)
    refused = port.refused(f"better-moment --change {first}", code=4, says=f"{first} is approved")
    assert f"'cmdb change edit {first}'" in refused.err
    port.refused("better-moment --change CR-2", code=4, says="CR-2 is checked in: there is nothing left")


def test_a_night_that_comes_back_bars_and_a_window_that_comes_back_ranks(port: Terminal) -> None:
    manager = port.as_("a.vries")
    manager.does("freeze add Nights --every FREQ=DAILY --at 20:00 --for 12h --below svc-mail")
    manager.does("window add Noon --every 'FREQ=WEEKLY;BYDAY=WE' --at 12:00 --for 2h --type application")
    found = port.types("better-moment app-mail --for 30m --days 4 --json").json
    best = found["moments"][0]
    assert best["start"][:16] in ("2026-11-25T11:00", "2026-11-25T11:30", "2026-11-25T12:00")
    assert [one for one in best["inside"] if one.startswith("window-")]
    assert all("07:00" <= one["start"][11:16] < "19:00" for one in found["moments"])
    listed = port.does("freeze list")
    assert listed.count("Nights") == 1
    assert "every day 20:00 +12h, Europe/Amsterdam" in listed
    manager.refused(
        "freeze add Again --every FREQ=DAILY --at 20:00 --for 12h --below svc-mail",
        code=4,
        says="The calendar has it already",
    )
