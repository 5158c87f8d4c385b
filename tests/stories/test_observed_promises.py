"""A service manager promises more than availability: what is observed is recorded, imported, reported."""

import json
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

AGREEMENT = """
id: sla-desk
title: Service desk for the pilots
customer: pilots
manager: a.vries
start: 2026-06-01
end: 2027-06-01
zone: Europe/Amsterdam
state: agreed
services: [svc-pilot-booking]
commitments:
  - {id: up, service: svc-pilot-booking, target: 99.5}
  - id: respond
    service: svc-pilot-booking
    attribute: response time
    statistic: p95
    target: at most 30 min
    hours: {rules: [{days: mon-fri, start: "08:00", length: 10h}]}
  - id: resolve
    service: svc-pilot-booking
    attribute: resolution time
    statistic: share within 4h
    target: 80%
    hours: {rules: [{days: mon-fri, start: "08:00", length: 10h}]}
  - id: backups
    service: svc-pilot-booking
    attribute: backups completed
    statistic: count
    target: at least 20
"""
FILE = """service,quantity,started,ended,reference
svc-pilot-booking,resolution time,2026-10-09T16:00:00+02:00,2026-10-12T09:00:00+02:00,INC-1
svc-pilot-booking,resolution time,2026-10-12T09:00:00+02:00,2026-10-12T12:00:00+02:00,INC-2
svc-pilot-booking,resolution time,2026-10-13T09:00:00+02:00,2026-10-13T17:00:00+02:00,INC-3
"""


@pytest.fixture
def desk(port: Terminal, tmp_path: Path) -> Terminal:
    """The port, with an agreement about what a desk does."""
    file = tmp_path / "desk.yaml"
    file.write_text(AGREEMENT)
    port = port.as_("a.vries")
    port.does(f"agreement register {file}")
    return port


def levels(desk: Terminal, *more: str) -> dict[str, dict[str, object]]:
    shown = desk.types("agreement show sla-desk --json", *more).json
    return {one["commitment"]: one for one in shown["observed"]}


def test_what_is_seen_is_told_at_once_as_what_is_left_of_the_promise(desk: Terminal) -> None:
    assert levels(desk)["respond"]["state"] == "nothing was observed"
    said = desk.does("observation record svc-pilot-booking", "response time", "12m", "--at", "20 Nov 10:00")
    assert "response time, p95 at most 30 min: 12 min of 1 observed, 18 min left, Nov 2026" in said
    outside = desk.does("observation record svc-pilot-booking", "response time", "3h", "--at", "20 Nov 23:00")
    assert "12 min of 1 observed" in outside, "nobody promised to respond at night"
    late = desk.does("observation record svc-pilot-booking", "Response Time", "41", "--at", "20 Nov 11:00")
    assert "broken by 11 min" in late
    shown = desk.does("agreement show sla-desk")
    assert "2 (1 outside the hours)" in shown
    assert levels(desk)["respond"]["figure"] == "41"
    fixed = desk.does("observation correct obs-0003 --value 14m -m typo")
    assert "obs-0004 is 14 min and replaces obs-0003." in fixed
    assert levels(desk)["respond"]["left"] == "16"
    desk.refused("observation correct obs-0003 --value 3m", code=4, says="was corrected by obs-0004")
    listed = {one["id"] for one in desk.types("observation list svc-pilot-booking --json").json}
    assert listed == {"obs-0001", "obs-0002", "obs-0004"}
    every = desk.types("observation list svc-pilot-booking --corrected --json").json
    assert "obs-0003" in {one["id"] for one in every}
    desk.does("observation correct obs-0004 --withdraw")
    assert levels(desk)["respond"]["counted"] == 1


def test_what_nobody_can_have_seen_is_refused_with_what_to_do(desk: Terminal) -> None:
    record = "observation record svc-pilot-booking"
    desk.refused(f"{record} 'response time' 4:30", code=2, says="4:30:00 for hours and minutes")
    desk.refused(f"{record} 'response time' '3 kg'", code=2, says="counted in 'min'")
    desk.refused(f"{record} 'response time' 3m --at 2026-12-01T10:00:00Z", code=2, says="lies ahead")
    desk.refused(f"{record} 'response time'", code=2, says="missing")
    desk.refused(f"{record} 'response time' 3m --from 10:00", code=2, says="given twice")
    desk.refused("observation record svc-nothing 'response time' 3m", code=3, says="no service")
    desk.refused("observation correct obs-0001", code=2, says="Nothing is corrected")


