"""A delivery manager takes an agreement through its life: as a draft by hand, under control by the board."""

import json
import subprocess
from pathlib import Path

from tests.conftest import Keys
from tests.stories.terminal import Terminal

BARE = """
id: sla-new
title: Mail for the pilots
customer: pilots
provider: port-it
manager: l.hansen
start: 2026-12-01
end: 2028-01-01
services: [svc-mail]
commitments:
  - {id: mail, service: svc-mail, target: "99", period: month}
calamities:
  - {id: storm, text: The mast is down}
state: draft
"""


def missing(port: Terminal, id: str) -> list[str]:
    return json.loads(port.does(f"change show {id} --json"))["outcome"]["missing"]


def test_of_a_month_without_service_hours_nobody_says_that_a_promise_was_kept(
    port: Terminal, tmp_path: Path
) -> None:
    hours = """hours: {rules: [{rule: "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1", start: "08:00", length: 1h}]}"""
    june = tmp_path / "june.yaml"
    june.write_text(
        BARE.replace("2026-12-01", "2026-06-01").replace("period: month", f"period: month, {hours}")
    )
    liv = port.as_("l.hansen")
    liv.does(f"agreement register {june}")
    said = liv.does("report service sla-new --since 2026-11-01")
    assert "nothing was due" in said.partition("in short")[2].partition("\n")[0]
    assert "○ kept" not in said
    assert "state      draft: not agreed yet, so nothing here was promised" in said
    assert "MIN ALLOWED" in liv.does("agreement show sla-new")


def test_a_draft_is_reviewed_agreed_signed_published_revised_and_ended(
    port: Terminal, tmp_path: Path
) -> None:
    liv = port.as_("l.hansen")
    file = tmp_path / "new.yaml"
    file.write_text(BARE)
    liv.does(f"agreement register {file}")
    liv.refused("agreement publish sla-new", code=4, says="sla-new is draft: it cannot be published now")
    liv.refused("agreement agree sla-new --accepted-by A --evidence B", code=4, says="is draft")
    liv.refused("agreement sign sla-new", code=4, says="nothing to sign yet")
    said = liv.types("agreement review sla-new --for customer --name 'Ailsa Grant' --on 2026-11-20")
    assert "sla-new is draft." in said.out
    assert "Not yet reviewed by service manager, senior management" in said.err
    for whom in said.err.partition("reviewed by ")[2].strip(" .\n").split(", "):
        liv.does("agreement review sla-new --name Somebody --for", whom)
    assert liv.types("agreement show sla-new --json").json["state"] == "reviewed"
    letter = tmp_path / "letter.txt"
    letter.write_text("We accept.")
    said = liv.does(f"agreement agree sla-new --accepted-by 'Ailsa Grant' --evidence {letter}")
    assert "sla-new is agreed." in said
    record = liv.types("agreement show sla-new --json").json
    assert record["accepted"]["evidence"] == "letter.txt"
    assert len(record["accepted"]["sha256"]) == 64
    assert record["signed"]["by"] == "l.hansen"
    assert "signed" not in {one["where"] for one in liv.types("agreement check sla-new --json").json}
    liv.does("agreement publish sla-new --to 'the pilots'")
    assert "to the pilots" in liv.does("agreement show sla-new")

    wanted = tmp_path / "next.yaml"
    wanted.write_text(liv.does("agreement show sla-new --as-file").replace("'99'", "'99.5'"))
    liv.refused(f"agreement revise sla-new {wanted}", code=2, says="--from, --accepted-by, --evidence")
    words = f"agreement revise sla-new {wanted} --from 2027-02-01 --accepted-by 'Ailsa Grant' --evidence mail"
    liv.refused(words, code=4, says="not reviewed by customer, service manager, senior management")
    assert "sla-new is under revision." in liv.does("agreement revise sla-new")
    reviews = [f"--reviewed={whom}=Somebody" for whom in ("customer", "service manager", "senior management")]
    assert "sla-new is agreed, version 2." in liv.does(words, *reviews)
    shown = liv.does("agreement show sla-new")
    assert "99%" in shown
    assert "99.5%" not in shown, "the second version is not in force yet"
    assert "99.5%" in liv.does("agreement show sla-new --version 2")
    assert "99.5%" in liv.does("agreement show sla-new --at '2027-02-10 12:00'")
    liv.refused("agreement show sla-new --version 3", code=3, says="has no version 3")
    assert "signed" not in {one["where"] for one in liv.types("agreement check sla-new --json").json}
    liv.does("agreement end sla-new --at 2027-06-01 -m 'They move away'")
    assert liv.types("agreement show sla-new --json").json["end"] == "2027-06-01T00:00:00Z"


