"""A service manager keeps the catalogue, notes what customers need, and sees what no longer fits."""

import json
from pathlib import Path

from tests.stories.terminal import Terminal
from tests.stories.test_agreement_life import carry

STANDARD = """
id: std-booking
name: Booking
owner: l.hansen
text: Booking of pilots and tugs, at any hour.
levels:
  - {id: up, target: 99.5 %, period: month}
"""


def test_a_standard_service_comes_under_control_and_changes_by_request(
    port: Terminal, tmp_path: Path
) -> None:
    liv = port.as_("l.hansen")
    assert "The catalogue is empty" in liv.types("catalogue list").words
    file = tmp_path / "booking.yaml"
    file.write_text(STANDARD)
    liv.does(f"catalogue register {file}")
    file.write_text(STANDARD.replace("tugs", "launches"))
    liv.does(f"catalogue amend {file}")
    shown = liv.does("catalogue show std-booking")
    assert "pilots and launches" in shown
    assert "No service is one" in shown + liv.types("catalogue show std-booking").err
    request = tmp_path / "cr.yaml"
    request.write_text(
        "title: Control the catalogue\nkind: baseline\nreason: it is offered\n"
        "changes:\n  - {control: 'standard service:std-booking'}\n"
    )
    liv.does(f"change new --file {request}")
    for verb in ("submit", "assess", "refer"):
        liv.does(f"change {verb} CR-6")
    while port.types("change show CR-6 --json").json["state"] == "under review":
        who = port.types("change show CR-6 --json").json["outcome"]["missing"][0]
        port.as_(who).does("vote CR-6 approve")
    port.as_("e.dubois").does("baseline establish CR-6 --apply")
    assert port.types("catalogue show std-booking --json").json["level"] == "baselined"
    liv.refused(f"catalogue amend {file}", code=4, says="changes only by an approved request")
    request.write_text(
        "title: Offer more\nreason: asked for\nbackout: back\ntest: read it\n"
        "window: {start: 2026-11-22T22:00:00Z, end: 2026-11-24T00:00:00Z}\n"
        "changes:\n  - {standard service: std-booking, set: {text: Booking of everything.}}\n"
    )
    liv.does(f"change new --file {request}")
    carry(port, liv, "CR-7")
    assert "Booking of everything." in port.does("catalogue show std-booking")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]


def test_what_a_customer_needs_is_compared_then_and_now(port: Terminal) -> None:
    liv = port.as_("l.hansen")
    liv.does(
        "need add n-book --customer pilots --what 'A pilot at any hour' --since 2025-11-01 --priority must "
        "--service svc-pilot-booking --quantity availability --target '99.5 %' --source 'workshop 3' "
        "--commitment sla-pilots:booking"
    )
    liv.does("need add n-map --customer pilots --what 'A chart on the tablet'")
    liv.refused("need add n-map --customer pilots --what x", code=2, says="exists already")
    liv.refused("need add n-x --customer nobody --what x", code=2, says="not valid")
    liv.refused("need add n-x --customer pilots --what x --target lots --quantity speed", code=2, says="lots")
    liv.does("need amend n-book --target '99.9 %' --since 2026-06-01")
    assert "99.9 %" in liv.does("need list pilots")
    assert "99.9 %" not in liv.does("need list pilots --on 2026-01-01")
    found = liv.types("need compare pilots --json").json
    assert (found["then"], found["now"]) == ("2025-12-08", "2026-11-22")
    assert {one["id"]: one["state"] for one in found["needs"]} == {"n-book": "changed", "n-map": "new"}
    said = liv.does("need compare pilots")
    assert "sla-pilots:booking promises 99.8 %, 99.9 % is needed." in said
    liv.does("need drop n-map")
    assert "n-map" not in liv.does("need list pilots")
    assert "n-map" in liv.does("need list --all")
    port.as_("p.ng").refused("need drop n-book", code=4, says="keep agreements")
