"""A tired engineer at night: what is down and what it cost, what waits, what is planned, what is done."""

import re
from datetime import UTC, datetime
from pathlib import Path

import icalendar
import pytest

from tests.stories.terminal import Terminal


def approve(port: Terminal, change: str) -> None:
    """Let everybody who is asked approve a request."""
    for _ in range(9):
        shown = port.does(f"change show {change} --json")
        card = port.types(f"change show {change} --json").json
        if card["state"] != "under review":
            return
        waits = card["outcome"]["missing"]
        port.as_(waits[0]).does(f"vote {change} approve")
    raise AssertionError(shown)


def test_what_is_down_is_recorded_in_four_words_and_says_what_it_costs(port: Terminal) -> None:
    on_call = port.as_("r.bakker")
    said = on_call.does("outage began app-gate-os")
    assert "out-0010: outage of app-gate-os since 2026-11-22 23:52 CET." in said
    assert "takes with it: svc-gate-yard" in said
    assert "north-quay svc-gate-yard:" in said
    assert "still counting" in said
    assert "running" in on_call.does("outage list --running")

    later = on_call.at("2026-11-22T23:10:00Z")
    ended = later.types("outage ended app-gate-os 00:04 --json").json
    assert ended["ended"] == "2026-11-22T23:04:00Z"
    [promise] = [one for one in ended["agreements"] if one["service"] == "svc-gate-yard"]
    left = [
        one["left_s"]
        for one in later.types("agreement show sla-north-quay --json").json["standings"]
        if one["service"] == "svc-gate-yard"
    ]
    assert promise["left_s"] in left
    assert not promise["running"]
    later.refused("outage ended app-gate-os", code=3, says="No outage of 'app-gate-os' is running.")


def test_a_time_of_day_that_lies_ahead_was_yesterdays(port: Terminal) -> None:
    after_midnight = port.as_("r.bakker").at("2026-11-22T23:10:00Z")
    said = after_midnight.types("outage began app-mail 23:50 --json").json
    assert said["started"] == "2026-11-22T22:50:00Z"
    better = after_midnight.types(f"outage correct {said['id']} --from 23:40 -m 'seen earlier' --json").json
    assert (better["started"], better["replaces"]) == ("2026-11-22T22:40:00Z", said["id"])
    kept = after_midnight.types("outage list app-mail --corrected --json").json
    assert {said["id"], better["id"]} <= {one["id"] for one in kept}


def test_two_that_run_on_one_item_have_to_be_told_apart(port: Terminal) -> None:
    on_call = port.as_("r.bakker")
    on_call.does("outage began app-mail 23:40 --effect degraded")
    on_call.does("outage began app-mail")
    answer = on_call.refused("outage ended app-mail", code=2, says="2 outages of app-mail are running.")
    assert "out-0010: degraded since 2026-11-22 23:40 CET" in answer.err


def test_a_request_to_vote_leaves_the_inbox_with_the_vote(port: Terminal) -> None:
    chair = port.as_("a.vries")
    told = chair.types("inbox --json").json
    asked = [one for one in told["notices"] if "CR-4" in one["text"]]
    assert asked
    assert asked[0]["settled"] == ""
    chair.does("vote CR-4 approve")
    after = chair.types("inbox --json").json
    assert [one for one in after["notices"] if "Your vote is asked on CR-4" in one["text"]] == []
    every = chair.types("inbox --all --json").json["notices"]
    [settled] = [one for one in every if "Your vote is asked on CR-4" in one["text"]]
    assert settled["settled"] == "nothing is asked of you any more"
    assert settled["read_at"] is None
    approve(port, "CR-4")
    every = chair.types("inbox --all --json").json["notices"]
    [settled] = [one for one in every if "Your vote is asked on CR-4" in one["text"]]
    assert settled["settled"] == "CR-4 is approved"


def test_notices_are_marked_as_read_one_by_one_or_all(port: Terminal) -> None:
    port.does("--as e.dubois action add 'Count the spares' --owner m.jansen")
    port.does("--as e.dubois action add 'Label the racks' --owner m.jansen")
    mine = port.as_("m.jansen")
    before = mine.types("inbox --json").json["notices"]
    first = before[0]["sequence"]
    assert "1 marked as read." in mine.types(f"inbox {first} --read").err
    assert first not in [one["sequence"] for one in mine.types("inbox --json").json["notices"]]
    assert "marked as read." in mine.types("inbox --read").err
    assert mine.types("inbox --json").json["notices"] == []


def test_an_action_item_goes_through_every_state_by_a_word_each(port: Terminal) -> None:
    lead, doer = port.as_("e.dubois"), port.as_("m.jansen")
    lead.does("action add 'Count the spares' --owner m.jansen --reviewer k.chen --due 'tomorrow 09:00'")
    id = lead.types("action list --owner m.jansen --json").json[0]["id"]
    lead.refused(f"action approve {id}", code=4, says="cannot become approved")
    port.as_("k.chen").does(f"action review {id}")
    lead.does(f"action approve {id}")
    doer.does(f"action start {id}")
    assert id in doer.does("action list --mine")
    late = doer.at("2026-11-24T09:00:00Z")
    assert "OVERDUE" in late.does("action list --overdue")
    late.does(f"action done {id} --evidence 'counted, 14'")
    closing = f"action close {id} --evidence 'list in the cage' --evaluation 'two were missing'"
    late.refused(closing, code=4, says="k.chen reviews it")
    port.as_("k.chen").at(late.now).does(closing)
    assert late.does("action list --mine") == ""
    lead.does("action add 'Buy a boat' --owner m.jansen")
    other = lead.types("action list --owner m.jansen --json").json[0]["id"]
    lead.refused(f"action decline {other}", code=2, says="reason")
    lead.does(f"action decline {other} -m 'No water here.'")