def test_an_agreement_under_control_takes_its_steps_by_a_request_the_board_decides(
    port: Terminal, tmp_path: Path
) -> None:
    liv = port.as_("l.hansen")
    liv.refused("agreement sign sla-pilots", code=4, says="the check-in of every change are signed")
    wanted = tmp_path / "pilots.yaml"
    wanted.write_text(liv.does("agreement show sla-pilots --as-file").replace("'99.8'", "'99.9'"))
    liv.does("agreement revise sla-pilots -m 'They need more'")
    id = "CR-6"
    assert "under revision" in liv.does(f"change diff {id}")
    carry(port, liv, id)
    assert liv.types("agreement show sla-pilots --json").json["state"] == "under revision"
    reviews = [f"--reviewed={whom}=Somebody" for whom in ("customer", "service manager", "senior management")]
    said = liv.does(
        f"agreement revise sla-pilots {wanted} --from 2026-12-01 --accepted-by 'Ailsa Grant' --evidence mail",
        *reviews,
    )
    assert "CR-7 is a draft: 'Revise sla-pilots'" in said
    carry(port, liv, "CR-7")
    record = liv.types("agreement show sla-pilots --json").json
    assert (record["state"], record["version"], record["effective"]) == ("agreed", 2, "2026-11-30T23:00:00Z")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]

    by_hand = tmp_path / "cr.yaml"
    by_hand.write_text(
        "title: Move the target\nreason: x\nbackout: x\ntest: x\n"
        "window: {start: 2026-11-23T00:00:00Z, end: 2026-11-24T00:00:00Z}\n"
        "changes:\n  - {agreement: sla-pilots, set: {scope: Everything}}\n"
    )
    liv.refused(f"change new --file {by_hand}", code=2, says="scope changes with a new version from a day on")


def carry(port: Terminal, liv: Terminal, id: str) -> None:
    """Bring a request through its board and check it in."""
    for verb in ("submit", "assess", "refer"):
        liv.does(f"change {verb} {id}")
    while liv.types(f"change show {id} --json").json["state"] == "under review":
        port.as_(missing(port, id)[0]).does(f"vote {id} approve")
    liv.does(f"check-out {id}")
    liv.does(f"check-in {id} --apply")


def test_a_customer_with_a_key_signs_what_binds_and_again_what_it_says_next(
    port: Terminal, tmp_path: Path, keys: Keys
) -> None:
    liv = port.as_("l.hansen")
    held = "roles: [{party: pilots, role: customer, contacts: [{name: Ailsa Grant, key: KEY}]}]"
    file = tmp_path / "new.yaml"
    file.write_text(BARE + held.replace("KEY", keys.public("ailsa")) + "\n")
    liv.does(f"agreement register {file}")
    agree = "agreement agree sla-new --accepted-by 'Ailsa Grant' --evidence"
    liv.refused(f"{agree} 'minutes of Monday'", code=4, says="sla-new is draft")
    left = "customer"
    while left:
        said = liv.types("agreement review sla-new --name Somebody --for", left.split(", ")[0])
        left = said.err.partition("reviewed by ")[2].strip(" .\n")
    liv.refused(f"{agree} 'minutes of Monday'", code=4, says="Ailsa Grant accepts it by a signature")

    def signs(letter: Path) -> Path:
        said = ["ssh-keygen", "-q", "-Y", "sign", "-n", "agreement@cmdb", "-f", str(keys.private("ailsa"))]
        subprocess.run([*said, str(letter)], check=True, capture_output=True)
        return letter.with_name(f"{letter.name}.sig")

    letter = tmp_path / "letter"
    assert "ssh-keygen -Y sign" in liv.does(f"agreement statement sla-new --name 'Ailsa Grant' --to {letter}")
    again = f"agreement statement sla-new --name A --to {letter}"
    liv.refused(again, code=4, says="is there already; nothing was written")
    assert "sla-new is agreed." in liv.does(f"{agree} {signs(letter)}")
    assert "signed with the key of the agreement" in liv.does("agreement show sla-new")
    assert "accepted" not in {one["where"] for one in liv.types("agreement check sla-new --json").json}

    wanted, second = tmp_path / "next.yaml", tmp_path / "second"
    wanted.write_text(liv.does("agreement show sla-new --as-file").replace("'99'", "'99.5'"))
    after = f"{wanted} --from 2027-02-01"
    liv.does(f"agreement statement sla-new {after} --name 'Ailsa Grant' --to {second}")
    reviews = [f"--reviewed={whom}=Somebody" for whom in ("customer", "service manager", "senior management")]
    revise = f"agreement revise sla-new {after} --accepted-by 'Ailsa Grant' --evidence"
    old = letter.with_name("letter.sig")
    assert "over another statement" in liv.types(f"{revise} {old}", *reviews).err
    assert "version 2" in liv.does(f"{revise} {signs(second)}", *reviews)
    assert "accepted" not in {one["where"] for one in liv.types("agreement check sla-new --json").json}
