"""A board member sees what waits, votes with conditions, and is asked again when it moved."""

import json
from pathlib import Path

import yaml

from tests.stories.terminal import Terminal
from tui.commands.demo import examples

UPGRADE = examples() / "changes" / "upgrade-sw-13.yaml"


def card(port: Terminal) -> dict:
    return json.loads(port.does("change show CR-4 --json"))


def missing(port: Terminal) -> list[str]:
    """Who still has to consent."""
    return [
        one["name"].split()[1]
        for one in card(port)["requirements"]
        if one["name"].startswith("consent") and one["status"] == "unsatisfied"
    ]


def test_conditions_become_work_that_blocks_and_an_edit_makes_votes_stale(
    port: Terminal, tmp_path: Path
) -> None:
    chair, implementer = port.as_("a.vries"), port.as_("r.bakker")
    assert "CR-4" in chair.does("board queue")
    chair.refused("vote CR-4 reject", code=2, says="reason")
    chair.refused("vote CR-4 conditions", code=2, says="condition")
    chair.refused(
        "vote CR-4 approve --condition x", code=2, says="cmdb vote CR-4 conditions --condition TEXT"
    )
    chair.does("vote CR-4 conditions --condition", "Before check-out: a second engineer stands by")
    assert "CR-4" not in chair.does("board queue")

    content = yaml.safe_load(UPGRADE.read_text())
    content["down"]["worst"] = "29m"
    file = tmp_path / "longer.yaml"
    file.write_text(yaml.safe_dump(content))
    implementer.does(f"change edit CR-4 --file {file}")
    for step in ("submit", "assess", "refer"):
        implementer.does(f"change {step} CR-4")
    waiting = json.loads(chair.does("board queue --json"))
    (one,) = [one for one in waiting if one["id"] == "CR-4"]
    assert one["stale"]
    assert any("planned outage, worst case: 25m became 29m" in sentence for sentence in one["moved"])
    (vote,) = card(port)["votes"]
    assert (vote["member"], bool(vote["stale"]), vote["counts"]) == ("a.vries", True, False)

    chair.does("vote CR-4 conditions --condition", "Before check-out: a second engineer stands by")
    for person in dict.fromkeys(["t.ruiz", "s.okafor", *missing(port)]):
        if card(port)["state"] == "under review":
            port.as_(person).does("vote CR-4 approve")
    assert card(port)["state"] == "approved"
    chair.refused("vote CR-4 reject -m late", code=4, says="CR-4 is approved")

    refusal = implementer.refused("check-out CR-4", code=4, says="AI-1")
    assert "Before check-out: a second engineer stands by" in refusal.err or "action" in refusal.err
    implementer.does("action close AI-1 --evaluation enough --evidence", "k.chen stays until 02:00")
    implementer.does("check-out CR-4")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]