def test_a_file_is_planned_then_written_and_known_again(desk: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "desk.csv"
    file.write_text(FILE)
    assert "Nothing is written yet" in desk.types(f"observation import {file}").words
    assert levels(desk, "--at", "2026-10-15")["resolve"]["counted"] == 0
    planned = desk.types(f"observation import {file} --apply --json").json
    assert (planned["new"], planned["applied"], planned["error_total"]) == (3, True, 0)
    again = desk.types(f"observation import {file} --json").json
    assert (again["new"], again["unchanged"]) == (0, 3)
    resolve = levels(desk, "--at", "2026-10-15")["resolve"]
    # Friday 16:00 to Monday 09:00 are 3 h of service; one of three took 8 h.
    assert (resolve["counted"], resolve["missed"], resolve["may_miss"]) == (3, 1, 0)
    assert resolve["state"] == "broken"
    bad = tmp_path / "bad.csv"
    bad.write_text(FILE.replace("09:00:00+02:00", "09:00:00"))
    answer = desk.refused(f"observation import {bad} --apply", code=2, says="has no zone")
    assert "if UTC is meant" in answer.err
    assert "if Europe/Amsterdam is" in answer.err


def test_a_claim_takes_out_what_was_seen_while_it_held(desk: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "desk.csv"
    file.write_text(FILE)
    desk.does(f"observation import {file} --apply")
    span = "--from 2026-10-13T16:00:00Z --until 2026-10-13T16:30:00Z"
    held = "--from 2026-10-13T14:30:00Z --until 2026-10-13T15:30:00Z"
    desk.does(f"claim raise sla-desk {span} -m", "flood")
    assert "resolve" not in desk.does("claim accept claim-0001 --by", "Ailsa")
    desk.does(f"claim raise sla-desk {held} -m", "the customer had shut the door")
    said = desk.does("claim accept claim-0002 --by", "Ailsa")
    assert "sla-desk resolve: broken: 1 missed, 0 may became no more may miss" in said


def test_the_service_report_tells_it_in_every_form(desk: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "desk.csv"
    file.write_text(FILE)
    desk.does(f"observation import {file} --apply")
    desk.does("observation record svc-pilot-booking 'response time' 12m --at '20 Oct 10:00'")
    desk.does("observation record svc-pilot-booking 'response time' 15m --at '20 Nov 10:00'")
    desk.does("observation record svc-pilot-booking", "backups completed", "1")
    asked = "report service sla-desk --since 2026-10-01"
    text = desk.does(asked)
    assert "Promised and observed" in text
    assert "× broken" in text
    assert "worse" in text
    assert "─ nothing was observed" in text
    assert "… not reached yet" in text
    assert "\n| resolve |" in desk.does(f"{asked} --format md")
    assert desk.does(f"{asked} --format html").count("<svg") == 4
    rows = desk.does(f"{asked} --format csv").splitlines()
    assert rows[0].endswith("verdict,quantity,observed,trend")
    assert {one.split(",")[0] for one in rows[1:]} == {"up", "respond", "resolve", "backups"}
    record = json.loads(desk.does(f"{asked} --json"))
    october = next(one for one in record["observed"] if one["commitment"] == "resolve")
    assert (october["figure"], october["state"], october["over"]) == ("66.666666", "broken", True)
    assert [one["trend"] for one in record["observed"] if one["commitment"] == "respond"] == ["", "worse"]


def test_a_forecast_says_that_it_does_not_speak_of_what_is_observed(desk: Terminal) -> None:
    window = "impact svc-pilot-booking --at '23 Nov 06:00' --for 1h"
    said = "response time are observed, not derived from outages."
    assert said in desk.does(window)
    answer = json.loads(desk.does(f"{window} --json"))
    assert len(answer["not_forecast"]) == 1
    spoken_of = {one["commitment"] for one in answer["agreements"] if one["agreement"] == "sla-desk"}
    assert spoken_of == {"up"}


def test_what_is_broken_or_never_seen_is_told_without_being_asked(desk: Terminal) -> None:
    gaps = desk.does("agreement check sla-desk")
    assert "No response time of svc-pilot-booking was ever observed" in gaps
    desk.does("observation record svc-pilot-booking 'response time' 3h --at '20 Nov 10:00'")
    desk.does("tick")
    told = [one["text"] for one in desk.types("inbox --json").json["notices"]]
    assert any(one.startswith("Broken: respond of sla-desk") for one in told)
    assert "No response time" not in desk.does("agreement check sla-desk")
    once = len(told)
    desk.does("tick")
    assert len(desk.types("inbox --json").json["notices"]) == once
