"""A service manager answers to customers: measurements come in, claims are decided, reports go out."""

import csv
import io
import json
from pathlib import Path

from tests.stories.terminal import Terminal

CHECKS = """subject,at,state
svc-mail,2026-11-12T09:00:00Z,up
svc-mail,2026-11-12T09:10:00Z,down
svc-mail,2026-11-12T09:20:00Z,down
svc-mail,2026-11-12T09:40:00Z,up
"""


def left(port: Terminal, commitment: str) -> int:
    rows = port.types("agreement show sla-north-quay --json").json["standings"]
    return int(next(one["left_s"] for one in rows if one["commitment"] == commitment))


def test_checks_become_outages_and_a_claim_exempts_once_the_customer_accepts(
    port: Terminal, tmp_path: Path
) -> None:
    port = port.as_("l.hansen")
    before = left(port, "mail")
    file = tmp_path / "checks.csv"
    file.write_text(CHECKS)
    port.refused(f"outage import {file} --checks", code=2, says="--gap 30m")
    port.refused(f"outage import {file} --gap 30m", code=2, says="--checks")
    assert "Nothing is written yet" in port.types(f"outage import {file} --checks --gap 15m").words
    assert left(port, "mail") == before
    planned = port.types(f"outage import {file} --checks --gap 30m --apply --source probe --json").json
    assert [one["subject"] for one in planned["new"]] == ["svc-mail"]
    assert left(port, "mail") == before - 1800
    again = port.types(f"outage import {file} --checks --gap 30m --source probe --json").json
    assert (again["new"], again["unchanged"]) == ([], 1)
    span = "--from 2026-11-12T09:00:00Z --until 2026-11-12T09:30:00Z"
    port.refused(
        f"claim raise sla-north-quay {span} -m power",
        code=2,
        says="name one of customs-authority",
    )
    port.does(f"claim raise sla-north-quay {span} --named flood -m", "the quay stood under water")
    port.refused("claim accept claim-0001", code=4, says="--by NAME")
    assert "30 min" not in port.does("claim accept claim-0001 --by", "Bram Visser").split("became")[0]
    assert left(port, "mail") > before - 1800
    assert port.types("claim list sla-north-quay --json").json[0]["decided_by"] == "Bram Visser"
    port.refused("claim refuse claim-0001 -m x --by y z", code=2, says="z")


def test_the_service_report_goes_out_in_every_form(port: Terminal) -> None:
    port = port.as_("l.hansen")
    asked = "report service sla-north-quay --since 2026-09-01"
    text = port.does(asked)
    assert "3 periods before the records begin; the others were kept" in text
    assert "no record" in text
    assert "every promise was kept" in port.does("report service sla-north-quay --since 2026-10-01")
    assert "Nov 2026 so far" in text
    [cut] = [line for line in text.splitlines() if "Fibre cut" in line and "svc-customs" in line]
    assert "no: outside the service hours" in cut
    assert "wan-fjordnet: Fibre cut at the ring road; follows from out-0004" in cut
    assert port.does(f"{asked} --format md").startswith("# Service report")
    page = port.does(f"{asked} --format html")
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 3
    [november] = [line for line in text.splitlines() if line.startswith("gate") and "so far" in line]
    assert november.split()[-5:-2] == ["43m12s", "38m12s", "5m"], "what is left can be checked by subtraction"
    sheet = list(csv.DictReader(io.StringIO(port.does(f"{asked} --format csv"))))
    [gate] = [one for one in sheet if one["commitment"] == "gate" and "so far" in one["period"]]
    assert [gate[f"{name} min"] for name in ("allowed", "used", "left")] == ["43.20", "38.20", "5.00"]
    assert (gate["target %"], gate["delivered %"], gate["verdict"]) == ("99.9", "99.911", "○ kept")
    shown = port.does("agreement show sla-north-quay")
    assert "customs (svc-customs): by the month; every Mon, Tue, Wed, Thu, Fri, Sat at 06:00 for 16h" in shown
    record = json.loads(port.does(f"{asked} --json"))
    standing = {one["commitment"]: one["left_s"] for one in record["delivered"] if not one["over"]}
    assert standing["mail"] == left(port, "mail")
    port.refused("report service sla-nobody", code=3, says="no service agreement")
    port.refused("report service sla-north-quay --since 2026-11-01 --until 2026-10-01", code=2, says="ends")


def test_every_customer_who_notices_a_change_gets_a_letter(port: Terminal) -> None:
    port = port.as_("l.hansen")
    letters = port.types("change letters CR-5 --json").json
    assert [one["agreement"] for one in letters] == ["sla-north-quay", "sla-pilots"]
    assert "Mail: not available, about 4m, 20m at worst." in letters[0]["text"]
    assert "has not decided yet" in letters[0]["text"]
    assert letters[1]["to"][0]["email"] == "ailsa.grant@pilots.example"
    assert port.types("change letters CR-4 --json").json == []
    assert len(port.types("change letters CR-4 --all --json").json) == 3
    port.refused("change letters CR-3", code=4, says="is closed")
    port.refused("change letters CR-1", code=4, says="is closed")


def test_an_old_baseline_can_be_asked_what_would_have_failed(port: Terminal) -> None:
    """CR-3 gave the gatehouse its second uplink: before it, the gate hung on one switch."""
    before = port.types("impact sw-11 --baseline BL-000002 --json").json
    after = port.types("impact sw-11 --baseline latest --json").json
    assert (before["effect"], after["effect"]) == ("outage", "reduced redundancy")
    port.refused("impact sw-11 --baseline BL-000000", code=3, says="holds no item")
    for moment, baseline in (("2026-11-22 23:00", before), ("2026-11-22 23:30", after), ("now", after)):
        assert port.types(f"impact sw-11 --as-of '{moment}' --json").json == baseline
    assert "On the estate of BL-000002" in port.does("impact sw-11 --as-of 'fri 12:00'")
    port.refused("impact sw-11 --as-of 2026-11-01", code=3, says="No baseline was in force")
    port.refused("impact sw-11 --as-of 2026-12-01", code=2, says="looks back")
    port.refused("impact sw-11 --as-of now --baseline latest", code=2, says="do not go together")
    outage = port.types("agreement show sla-north-quay --at 2026-11-22T22:52:00Z --json").json["standings"]
    gate = next(one for one in outage if one["commitment"] == "gate")
    assert gate["used_s"] == 132 + 36 * 60  # the outage of CR-3 counts on the estate before it


def test_an_outage_belongs_to_a_change_that_exists_and_two_questions_do_not_mix(port: Terminal) -> None:
    port = port.as_("l.hansen")
    port.refused("outage began svc-mail --change CR-999", code=3, says="CR-999")
    port.refused("impact sw-11 --at 22:00 --change CR-4", code=2, says="do not go together")