def test_the_answer_for_a_window_says_what_comes_only_with_a_scheduled_change(port: Terminal) -> None:
    engineer = port.as_("k.chen")
    said = engineer.does("impact sw-11 --at 'tomorrow 00:30 2h'")
    assert "If sw-11 is down, 2026-11-23 00:30 to 02:30 CET: ■ reduced redundancy" in said
    assert "not decided yet, in the same window" in said
    assert "CR-4" in said
    approve(port, "CR-4")
    said = engineer.does("impact sw-11 --at 'tomorrow 00:30 2h'")
    assert "× outage" in said.splitlines()[0]
    answer = engineer.types("impact sw-11 --at 2026-11-22T23:00:00Z --for 2h --json").json
    [mail] = [one for one in answer["items"] if one["id"] == "svc-mail"]
    assert mail["when"] == [
        {
            "start": "2026-11-22T23:30:00Z",
            "end": "2026-11-23T01:00:00Z",
            "effect": "outage",
            "because_of": ["CR-4"],
        }
    ]
    assert (answer["own_effect"], answer["not_computed"]) == ("outage", [])
    # CR-4 is down for 10 minutes of its window, at worst for 25: so long both may be down together.
    [radar] = [one for one in answer["agreements"] if one["service"] == "svc-vessel-traffic"]
    assert (radar["planned_expected_s"], radar["planned_worst_s"]) == (600, 1500)
    # From the moment the change is over nothing of it is left.
    after = engineer.types("impact sw-11 --at 2026-11-23T02:00:00Z --for 2h --json").json
    assert after["effect"] == "reduced redundancy"


def test_the_calendar_marks_what_must_not_be_done_together_and_goes_into_others(port: Terminal) -> None:
    said = port.as_("a.vries").does("calendar")
    assert "Monday 23 November 2026, CET" in said
    assert "00:30 +2h" in said
    assert "asked for" in said
    port.as_("a.vries").does(
        "freeze add 'Holiday peak' --from '24 Dec 12:00' --for 3d --service svc-gate-yard"
    )
    text = port.as_("a.vries").does("calendar --days 60 --ical")
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    found = {str(one["UID"]).partition("@")[0]: one for one in events}
    assert found["CR-4"]["DTSTART"].dt == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert str(found["CR-4"]["STATUS"]) == "TENTATIVE"
    [freeze] = [one for one in found.values() if str(one["SUMMARY"]).startswith("Freeze: Holiday peak")]
    assert freeze["DTEND"].dt == datetime(2026, 12, 27, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "item history sw-11",
        "item show sw-11",
        "change show CR-3",
        "change list",
        "agreement show sla-north-quay",
        "outage list",
        "baseline list",
        "inbox --all",
        "calendar",
        "role list",
        "action list --all",
    ],
)
def test_people_never_read_utc_where_the_site_has_a_zone(port: Terminal, line: str) -> None:
    said = port.as_("a.vries").types(line).words
    assert said
    assert not re.search(r"\d{4}-\d{2}-\d{2}T[\d:]{8}Z", said), said


def test_a_notice_named_by_its_number_is_shown_alone_also_once_it_is_read(port: Terminal) -> None:
    chair = port.as_("a.vries")
    every = chair.types("inbox --all --json").json["notices"]
    number = every[-1]["sequence"]
    [line] = chair.does(f"inbox {number}").splitlines()
    assert line.startswith("notice")
    assert f" {number} " in line
    chair.does(f"inbox {number} --read")
    assert [one["sequence"] for one in chair.types(f"inbox {number} --json").json["notices"]] == [number]
    chair.refused("inbox 9999", code=3, says="There is no notice 9999 for you.")


def test_an_outage_is_not_begun_twice_and_times_are_those_of_the_site(port: Terminal, tmp_path: Path) -> None:
    engineer = port.as_("k.chen")
    engineer.does("outage began svc-mail 21:00")
    again = engineer.refused("outage began svc-mail", code=4, says="svc-mail is already out since")
    assert "2026-11-22 21:00 CET: out-" in again.err
    assert "'cmdb outage ended out-" in again.err
    engineer.refused(
        "outage record sw-11 --from 21:30 --until 21:10",
        code=2,
        says="ends at 2026-11-22 21:10 CET, which is not after its start 2026-11-22 21:30 CET",
    )
    file = tmp_path / "seen.csv"
    file.write_text("subject,started,ended,change\nsw-11,2026-11-20T10:00Z,2026-11-20T11:00Z,CR-99\n")
    engineer.refused(f"outage import {file}", code=2, says="There is no change request 'CR-99'")
