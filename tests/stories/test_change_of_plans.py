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
    implementer.does("action close AI-1 --evidence", "k.chen stays until 02:00")
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
    assert json.loads(port.does("change show CR-4 --json"))["window"] == first["window"]
    tonight.does("check-in CR-4 --apply")
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]
