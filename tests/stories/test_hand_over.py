"""Somebody leaves: what they own is handed over, the controlled items by a request."""

import json
from pathlib import Path

from tests.stories.terminal import Terminal


def test_a_hand_over_is_checked_when_planned_and_drafts_its_request(port: Terminal, tmp_path: Path) -> None:
    cm = port.as_("e.dubois")
    cm.refused("item hand-over --from r.bakker --to r.bakker", code=2, says="hand over to themselves")
    cm.refused("item hand-over --from r.bakker --to nobody", code=3, says="no person 'nobody'")
    planned = json.loads(cm.does("item hand-over --from r.bakker --to k.chen --json"))
    assert (planned["request"], len(planned["controlled"]) > 1) == ("", True)
    done = json.loads(cm.does("item hand-over --from r.bakker --to k.chen --apply --json"))
    card = json.loads(cm.does(f"change show {done['request']} --json"))
    assert card["state"] == "draft"
    assert {one["id"] for one in card["changes"]} == set(planned["controlled"])


def test_who_owns_items_is_deactivated_by_no_request_but_one_that_hands_them_over(
    port: Terminal, tmp_path: Path
) -> None:
    cm = port.as_("e.dubois")
    owned = json.loads(cm.does("item hand-over --from r.bakker --to k.chen --json"))["controlled"]
    file = tmp_path / "leaves.yaml"
    head = "title: Rob leaves\nreason: he leaves\nchanges:\n  - {person: r.bakker, retire: true}\n"
    file.write_text(head)
    answer = cm.refused(f"change new --file {file}", code=2, says=f"owns {len(owned)} items")
    assert owned[0] in answer.words
    file.write_text(head + "".join(f"  - {{item: {one}, set: {{owner: k.chen}}}}\n" for one in owned))
    assert "is a draft" in cm.does(f"change new --file {file}")
